// The directed equivocator: too many validators run twice, each copy with half of the honest ones, and the halves never meet.
import type { Digest } from '../../vm/types.ts'
import { createAuditor } from './audit.ts'
import { chainOf } from './chain.ts'
import { startClients } from './clients.ts'
import { gather } from './gather.ts'
import { type Signatures, standIn } from './signatures.ts'
import { createWorld } from './world.ts'

export type ForkOptions = {
  readonly seed: number
  readonly validators: number
  /** Validators that run twice. */
  readonly byzantine: number
  readonly signatures?: Signatures
}

export type Fork = {
  readonly seed: number
  readonly height: number
  /** The places of those who run twice. */
  readonly twins: readonly number[]
  /** The places of those whom the signed votes convict. */
  readonly culprits: readonly number[]
}

const LIMIT_MS = 30_000
/** So many heights without a fork are enough to give up. */
const HEIGHTS_MAX = 10

/** Undefined if both halves kept to one chain. */
export async function findFork(options: ForkOptions): Promise<Fork | undefined> {
  const { seed, validators, byzantine, signatures = standIn } = options
  const chain = chainOf(validators)
  const world = createWorld({ seed, chain, signatures })
  const places = world.random.shuffle(chain.seats.map((_, place) => place))
  const twins = places.slice(0, byzantine)
  const halves = new Map<number, number>()
  places.forEach((place, turn) => {
    halves.set(place, turn < byzantine ? 0 : turn % 2)
    if (turn < byzantine) halves.set(place + validators, 1)
  })
  const auditor = createAuditor(chain, signatures)
  world.overhear = (_, frame) => auditor.hear(frame)
  const decided = new Map<number, Digest>()
  let forkedAt: number | undefined
  let highest = 0
  const watch = gather([
    {
      onFailure: ({ process }, error) => world.find('no-crash', `process ${process}: ${error}`),
      onCommit: (_, { executed }) => {
        const { height } = executed.header
        const before = decided.get(height) ?? executed.id
        decided.set(height, before)
        highest = Math.max(highest, height)
        if (before !== executed.id) forkedAt ??= height
        clients.onCommit(executed.transactions.map(({ transaction }) => transaction.id))
      },
    },
  ])
  const silent = gather([])
  for (const [process] of halves) {
    const index = process % validators
    const isHonest = !twins.includes(index)
    world.start(world.add({ process, index, isHonest, watch: isHonest ? watch : silent }))
  }
  world.network.allow((one, two) => halves.get(one) === halves.get(two))
  const clients = startClients(world, { count: 4, pauseMs: 10, isHonest: () => true })
  await world.timeline.runUntil(
    LIMIT_MS,
    () => forkedAt !== undefined || highest >= HEIGHTS_MAX || world.finding() !== undefined,
  )
  const finding = world.finding()
  if (finding !== undefined) throw new Error(`seed ${seed}: ${finding.checker}: ${finding.text}`)
  if (forkedAt === undefined) return undefined
  const inOrder = twins.toSorted((left, right) => left - right)
  return { seed, height: forkedAt, twins: inOrder, culprits: auditor.culprits() }
}
