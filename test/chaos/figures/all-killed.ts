// All validators are killed at once and started again, and somebody waits with a transaction.
import { setTimeout as sleep } from 'node:timers/promises'
import { createTransferFactory } from '../../../node/load/transfers.ts'
import type { ChaosNetwork } from '../network.ts'
import { stateOf } from '../recovery.ts'
import { rpc } from '../rpc.ts'
import { type Figure, seconds, underLoad } from './figure.ts'

const WARM_MS = 10_000
const DOWN_MS = 1_000
const TARGET_MS = 5_000
const GIVE_UP_MS = 60_000
const LOOK_MS = 20

async function heightOf({ validators }: ChaosNetwork): Promise<number> {
  const states = await Promise.all(validators.map(stateOf))
  return Math.max(0, ...states.map((state) => state?.height ?? 0))
}

/** From now until anybody has a block above the height; a transfer is handed in as soon as somebody takes it. */
async function untilNext(network: ChaosNetwork, height: number): Promise<number | undefined> {
  const startMs = performance.now()
  const { envelope } = createTransferFactory(
    network.genesis.chainId,
    network.payers,
  )(Date.now() + 100_000)
  const offer = { method: 'tx_submit', params: { envelope } }
  let isTaken = false
  for (let ms = 0; ms < GIVE_UP_MS; ms = performance.now() - startMs) {
    if (!isTaken) {
      const answers = await Promise.all(network.urls.map((url) => rpc(url, offer)))
      isTaken = answers.some(({ result }) => result !== undefined)
    }
    if ((await heightOf(network)) > height) return performance.now() - startMs
    await sleep(LOOK_MS)
  }
  return undefined
}

export const allKilledFigure: Figure = {
  name: 'all-killed',
  measure: async (home) => {
    const tookMs = await underLoad({ home }, WARM_MS, async ({ network, load }) => {
      await load.drain(GIVE_UP_MS)
      const { validators } = network
      const height = await heightOf(network)
      await Promise.all(validators.map((one) => one.kill()))
      await sleep(DOWN_MS)
      const starts = validators.map((one) => one.start())
      const ms = await untilNext(network, height)
      await Promise.all(starts)
      return ms
    })
    return [
      {
        figure: 'first new block after all were killed and started',
        target: `< ${seconds(TARGET_MS)} from the last start`,
        measured: seconds(tookMs),
        reached: tookMs !== undefined && tookMs < TARGET_MS,
      },
    ]
  },
}
