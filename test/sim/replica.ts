// One simulated node at work: the loop that runs the engine's effects in order, and awaits each promise.
import type { Effect } from '../../consensus/effect.ts'
import type { Input } from '../../consensus/input.ts'
import { encodeMessage, type Message } from '../../consensus/message.ts'
import { pbft } from '../../consensus/pbft/step.ts'
import { restore } from '../../consensus/restore.ts'
import type { State } from '../../consensus/state.ts'
import { sealMessage } from '../../consensus/verify.ts'
import { assertNever } from '../../vm/assert.ts'
import type { ReplicaIndex } from '../../vm/types.ts'
import { voteDigest } from '../../vm/vote.ts'
import { genesisId } from './application.ts'
import { type Decided, type Disk, lock } from './disk.ts'
import { createHost, type Host } from './host.ts'
import { chainId, configOf, memberOf, signAs, verifySimulated as verifySignature } from './keys.ts'
import { Violation } from './violation.ts'
import type { Frame, Untimed, World } from './world.ts'

export type ReplicaOptions = {
  readonly world: World
  readonly index: ReplicaIndex
  readonly process: number
  readonly disk: Disk
  readonly n: number
  readonly invalidShare: number
}

export type Replica = ReplicaOptions & {
  readonly host: Host
  state: State
  inputs: Untimed[]
  effects: Effect[]
  /** The newest setting of each timer; older ones ring for nobody. */
  readonly turns: { view: number; resend: number }
  /** For a promise to be on disk. */
  isWaiting: boolean
  isStopped: boolean
  /** Whether a peer will be asked for the running height's block. */
  isAsking: boolean
}

/** Of a block that was decided unseen; its successor needs the id only. */
const unseen = { header: new Uint8Array(1), transactions: [] }

export function heightOf(replica: { readonly disk: Disk }): number {
  return replica.disk.chain.length + 1
}

/** A process that has just read its disk; it does nothing before the clock goes on. */
export function boot(options: ReplicaOptions): Replica {
  const { world, index, disk, n, invalidShare } = options
  const config = configOf(n, heightOf(options), index)
  const nowMs = world.clock.nowMs()
  const replica: Replica = {
    ...options,
    state: pbft.start({ config, nowMs, resume: null, previous: null }).state,
    ...{ inputs: [], effects: [], turns: { view: 0, resend: 0 } },
    ...{ isWaiting: true, isStopped: false, isAsking: false },
    host: createHost({
      ...{ world, invalidShare },
      feed: (input) => feed(replica, input),
      after: (delayMs, run) => after(replica, delayMs, run),
      send: (to, frame) => send(replica, to, frame),
      config: () => replica.state.config,
      parent: () => disk.chain.at(-1)?.block.blockId ?? genesisId,
    }),
  }
  begin(replica, null)
  world.clock.after(0, () => {
    replica.isWaiting = false
    pump(replica)
  })
  return replica
}

/** Not done any more when the height is over or the process is dead. */
export function after(replica: Replica, delayMs: number, run: () => void): void {
  const born = heightOf(replica)
  replica.world.clock.after(delayMs, () => {
    if (!replica.isStopped && born === heightOf(replica)) run()
  })
}

export function send({ world, process }: Replica, to: ReplicaIndex, frame: Frame): void {
  world.send(process, to, frame)
}

function sendAll(replica: Replica, frame: Frame): void {
  for (let to = 0; to < replica.n; to++) if (to !== replica.index) send(replica, to, frame)
}

function frameOf(message: Message): Frame {
  return { kind: 'message', bytes: encodeMessage(message) }
}

/** The stored block of a height, if there is one. */
export function serve(replica: Replica, to: ReplicaIndex, height: number): void {
  const stored = replica.disk.chain[height - 1]
  if (stored !== undefined) send(replica, to, { kind: 'decided', ...stored })
}

export function feed(replica: Replica, input: Untimed): void {
  replica.inputs.push(input)
  pump(replica)
}

export function pump(replica: Replica): void {
  const { world } = replica
  while (!replica.isWaiting && !replica.isStopped) {
    const effect = replica.effects.shift()
    if (effect !== undefined) {
      run(replica, effect)
      continue
    }
    const input = replica.inputs.shift()
    if (input === undefined) return
    world.note(`${replica.process} ${input.kind}`)
    const step = pbft.step(replica.state, { ...input, nowMs: world.clock.nowMs() } as Input)
    replica.state = step.state
    replica.effects = [...step.effects]
    world.checkers.onState(step.state)
  }
}

/** One case for each effect, as the node has it. */
function run(replica: Replica, effect: Effect): void {
  const { host, turns } = replica
  switch (effect.kind) {
    case 'promise':
      fulfil(replica, effect)
      return
    case 'broadcast':
      for (const message of effect.messages) sendAll(replica, frameOf(message))
      return
    case 'send':
      for (const message of effect.messages) send(replica, effect.to, frameOf(message))
      return
    case 'propose':
      host.propose(effect)
      return
    case 'execute':
      host.execute(effect)
      return
    case 'fetch':
      host.fetch(effect)
      return
    case 'set-timer':
      setTimer(replica, effect)
      return
    case 'clear-timer':
      turns[effect.timer] += 1
      return
    case 'decided': {
      const { certificate } = effect
      const { blockId } = certificate
      conclude(replica, { certificate, block: host.held(blockId) ?? { blockId, ...unseen } })
      return
    }
    case 'send-decided':
      serve(replica, effect.to, effect.height)
      return
    case 'evidence':
      replica.world.checkers.onEvidence(effect)
      return
    case 'share-transactions':
      return
    default:
      assertNever(effect)
  }
}

/** Sign, journal, lock, send, feed back; a crash in between finds each state of the disk. */
function fulfil(replica: Replica, effect: Extract<Effect, { kind: 'promise' }>): void {
  const { world, disk, process, index, state } = replica
  const { random, options } = world
  const { message, certificate, block } = effect
  const signature = signAs(memberOf(index).publicKey, voteDigest(chainId, message))
  const sealed = sealMessage({ config: state.config, verifySignature }, message, signature)
  const entry = { message: sealed, certificate, block }
  replica.isWaiting = true
  world.onCrash(process, () => {
    if (random.chance(0.5)) disk.journal.push(entry)
  })
  after(replica, random.between(0, options.fsyncMs), () => {
    world.onCrash(process, null)
    disk.journal.push(entry)
    after(replica, random.between(0, options.fsyncMs), () => {
      lock(disk, message, certificate)
      world.checkers.onVote(index, message)
      sendAll(replica, frameOf(sealed))
      replica.isWaiting = false
      feed(replica, { kind: 'signed', message: sealed })
    })
  })
}

function setTimer(replica: Replica, effect: Extract<Effect, { kind: 'set-timer' }>): void {
  const { turns } = replica
  turns[effect.timer] += 1
  const turn = turns[effect.timer]
  after(replica, effect.afterMs, () => {
    if (turns[effect.timer] === turn) feed(replica, { ...effect, kind: 'timeout' } as Untimed)
  })
}

/** The block is durable; the next height begins. */
export function conclude(replica: Replica, { certificate, block }: Decided): void {
  const { disk, world, index } = replica
  world.checkers.onDecided(index, certificate)
  disk.chain.push({ certificate, block })
  disk.journal = []
  begin(replica, replica.state)
}

/** Starts the height after the chain with what the disk still holds of it. */
function begin(replica: Replica, previous: State | null): void {
  const { disk, world, index, host } = replica
  const config = configOf(replica.n, heightOf(replica), index)
  const entries = disk.journal
  const sign = (digest: Uint8Array) => signAs(memberOf(index).publicKey, digest)
  const restored = restore({ config, verifySignature, sign, entries, lock: disk.lock })
  if (!restored.ok) throw new Violation(`replica ${index} has a lock ahead of its chain`)
  const last = entries.at(-1)
  if (last !== undefined) {
    lock(disk, last.message, last.certificate)
    world.checkers.onVote(index, last.message)
  }
  const { resume } = restored
  const step = pbft.start({ config, nowMs: world.clock.nowMs(), resume, previous })
  replica.state = step.state
  replica.effects = [...step.effects]
  replica.inputs = []
  replica.isAsking = false
  host.clear()
  for (const { block } of entries) if (block !== null) host.add(block)
  planHeight(replica)
}

/** A block is due somewhere soon, and everywhere with the heartbeat. */
function planHeight(replica: Replica): void {
  const { random, options } = replica.world
  const beDue = () => feed(replica, { kind: 'due' })
  if (random.chance(0.7)) after(replica, random.between(1, 300), beDue)
  after(replica, random.between(2_000, 2_500), beDue)
  const announce = (): void => {
    sendAll(replica, { kind: 'status', height: heightOf(replica) })
    after(replica, 1_000, announce)
  }
  if (options.announces) after(replica, random.between(500, 1_500), announce)
}
