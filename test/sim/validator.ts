// One process of a simulation: a whole node between its home, its host and its clock, and what is seen of it.
import { appList } from '../../apps/index.ts'
import type { Message } from '../../consensus/message.ts'
import type { Accusation } from '../../node/accuser.ts'
import { createCore } from '../../node/core.ts'
import { openLedger } from '../../node/ledger/open.ts'
import type { Ledger } from '../../node/ledger/types.ts'
import type { Logger } from '../../node/logger.ts'
import { mempoolLimits } from '../../node/mempool.ts'
import { decodeFrame } from '../../node/replica/frames.ts'
import { openVoting } from '../../node/voting.ts'
import { assert } from '../../vm/assert.ts'
import type { Seat } from './chain.ts'
import type { Ground } from './ground.ts'
import { HOME, type Home, openDisk, openStore, type Speed } from './home.ts'
import { createSimHost, type HostPorts, type SimHost } from './host.ts'
import type { Random } from './random.ts'
import type { Running } from './running.ts'
import type { Scope } from './scope.ts'
import { verifierOf } from './verifier.ts'
import type { Watch } from './watch.ts'

export type ValidatorPlan = {
  readonly world: Ground
  readonly index: number
  readonly process: number
  readonly home: Home
  readonly scope: Scope
  readonly random: Random
  readonly speed: Speed
  readonly segmentBytes: number
  /** What is told; a Byzantine process tells nobody. */
  readonly watch: Watch
  readonly meddle: HostPorts['meddle']
  readonly reply: HostPorts['reply']
}

/** Mempools of a node that has little memory: they can fill up in a simulation. */
const limits = { ...mempoolLimits, countMax: 500, bytesMax: 256 * 1024 }

type Line = (fields: unknown, text?: string) => void

function describe(fields: unknown): string {
  return JSON.stringify(fields, (_, value: unknown) => {
    if (value instanceof Error) return value.message
    return typeof value === 'bigint' ? `${value}` : value
  })
}

/** An error that the node logs is a finding, or explained by its checker. */
function loggerOf(plan: ValidatorPlan, node: () => Running | undefined): Logger {
  const { world, process, watch } = plan
  const say =
    (level: string): Line =>
    (fields, text) =>
      world.trace.say(() => `  ${process} ${level} ${text} ${describe(fields)}`)
  const error: Line = (fields, text = '') => {
    say('error')(fields, text)
    const running = node()
    if (running !== undefined) watch.onErrorLog(running, `${text} ${describe(fields)}`)
  }
  return {
    debug: () => undefined,
    info: say('info'),
    warn: say('warn'),
    error,
  } as unknown as Logger
}

/** Tells of each message once for all whom it is sent to. */
function createVoteReader(tell: (message: Message) => void) {
  let last: Uint8Array | undefined
  return (bytes: Uint8Array): void => {
    if (bytes === last) return
    last = bytes
    const frame = decodeFrame(bytes)
    if (frame.kind === 'message') tell(frame.message)
  }
}

function observerOf(watch: Watch, node: () => Running) {
  const nothing = () => undefined
  return {
    onStored: nothing,
    onSynced: nothing,
    onStep: nothing,
    onProofs: nothing,
    onExecuted: nothing,
    onAdmission: nothing,
    onPassedOver: nothing,
    onFault: nothing,
    onEvidence: ({ fault, consensusKey }: Accusation) =>
      watch.onEvidence(node(), { fault, consensusKey }),
    onView: (view: number) => watch.onView(node(), view),
    onCommit: (committed: Parameters<Watch['onCommit']>[1]) => watch.onCommit(node(), committed),
  }
}

function hostOf(plan: ValidatorPlan, node: () => Running | undefined): SimHost {
  const { world, process, seat, scope, watch } = { ...plan, seat: seatOf(plan) }
  const tell = (use: (running: Running) => void): void => {
    const running = node()
    if (running !== undefined) use(running)
  }
  const readVote = createVoteReader((message) => tell((running) => watch.onVote(running, message)))
  return createSimHost({
    ...{ network: world.network, process, peerKey: seat.keys.peer.publicKey, scope },
    hostOf: (station) => world.hosts.get(station),
    meddle: plan.meddle,
    reply: plan.reply,
    onFrame: readVote,
    onLetter: (letter, to) => {
      const size = letter.kind === 'frame' ? letter.bytes.length : letter.envelopes.length
      world.trace.note(letter.kind, process * 100 + to.process, size)
      if (letter.kind === 'frame') {
        world.overhear(process, letter.bytes)
      }
    },
    onPenalty: (peerKey, reason) => {
      const index = world.chain.nodes.findIndex(({ keys }) => keys.peer.publicKey === peerKey)
      world.trace.note('penalty', process * 100 + index, reason)
      tell((running) => watch.onPenalty(running, { process: index, reason }))
    },
    onBug: (error) => tell((running) => watch.onFailure(running, error)),
  })
}

function seatOf({ world, index }: ValidatorPlan): Seat {
  const seat = world.chain.nodes[index]
  assert(seat !== undefined, `no validator ${index}`)
  return seat
}

/** Counts what others may read, and tells when the ledger has gone on to a fetched state: no block of it comes by itself. */
function watched(ledger: Ledger, tell: () => void): Ledger & Pick<Running, 'heldStates'> {
  const held = new Set<object>()
  return {
    ...ledger,
    heldStates: () => held.size,
    keep: () => {
      const state = ledger.keep()
      held.add(state)
      return {
        ...state,
        close: () => {
          held.delete(state)
          return state.close()
        },
      }
    },
    beginImport: async () => {
      const { put, finish } = await ledger.beginImport()
      return {
        put,
        finish: async (adoption) => {
          await finish(adoption)
          tell()
        },
      }
    },
  }
}

/** Rejects with what the home cannot be opened with. */
export async function startValidator(plan: ValidatorPlan): Promise<Running> {
  const { world, index, process, home, scope, speed, watch } = plan
  const { chain, signatures } = world
  const seat = seatOf(plan)
  let running: Running | undefined
  const log = loggerOf(plan, () => running)
  const parts = { home, scope, speed, random: plan.random, trace: world.trace }
  const store = openStore(parts)
  const { sync = {}, keepBlocks } = world.settings
  const opened = await openLedger({
    ...{ store, genesis: chain.genesis, list: appList },
    keepBlocks: keepBlocks?.(index),
  })
  const ledger = watched(opened, () => watch.onAdopt(node()))
  const { publicKey } = seat.keys.consensus
  const voting = await openVoting({
    ...{ home: HOME, chainId: chain.genesis.chainId, publicKey, log },
    signDigest: signatures.signerOf(seat.keys.consensus),
    disk: openDisk(parts),
    segmentBytes: plan.segmentBytes,
  })
  const host = hostOf(plan, () => running)
  const node = (): Running => {
    assert(running !== undefined, 'nothing happens in a node before it has started')
    return running
  }
  const core = createCore({
    ...{ ledger, host, voting, log, limits, sync },
    clock: scope.clock,
    signer: {
      account: seat.account.account,
      publicKey: seat.account.publicKey,
      sign: signatures.signerOf(seat.account),
    },
    verify: verifierOf(world),
    verifySignature: signatures.verify,
    observe: observerOf(watch, node),
    onFailure: (error) => watch.onFailure(node(), error),
  })
  const { heldStates } = ledger
  running = { ...{ index, process, seat, scope, host, home, ledger, voting, core, heldStates } }
  world.hosts.set(host.station, host)
  watch.onStart(running)
  await host.start()
  core.start()
  return running
}
