// One replica of a cluster: its engine, its disk, its timers; effects run at once, answers come as events.
import type { CommitCertificate, PreparedCertificate } from '../../consensus/certificate.ts'
import type { Effect } from '../../consensus/effect.ts'
import type { Engine } from '../../consensus/engine.ts'
import type { Input } from '../../consensus/input.ts'
import type { JournalEntry } from '../../consensus/journal-entry.ts'
import { encodeMessage, type Message } from '../../consensus/message.ts'
import { type Lock, restore } from '../../consensus/restore.ts'
import type { State } from '../../consensus/state.ts'
import type { ProposedBlock } from '../../consensus/types.ts'
import { sealMessage } from '../../consensus/verify.ts'
import type { EngineKind } from '../../vm/quorum.ts'
import type { Digest, ReplicaIndex } from '../../vm/types.ts'
import { type Vote, voteDigest } from '../../vm/vote.ts'
import { configFor, height, type Untimed } from './conversation.ts'
import type { Random } from './random.ts'
import { buildBlock, genesisId } from './toy-block.ts'
import { chainId, memberOf, signAs, verifySimulated as verifySignature } from './validators.ts'

export type Event = {
  readonly to: number
  atMs: number
  readonly what:
    | { readonly kind: 'message'; readonly bytes: Uint8Array }
    | { readonly kind: 'input'; readonly input: Untimed }
    | { readonly kind: 'decided'; readonly certificate: CommitCertificate }
    /** `view` null: a fetch. */
    | {
        readonly kind: 'asked'
        readonly blockId: Digest
        readonly view: number | null
        readonly sources: readonly ReplicaIndex[]
      }
}

export type Process = {
  readonly place: number
  readonly index: ReplicaIndex
  state: State
  isUp: boolean
  readonly entries: JournalEntry[]
  lock: Lock
  certificate: CommitCertificate | null
  readonly bodies: Map<Digest, ProposedBlock>
  readonly timers: Map<'view' | 'resend', { view: number; atMs: number }>
}

export type Cluster = {
  readonly n: number
  readonly kind: EngineKind
  readonly engine: Engine<State>
  readonly random: Random
  readonly events: Event[]
  readonly processes: Process[]
  readonly forgets: boolean
  nowMs: number
  isCalm: boolean
  readonly onVote: (index: ReplicaIndex, vote: Vote) => void
  readonly onDecided: (certificate: CommitCertificate) => void
  readonly onEvidence: (effect: Extract<Effect, { kind: 'evidence' }>) => void
}

const emptyLock: Lock = { floor: 0, last: null, prepared: null }

export function createProcess(cluster: Cluster, place: number, index: ReplicaIndex): Process {
  const config = configFor(cluster.n, index, cluster.kind)
  const begun = cluster.engine.start({ config, nowMs: 0, resume: null, previous: null })
  const process: Process = {
    ...{ place, index, state: begun.state, isUp: true, entries: [], lock: emptyLock },
    ...{ certificate: null, bodies: new Map(), timers: new Map() },
  }
  runAll(cluster, process, begun.effects)
  return process
}

/** What is not on disk is gone; a decided block is. */
export function crash(process: Process): void {
  process.isUp = false
  process.timers.clear()
  process.bodies.clear()
}

export function restart(cluster: Cluster, process: Process): void {
  const { n, kind, engine } = cluster
  process.isUp = true
  if (cluster.forgets) {
    process.entries.length = 0
    process.lock = emptyLock
  }
  const { entries, lock } = process
  for (const { block } of entries) if (block !== null) process.bodies.set(block.blockId, block)
  const config = configFor(n, process.index, kind)
  const sign = (digest: Uint8Array) => signAs(memberOf(process.index).publicKey, digest)
  const restored = restore({ config, verifySignature, sign, entries, lock })
  const resume = restored.ok ? restored.resume : null
  const begun = engine.start({ config, nowMs: cluster.nowMs, resume, previous: null })
  process.state = begun.state
  if (process.certificate === null) runAll(cluster, process, begun.effects)
  else feed(cluster, process, { kind: 'synced' })
}

export function feed(cluster: Cluster, process: Process, input: Untimed): void {
  if (!process.isUp) return
  const step = cluster.engine.step(process.state, { ...input, nowMs: cluster.nowMs } as Input)
  process.state = step.state
  runAll(cluster, process, step.effects)
}

function runAll(cluster: Cluster, process: Process, effects: readonly Effect[]): void {
  for (const effect of effects) {
    if (!process.isUp) return
    runEffect(cluster, process, effect)
  }
}

function later(cluster: Cluster, to: number, what: Event['what']): void {
  cluster.events.push({ to, what, atMs: cluster.nowMs + cluster.random.between(1, 40) })
}

function sendTo(cluster: Cluster, to: ReplicaIndex, what: Event['what']): void {
  for (const { place, index } of cluster.processes) if (index === to) later(cluster, place, what)
}

function sendAll(cluster: Cluster, { place, index }: Process, message: Message): void {
  const bytes = encodeMessage(message)
  for (const other of cluster.processes) {
    if (other.place !== place && other.index !== index)
      later(cluster, other.place, { kind: 'message', bytes })
  }
}

function higher(held: PreparedCertificate | null, given: PreparedCertificate | null) {
  if (held === null || given === null) return given ?? held
  return given.view > held.view ? given : held
}

/** Journal, lock, send; a crash may come before the journal, before the lock or before the message leaves. */
function keepPromise(
  cluster: Cluster,
  process: Process,
  { message, certificate, block }: Extract<Effect, { kind: 'promise' }>,
): void {
  const { random, isCalm } = cluster
  const config = configFor(cluster.n, process.index, cluster.kind)
  const signature = signAs(memberOf(process.index).publicKey, voteDigest(chainId, message))
  const sealed = sealMessage({ config, verifySignature }, message, signature)
  const fails = () => !isCalm && random.chance(0.03)
  if (fails()) {
    crash(process)
    return
  }
  process.entries.push({ message: sealed, certificate, block })
  cluster.onVote(process.index, message)
  if (fails()) {
    crash(process)
    return
  }
  process.lock = { floor: 0, last: message, prepared: higher(process.lock.prepared, certificate) }
  if (fails()) {
    crash(process)
    return
  }
  sendAll(cluster, process, sealed)
  feed(cluster, process, { kind: 'signed', message: sealed })
}

function runEffect(cluster: Cluster, process: Process, effect: Effect): void {
  const { place, index, timers } = process
  const { random, nowMs } = cluster
  switch (effect.kind) {
    case 'promise':
      keepPromise(cluster, process, effect)
      return
    case 'broadcast':
      for (const message of effect.messages) sendAll(cluster, process, message)
      return
    case 'send':
      for (const message of effect.messages)
        sendTo(cluster, effect.to, { kind: 'message', bytes: encodeMessage(message) })
      return
    case 'propose': {
      const draft = { height, parent: genesisId, proposer: index, honest: true, size: 1 }
      const block = buildBlock(draft, random)
      process.bodies.set(block.blockId, block)
      const input = { kind: 'proposal', view: effect.view, block } as const
      later(cluster, place, { kind: 'input', input })
      return
    }
    case 'execute': {
      const { view, sources } = effect
      later(cluster, place, { kind: 'asked', blockId: effect.block.blockId, view, sources })
      return
    }
    case 'fetch':
      later(cluster, place, { ...effect, kind: 'asked', view: null })
      return
    case 'set-timer': {
      const view = effect.timer === 'view' ? effect.view : 0
      timers.set(effect.timer, { view, atMs: nowMs + effect.afterMs })
      return
    }
    case 'clear-timer':
      timers.delete(effect.timer)
      return
    case 'decided':
      process.certificate = effect.certificate
      cluster.onDecided(effect.certificate)
      return
    case 'send-decided':
      if (process.certificate !== null)
        sendTo(cluster, effect.to, { kind: 'decided', certificate: process.certificate })
      return
    case 'evidence':
      cluster.onEvidence(effect)
      return
    case 'share-transactions':
      return
  }
}
