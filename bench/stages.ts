// Where the time of a validator's process goes: samples of a profile, counted for the stage whose code was at work.
import type { ProbeFigures, Profile, ProfileNode } from './probe.ts'

export const stageNames = [
  'decode',
  'verify',
  'gossip',
  'order',
  'execute',
  'stateTree',
  'store',
  'serve',
  /** Collecting garbage on the main thread. */
  'garbage',
  /** Sockets, timers and native code that no stage's function had called. */
  'runtime',
  /** V8's own threads: concurrent collection and compilation. */
  'engine',
  /** All other threads: file system, the store's compaction. */
  'threads',
] as const
export type Stage = (typeof stageNames)[number]
export type Stages = Readonly<Record<Stage, number>>

/**
 * The first pattern that a function's file fits names its stage. Files that serve many stages (codecs, hashes, bytes, runtime) are not
 * here: they count for whoever called them.
 */
const stages: readonly (readonly [pattern: RegExp, stage: Stage])[] = [
  [/\/vm\/(transaction|batch)\.ts$/, 'decode'],
  [/\/node\/(verification|submission|admission|mempool)\.ts$/, 'verify'],
  [/\/(node\/crypto|vm\/sign|vm\/crypto)\b/, 'verify'],
  [/\/node\/(gossip|bodies)\.ts$/, 'gossip'],
  [/\/node\/p2p\//, 'gossip'],
  [/\/node_modules\/(libp2p|@libp2p|@chainsafe|@multiformats|it-|uint8|multiformats)/, 'gossip'],
  [/\/node\/ledger\/tree\.ts$|\/vm\/(state-tree|merkle)\b/, 'stateTree'],
  [/\/node\/store\/|\/node_modules\/(level|classic-level|abstract-level)\b/, 'store'],
  [/\/node\/ledger\/(commit|records|history|cache|kept|trim|newest)\.ts$/, 'store'],
  [/\/(vm\/(execute|state|block|rules)|apps\/|node\/ledger\/)/, 'execute'],
  [/\/(consensus\/|node\/replica\/|node\/(journal|vote|voting|accuser|readiness))/, 'order'],
  [/\/node\/(rpc|snapshot)\/|\/client\/|\/node_modules\/ws\//, 'serve'],
  [/^node:_http|^node:internal\/(http|url)/, 'serve'],
  [/\/node\/(metrics|node-observer|logger)\.ts$|\/node_modules\/(prom-client|pino)/, 'serve'],
]

/** Functions that V8 names itself. */
const special: Readonly<Record<string, Stage | 'idle'>> = {
  '(idle)': 'idle',
  '(garbage collector)': 'garbage',
  '(program)': 'runtime',
}

function ownStage({ name, url }: ProfileNode): Stage | 'idle' | undefined {
  if (url === '' && special[name] !== undefined) return special[name]
  return stages.find(([pattern]) => pattern.test(url))?.[1]
}

/** Samples of each stage; those in which the thread waited are in none. */
export function samplesByStage(profile: Profile): Readonly<Record<string, number>> {
  const found: (Stage | 'idle')[] = []
  const samples: Record<string, number> = {}
  for (const node of profile) {
    const stage = ownStage(node) ?? found[node.parent] ?? 'runtime'
    found.push(stage)
    if (stage !== 'idle') samples[stage] = (samples[stage] ?? 0) + node.hits
  }
  return samples
}

/** Microseconds of one process by stage: the main thread's by samples, those of other threads as they were counted. */
export function stagesOf(figures: ProbeFigures, profile: Profile): Stages {
  const { cpuMicros, mainMicros, engineMicros, workerMicros } = figures
  const samples = samplesByStage(profile)
  const all = Object.values(samples).reduce((sum, count) => sum + count, 0)
  const shares = stageNames.map((stage): [Stage, number] => [
    stage,
    ((samples[stage] ?? 0) * mainMicros) / Math.max(1, all),
  ])
  const main = Object.fromEntries(shares) as Record<Stage, number>
  const threads = Math.max(0, cpuMicros - mainMicros - engineMicros - workerMicros)
  return { ...main, verify: main.verify + workerMicros, engine: engineMicros, threads }
}
