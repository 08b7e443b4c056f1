// All replicas of one height under one seed: a bad time in any order of events, then a calm one in virtual time.
import { verifyCommitCertificate } from '../../consensus/certificate.ts'
import type { Engine } from '../../consensus/engine.ts'
import { decodeMessage } from '../../consensus/message.ts'
import type { State } from '../../consensus/state.ts'
import { blockOf, verifyMessage } from '../../consensus/verify.ts'
import { compareRanks } from '../../consensus/vote.ts'
import type { EngineKind } from '../../vm/quorum.ts'
import type { Digest, ReplicaIndex } from '../../vm/types.ts'
import { sameBody, type Vote } from '../../vm/vote.ts'
import {
  type Cluster,
  crash,
  createProcess,
  type Event,
  feed,
  type Process,
  restart,
} from './cluster-process.ts'
import { contextFor, height } from './conversation.ts'
import { createModel } from './model.ts'
import { createRandom } from './random.ts'
import { verifySimulated as verifySignature } from './validators.ts'

export type Plan = {
  readonly n: number
  readonly kind: EngineKind
  readonly engine: Engine<State>
  readonly seed: number
  /** Events of the bad time. */
  readonly steps: number
  /** So many replicas do not come back for the calm time. */
  readonly down: number
  /** So many authorities run twice under one key, each copy with a journal of its own. */
  readonly twins?: number
  /** One replica hears nothing in the bad time; it goes on talking. */
  readonly deaf?: ReplicaIndex
  /** A restart finds neither journal nor lock: the disk forgot, or nobody wrote. */
  readonly forgets?: boolean
}

export type Outcome = {
  /** Two blocks were decided. */
  readonly fork: boolean
  /** Whoever is up has decided. */
  readonly live: boolean
  /** What no correct replica does; empty if the rules hold. */
  readonly broken: readonly string[]
  /** Whom evidence names. */
  readonly accused: ReadonlySet<ReplicaIndex>
  readonly viewMax: number
  readonly restarts: number
}

const CALM_MS = 90_000
const VIEW_MAX = 8

/** Signed votes by replica: strictly rising, one body for each place, and each as the model allows it. */
function createJudge({ n, kind, twins = 0, forgets = false }: Plan, broken: string[]) {
  const model = createModel(n, kind, twins)
  const newest = new Map<ReplicaIndex, Vote>()
  return (index: ReplicaIndex, vote: Vote): void => {
    if (index < twins || forgets) return
    const fault = model.judge(index, vote)
    model.sign(index, vote)
    if (fault !== null) broken.push(`${index} signed ${fault} of view ${vote.view}`)
    const before = newest.get(index)
    newest.set(index, vote)
    if (before === undefined) return
    const order = compareRanks(vote, before)
    if (order === 0 && sameBody(vote, before)) return
    if (order <= 0) broken.push(`${index} signed ${vote.kind} ${vote.view} after ${before.kind}`)
  }
}

export function run(plan: Plan): Outcome {
  const { n, kind, engine, seed, twins = 0 } = plan
  const random = createRandom(seed)
  const decided = new Set<Digest>()
  const broken: string[] = []
  const accused = new Set<ReplicaIndex>()
  const judge = createJudge(plan, broken)
  const isTwin = (index: ReplicaIndex) => index < twins
  const events: Event[] = []
  let restarts = 0
  const cluster: Cluster = {
    ...{ n, kind, engine, random, events, nowMs: 0, isCalm: false },
    forgets: plan.forgets ?? false,
    processes: [],
    onVote: judge,
    onDecided: (certificate) => {
      const about = { height, blockId: certificate.blockId }
      const set = contextFor(n, null, kind).config
      const fault = verifyCommitCertificate({ set, value: certificate, about, verifySignature })
      if (fault !== undefined) broken.push(`decided on ${fault}`)
      decided.add(certificate.blockId)
    },
    onEvidence: ({ first, fault }) => {
      accused.add(first.signer)
      if (!isTwin(first.signer) && !(plan.forgets ?? false)) broken.push(`${fault} accuses`)
    },
  }
  for (let place = 0; place < n + twins; place++) {
    cluster.processes.push(createProcess(cluster, place, place % n))
  }
  for (let step = 0; step < plan.steps && decided.size < 2; step++) {
    restarts += badStep(cluster, plan.deaf) ? 1 : 0
  }
  const stay = random.shuffle(cluster.processes).slice(0, n + twins - plan.down)
  calm(cluster, stay)
  return {
    fork: decided.size > 1,
    live: stay.every(({ certificate }) => certificate !== null),
    broken,
    accused,
    viewMax: Math.max(...cluster.processes.map(({ state }) => state.view)),
    restarts,
  }
}

/** Any event in any order, lost or twice; a timer, a block that is due, a crash, a restart. True if it was a restart. */
function badStep(cluster: Cluster, deaf: ReplicaIndex | undefined): boolean {
  const { random, events, processes } = cluster
  const process = random.pick(processes)
  const dice = random.fraction()
  if (dice < 0.7 && events.length > 0) {
    const place = random.below(events.length)
    const event = events[place]
    if (!random.chance(0.05)) events.splice(place, 1)
    const isLost = random.chance(0.15) || (event?.to === deaf && event?.what.kind === 'message')
    if (event !== undefined && !isLost) deliver(cluster, event)
  } else if (dice < 0.78) {
    const view = process.timers.get('view')?.view
    if (view !== undefined && view < VIEW_MAX) {
      feed(cluster, process, { kind: 'timeout', timer: 'view', view })
    }
  } else if (dice < 0.86) feed(cluster, process, { kind: 'due' })
  else if (dice < 0.92) feed(cluster, process, { kind: 'timeout', timer: 'resend' })
  else if (process.isUp) crash(process)
  else {
    restart(cluster, process)
    return true
  }
  return false
}

/** Nothing is lost any more, and everything takes its time; only `stay` go on. */
function calm(cluster: Cluster, stay: readonly Process[]): void {
  const { random, events, processes } = cluster
  cluster.isCalm = true
  for (const process of processes) if (!stay.includes(process)) crash(process)
  for (const event of events) event.atMs = random.between(1, 40)
  for (const process of stay) {
    if (!process.isUp) restart(cluster, process)
    for (const timer of ['view', 'resend'] as const) {
      const set = process.timers.get(timer)
      if (set !== undefined) set.atMs = Math.min(set.atMs, random.between(1, 10_000))
    }
    const due = { to: process.place, what: { kind: 'input', input: { kind: 'due' } } } as const
    events.push({ ...due, atMs: random.between(1, 2_000) })
  }
  while (cluster.nowMs < CALM_MS && stay.some(({ certificate }) => certificate === null)) {
    if (!calmStep(cluster, stay)) return
  }
}

function calmStep(cluster: Cluster, stay: readonly Process[]): boolean {
  const { events } = cluster
  let next = 0
  for (const [place, { atMs }] of events.entries())
    if (atMs < (events[next]?.atMs ?? 0)) next = place
  const event = events[next]
  const bells = stay.flatMap((process) =>
    [...process.timers].map(([timer, set]) => ({ process, timer, ...set })),
  )
  const [bell] = bells.toSorted((left, right) => left.atMs - right.atMs)
  if (bell !== undefined && (event === undefined || bell.atMs < event.atMs)) {
    cluster.nowMs = Math.max(cluster.nowMs, bell.atMs)
    const { process, timer, view } = bell
    process.timers.delete(timer)
    feed(
      cluster,
      process,
      timer === 'view' ? { kind: 'timeout', timer, view } : { kind: 'timeout', timer },
    )
    return true
  }
  if (event === undefined) return false
  cluster.nowMs = Math.max(cluster.nowMs, event.atMs)
  events.splice(next, 1)
  deliver(cluster, event)
  return true
}

function deliver(cluster: Cluster, { to, what }: Event): void {
  const process = cluster.processes[to]
  if (process === undefined || !process.isUp) return
  switch (what.kind) {
    case 'message':
      hear(cluster, process, what.bytes)
      return
    case 'input':
      feed(cluster, process, what.input)
      return
    case 'decided':
      if (process.certificate !== null) return
      process.certificate = what.certificate
      feed(cluster, process, { kind: 'synced' })
      return
    case 'asked':
      complete(cluster, process, what)
      return
  }
}

function hear(cluster: Cluster, process: Process, bytes: Uint8Array): void {
  const message = decodeMessage(bytes)
  const triage = cluster.engine.triage(process.state, message)
  const from = message.signer
  if (triage === 'answer') feed(cluster, process, { kind: 'stale', from, height })
  if (triage !== 'take') return
  const { n, kind, random } = cluster
  const verification = verifyMessage(contextFor(n, process.index, kind), message)
  if (!verification.ok) return
  if (message.kind === 'pre-prepare' && random.chance(0.5)) {
    process.bodies.set(message.blockId, blockOf(message))
  }
  feed(cluster, process, { kind: 'message', from, message: verification.message })
}

/** The bytes of a block are here, or with one of the sources that is up, or nowhere. */
function complete(
  cluster: Cluster,
  process: Process,
  asked: Extract<Event['what'], { kind: 'asked' }>,
): void {
  const { blockId, view, sources } = asked
  const holders = [process, ...cluster.processes.filter((other) => other.isUp)].filter(
    ({ index }) => index === process.index || sources.includes(index),
  )
  const block = holders.map(({ bodies }) => bodies.get(blockId)).find((held) => held !== undefined)
  if (block !== undefined) process.bodies.set(blockId, block)
  if (view === null) {
    if (block !== undefined) feed(cluster, process, { kind: 'fetched', block })
    return
  }
  const judgement = block === undefined ? 'unavailable' : 'valid'
  feed(cluster, process, { kind: 'executed', view, blockId, judgement })
}
