// A validator of the toy chain: everything of a node but process, disk store and sockets, with its journal and vote lock in a folder.
import { EventEmitter } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type Clock, nodeClock } from '../../node/clock.ts'
import { type CorePorts, createCore } from '../../node/core.ts'
import { verifySignature } from '../../node/crypto/ed25519.ts'
import { createVerifier } from '../../node/crypto/verifier.ts'
import type { Disk as Files } from '../../node/disk.ts'
import { homePaths } from '../../node/home.ts'
import { openLedger } from '../../node/ledger/open.ts'
import type { Ledger } from '../../node/ledger/types.ts'
import { createLogger } from '../../node/logger.ts'
import { mempoolLimits } from '../../node/mempool.ts'
import type { Voter } from '../../node/replica/promise.ts'
import type { Committed } from '../../node/replica/settle.ts'
import { createMemoryStore } from '../../node/store/memory.ts'
import type { Store } from '../../node/store/port.ts'
import { openVoting, type Voting } from '../../node/voting.ts'
import type { Parameters } from '../../vm/rules.ts'
import type { PublicKey, TimeMs } from '../../vm/types.ts'
import { genesisTimeMs, idOf, publicKeyOf, signerOf, toyGenesis, toyList } from './toy-chain.ts'
import type { Wire } from './wire.ts'

/** Quick to leave a view. The primary of view 0 is always validator 0. */
export const toyParameters: Partial<Parameters> = {
  baseTimeoutMs: 250,
  timeoutStepMs: 100,
  timeoutCapMs: 1_000,
  minIntervalMs: 0,
}

/** Nobody leaves a view because the machine is busy; for tests that ask which view decided. */
export const patientParameters: Partial<Parameters> = {
  ...toyParameters,
  baseTimeoutMs: 30_000,
  timeoutCapMs: 30_000,
}

const startedMs = performance.now()
/** The clock of the toy chain goes on from its genesis. */
export function toyNowMs(): TimeMs {
  return Math.floor(genesisTimeMs + 1_000 + performance.now() - startedMs)
}

export const silent = createLogger({ level: 'silent', format: 'json' })

export function peerKeyOf(index: number): PublicKey {
  return idOf('peer', index)
}

/** Real timers, and the toy chain's time. */
export const toyClock: Clock = { ...nodeClock, nowMs: toyNowMs }

/** What outlives a process; `files` holds journal and vote lock, this machine's if not given. */
export type Disk = {
  readonly store: Store
  readonly folder: string
  readonly files?: Files
  readonly segmentBytes?: number
}

export function createDisk(t: Test, index: number): Disk {
  const folder = mkdtempSync(join(tmpdir(), 'epione-validator-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'keys'))
  writeFileSync(homePaths(folder).unusedKey, publicKeyOf(`consensus-${index}`))
  return { store: createMemoryStore(), folder }
}

export type ValidatorOptions = {
  readonly wire: Wire
  readonly index: number
  readonly disk: Disk
  readonly clock?: Clock
  readonly sync?: CorePorts['sync']
  readonly keepBlocks?: number
  /** The same for all of a network; `toyParameters` if not given. */
  readonly parameters?: Partial<Parameters>
  /** Stands between the replica and its right to sign: crashes, observations. */
  readonly wrap?: (voter: Voter) => Voter
}

export type ToyValidator = Awaited<ReturnType<typeof startValidator>>

function wrapped(voting: Voting, wrap: ValidatorOptions['wrap']): Voting {
  if (wrap === undefined) return voting
  let known: { readonly from: Voter['lock']; readonly voter: Voter } | undefined
  const voter = (): Voter | undefined => {
    const own = voting.voter()
    if (own === undefined) return undefined
    if (known?.from !== own.lock) known = { from: own.lock, voter: wrap(own) }
    return known.voter
  }
  return { ...voting, voter }
}

/** Emits what a node reports: 'block', 'view', 'fault', 'evidence', 'failure'. */
function observed(events: EventEmitter) {
  const emit = (name: string) => (what?: unknown) => void events.emit(name, what)
  const nothing = () => undefined
  return {
    observe: {
      onStored: nothing,
      onSynced: nothing,
      onStep: nothing,
      onProofs: nothing,
      onExecuted: nothing,
      onAdmission: nothing,
      onPassedOver: emit('passed-over'),
      onView: emit('view'),
      onEvidence: emit('evidence'),
      onFault: emit('fault'),
    },
    onFailure: emit('failure'),
  }
}

function happens(events: EventEmitter, name: string): Promise<unknown> {
  return new Promise((resolve) => events.once(name, resolve))
}

/** Resolves when the node has stored this height. */
function reachIn(ledger: Ledger, events: EventEmitter) {
  return async (height: number): Promise<void> => {
    while (ledger.head().header.height < height) await happens(events, 'block')
  }
}

export async function startValidator(options: ValidatorOptions) {
  const { wire, index, disk, clock = toyClock, parameters = toyParameters } = options
  const host = wire.host(peerKeyOf(index))
  const genesis = toyGenesis(parameters)
  const { keepBlocks } = options
  const ledger = await openLedger({ store: disk.store, genesis, list: toyList, keepBlocks })
  const { chainId } = ledger.rules
  const name = `consensus-${index}`
  const signDigest = signerOf(name).sign
  const publicKey = publicKeyOf(name)
  const { folder: home, files, segmentBytes } = disk
  const voting = wrapped(
    await openVoting({
      ...{ home, chainId, publicKey, signDigest, log: silent, disk: files, segmentBytes },
    }),
    options.wrap,
  )
  const { verify } = createVerifier({ threads: 1, chainId, onFault: () => undefined })
  const events = new EventEmitter().setMaxListeners(100)
  const committed: Committed[] = []
  const { observe, onFailure } = observed(events)
  const onCommit = (one: Committed): void => {
    committed.push(one)
    events.emit('block', one)
  }
  const core = createCore({
    ...{ ledger, host, clock, voting, verify, verifySignature, onFailure },
    signer: undefined,
    limits: mempoolLimits,
    ...(options.sync === undefined ? {} : { sync: options.sync }),
    log: silent,
    observe: { ...observe, onCommit },
  })
  const { mempool, bodies, blocks, gossip, replica, submission } = core
  core.start()
  let running = true
  return {
    ...{ host, ledger, mempool, bodies, blocks, gossip, replica, events, committed },
    voter: voting.voter,
    peerKey: host.peerKey,
    submit: submission.submit,
    happens: (name: string) => happens(events, name),
    reach: reachIn(ledger, events),
    stop: async (): Promise<void> => {
      if (!running) return
      running = false
      await host.stop()
      await core.stop()
      await voting.close()
    },
  }
}

/** Makes a validator lose its vote lock; it must not be running. */
export function loseLock({ folder }: Disk): void {
  rmSync(homePaths(folder).voteLock)
}

/** Makes a validator lose its journal; it must not be running. */
export function loseJournal({ folder }: Disk): void {
  rmSync(homePaths(folder).journal, { recursive: true })
}
