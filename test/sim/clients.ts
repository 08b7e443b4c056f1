// Clients of a simulation: each hands transfers to one node after the other until it knows that they are in a block.
import type { Admission } from '../../node/admission.ts'
import { EpioneError } from '../../node/errors.ts'
import { assert } from '../../vm/assert.ts'
import { type Chain, type Signed, saltOf, signTransfer } from './chain.ts'
import type { Running } from './running.ts'
import type { Machine, World } from './world.ts'

export type Clients = {
  /** Nobody wants anything for so long. */
  readonly rest: (forMs: number) => void
  /** A node has these in a durable block; answers those that a client waited for. */
  readonly onCommit: (ids: readonly Signed['id'][]) => readonly Signed['id'][]
  /** Given to a node and not acknowledged. */
  readonly waiting: () => number
}

export type ClientOptions = {
  /** So long after one of its transfers is in a block a client makes the next, or a little longer. */
  readonly pauseMs: number
  readonly count: number
  readonly isHonest: (machine: Machine) => boolean
}

/** A client asks another node when it has not heard of its transfer for so long. */
const PATIENCE_MS = 4_000
const VALID_MS_MAX = 500_000
/** Longer than it could be in a block after all. */
const LATE_MS = 30_000

/** Undefined if the node says that it cannot. */
export function submitTo(
  world: World,
  { core, process }: Running,
  envelope: Uint8Array,
): Promise<Admission | undefined> {
  return core.submission.submit(envelope).catch((error: unknown) => {
    if (!(error instanceof EpioneError)) world.find('no-crash', `process ${process}: ${error}`)
    return undefined
  })
}

export function startClients(world: World, { pauseMs, count, isHonest }: ClientOptions): Clients {
  const { timeline, random, chain } = world
  const waiting = new Map<Signed['id'], Signed>()
  let made = 0
  let restUntilMs = 0

  const give = (one: Signed, endMs: number): void => {
    if (!waiting.has(one.id)) return
    if (timeline.nowMs() > endMs) {
      waiting.delete(one.id)
      makeOne()
      return
    }
    timeline.after(PATIENCE_MS + random.below(1_000), () => give(one, endMs))
    const up = world.machines.filter(
      (machine) => machine.running !== undefined && isHonest(machine),
    )
    if (up.length === 0) return
    const { running } = random.pick(up)
    assert(running !== undefined, 'it runs')
    running.scope.enter(() => {
      void submitTo(world, running, one.bytes).then((admission) => {
        // In a block whose node crashed before it could tell.
        if (admission?.kind === 'known' && admission.committed) done([one.id])
      })
    })
  }
  /** Those that somebody waited for; their clients go on. */
  const done = (ids: readonly Signed['id'][]): readonly Signed['id'][] => {
    const known = ids.filter((id) => waiting.delete(id))
    for (const _ of known) timeline.after(pauseMs * (0.5 + random.fraction()), makeOne)
    return known
  }
  const makeOne = (): void => {
    const restMs = restUntilMs - timeline.nowMs()
    if (restMs > 0) {
      timeline.after(restMs, makeOne)
      return
    }
    const validMs = Math.min(VALID_MS_MAX, chain.genesis.parameters.windowMs * 0.8)
    const one = transferOf(chain, { world, salt: made, validMs })
    made += 1
    waiting.set(one.id, one)
    world.trace.note('transfer', made)
    give(one, timeline.nowMs() + validMs + LATE_MS)
  }
  for (let client = 0; client < count; client++) timeline.after(100 + client, makeOne)
  return {
    waiting: () => waiting.size,
    rest: (forMs) => {
      restUntilMs = timeline.nowMs() + forMs
    },
    onCommit: done,
  }
}

function transferOf(
  chain: Chain,
  {
    world,
    salt,
    validMs,
  }: { readonly world: World; readonly salt: number; readonly validMs: number },
): Signed {
  const { random, timeline, signatures } = world
  const validUntil = Math.floor(chain.genesis.timeMs + timeline.nowMs() + validMs)
  return signTransfer(signatures.signerOf, {
    chainId: chain.genesis.chainId,
    from: random.pick(chain.people),
    to: random.pick(chain.people),
    amount: BigInt(random.between(1, 1_000)),
    validUntil,
    salt: saltOf(salt),
  })
}
