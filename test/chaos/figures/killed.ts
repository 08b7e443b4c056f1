// The gap that clients see when a validator is killed, and the gaps while it stays down.
import { setTimeout as sleep } from 'node:timers/promises'
import { gapsBetween } from '../follow.ts'
import { createHistory } from '../history.ts'
import { startLoad } from '../load.ts'
import { createNetwork } from '../network.ts'

const WARM_MS = 10_000
const FIRST_MS = 4_000
const DOWN_MS = 40_000
const RATE = 300

export type KilledReport = {
  readonly beforeMs: number
  readonly firstMs: number
  readonly laterMs: number
  readonly later: readonly string[]
}

export async function measureKilled(plan: {
  readonly home: string
  readonly seed: number
  readonly victim: number
  readonly baseTimeoutMs: number
}): Promise<KilledReport> {
  const { home, seed, victim, baseTimeoutMs } = plan
  const network = await createNetwork({ home, seed, parameters: { baseTimeoutMs } })
  const history = createHistory()
  try {
    await Promise.all(network.validators.map((one) => one.start()))
    const load = startLoad({ ...network, nodes: network.validators, rate: RATE, history })
    await sleep(WARM_MS)
    const killMs = performance.now()
    await network.validators[victim]?.kill()
    await sleep(FIRST_MS + DOWN_MS)
    const { firstMs } = load.followed
    const gaps = (fromMs: number, toMs: number) =>
      gapsBetween(firstMs, { fromMs, toMs }).map((gap) => ({ ...gap, atMs: gap.atMs - killMs }))
    const longest = (all: ReturnType<typeof gaps>) => Math.max(...all.map((gap) => gap.lengthMs))
    const all = gaps(killMs, killMs + FIRST_MS + DOWN_MS).toSorted(
      (a, b) => b.lengthMs - a.lengthMs,
    )
    const first = all[0]
    const report = {
      beforeMs: longest(gaps(killMs - WARM_MS / 2, killMs)),
      firstMs: first?.lengthMs ?? 0,
      laterMs: all[1]?.lengthMs ?? 0,
      later: all
        .slice(0, 20)
        .map(({ atMs, lengthMs }) => `${Math.round(atMs)}+${Math.round(lengthMs)}`),
    }
    process.stderr.write(
      `acknowledged ${history.acknowledged.size} of ${history.submitted()} ${JSON.stringify(history.wrong.other.slice(0, 5))} ${JSON.stringify([...load.refused])}\n`,
    )
    await load.stop()
    return report
  } finally {
    await network.stop()
  }
}
