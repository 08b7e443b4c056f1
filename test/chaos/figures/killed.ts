// The silence that clients hear when a validator is killed, primary or not, and later while it stays down.
import { setTimeout as sleep } from 'node:timers/promises'
import { watchBlocks } from '../../../client/watch.ts'
import type { ChaosNetwork } from '../network.ts'
import { type Figure, gapsOf, type Measured, seconds, underLoad } from './figure.ts'

const WARM_MS = 10_000
const DOWN_MS = 30_000
const LATER_MAX_MS = 300

type Role = 'primary' | 'backup'

/** The place of whoever proposes the next block (primary), or has just proposed one and is due last (backup). */
async function placeOf({ genesis, urls }: ChaosNetwork, role: Role): Promise<number> {
  const { validators } = genesis
  const proposer = await new Promise<string>((resolve) => {
    const stop = watchBlocks({
      url: urls[0] ?? '',
      onBlock: ({ header }) => {
        stop()
        resolve(header.proposer)
      },
    })
  })
  const place = validators.findIndex(({ account }) => account === proposer)
  return role === 'backup' ? place : (place + 1) % validators.length
}

async function measure(
  home: string,
  role: Role,
  timing: { readonly baseTimeoutMs: number; readonly firstMaxMs: number },
): Promise<readonly Measured[]> {
  const { baseTimeoutMs, firstMaxMs } = timing
  const parameters = { baseTimeoutMs }
  const gaps = await underLoad({ home, parameters }, WARM_MS, async ({ network, load }) => {
    const place = await placeOf(network, role)
    const killMs = performance.now()
    await network.validators[place]?.kill()
    await sleep(DOWN_MS)
    return gapsOf(load, killMs, killMs + DOWN_MS)
  })
  const [longest, second] = gaps
  const about = `${role} killed, base timeout ${baseTimeoutMs} ms`
  return [
    {
      figure: `longest gap, ${about}`,
      target: `< ${seconds(firstMaxMs)}`,
      measured: seconds(longest?.lengthMs),
      reached: longest !== undefined && longest.lengthMs < firstMaxMs,
    },
    {
      figure: `second gap while it stays down, ${about}`,
      target: `<= ${seconds(LATER_MAX_MS)}`,
      measured: seconds(second?.lengthMs),
      reached: second !== undefined && second.lengthMs <= LATER_MAX_MS,
    },
  ]
}

const usual = { baseTimeoutMs: 1_000, firstMaxMs: 1_200 }
const fast = { baseTimeoutMs: 300, firstMaxMs: 600 }

export const killedFigures: readonly Figure[] = [
  { name: 'primary-killed', measure: (home) => measure(home, 'primary', usual) },
  { name: 'backup-killed', measure: (home) => measure(home, 'backup', usual) },
  { name: 'primary-killed-fast', measure: (home) => measure(home, 'primary', fast) },
  { name: 'backup-killed-fast', measure: (home) => measure(home, 'backup', fast) },
]
