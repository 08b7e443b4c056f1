// Clients of a simulation: each hands transfers to one node after the other until it knows that they are in a block.
import { assert } from '../../vm/assert.ts'
import { type Chain, type Signed, saltOf, signTransfer } from './chain.ts'
import type { Machine, World } from './world.ts'

export type Clients = {
  readonly stop: () => void
  /** A node has these in a durable block; answers those that a client waited for. */
  readonly onCommit: (ids: readonly Signed['id'][]) => readonly Signed['id'][]
  /** Given to a node and not acknowledged. */
  readonly waiting: () => number
}

export type ClientOptions = {
  /** Between two new transfers. */
  readonly intervalMs: number
  readonly isHonest: (machine: Machine) => boolean
}

/** A client asks another node when it has not heard of its transfer for so long. */
const PATIENCE_MS = 4_000
const VALID_MS = 120_000
const WAITING_MAX = 40

export function startClients(world: World, { intervalMs, isHonest }: ClientOptions): Clients {
  const { timeline, random, chain } = world
  const waiting = new Map<Signed['id'], Signed>()
  let made = 0
  let stopped = false

  const give = (one: Signed): void => {
    if (!waiting.has(one.id) || stopped) return
    timeline.after(PATIENCE_MS + random.below(1_000), () => give(one))
    const up = world.machines.filter(
      (machine) => machine.running !== undefined && isHonest(machine),
    )
    if (up.length === 0) return
    const { running } = random.pick(up)
    assert(running !== undefined, 'it runs')
    running.scope.enter(() => {
      void running.core.submission.submit(one.bytes)
    })
  }
  const makeOne = (): void => {
    if (stopped) return
    timeline.after(intervalMs * (0.5 + random.fraction()), makeOne)
    if (waiting.size >= WAITING_MAX) return
    const one = transferOf(chain, { world, salt: made })
    made += 1
    waiting.set(one.id, one)
    world.trace.note('transfer', made, one.id)
    give(one)
  }
  timeline.after(100, makeOne)
  return {
    waiting: () => waiting.size,
    stop: () => {
      stopped = true
    },
    onCommit: (ids) => ids.filter((id) => waiting.delete(id)),
  }
}

function transferOf(
  chain: Chain,
  { world, salt }: { readonly world: World; readonly salt: number },
): Signed {
  const { random, timeline, signatures } = world
  const validUntil = Math.floor(chain.genesis.timeMs + timeline.nowMs() + VALID_MS)
  return signTransfer(signatures, {
    chainId: chain.genesis.chainId,
    from: random.pick(chain.people),
    to: random.pick(chain.people),
    amount: BigInt(random.between(1, 1_000)),
    validUntil,
    salt: saltOf(salt),
  })
}
