// One figure of recovery: what it is called, what is to be reached, how it is measured.
import { setTimeout as sleep } from 'node:timers/promises'
import { gapsBetween } from '../follow.ts'
import { createHistory, type History } from '../history.ts'
import { type Load, startLoad } from '../load.ts'
import { type ChaosNetwork, createNetwork, type NetworkPlan } from '../network.ts'

export type Measured = {
  readonly figure: string
  readonly target: string
  readonly measured: string
  readonly reached: boolean
}

export type Figure = {
  readonly name: string
  /** Everything it makes is in the home, which is empty. */
  readonly measure: (home: string) => Promise<readonly Measured[]>
}

const RATE = 300

export type Loaded = {
  readonly network: ChaosNetwork
  readonly load: Load
  readonly history: History
}

/** A network that is up and under load for so long; everything ends with the work. */
export async function underLoad<T>(
  plan: Omit<NetworkPlan, 'seed'>,
  warmMs: number,
  work: (loaded: Loaded) => Promise<T>,
): Promise<T> {
  const network = await createNetwork({ ...plan, seed: 1 })
  const history = createHistory()
  const nodes = network.validators
  let load: Load | undefined
  try {
    await Promise.all(nodes.map((one) => one.start()))
    load = startLoad({ ...network, nodes, rate: RATE, history })
    await sleep(warmMs)
    return await work({ network, load, history })
  } finally {
    await load?.stop()
    await network.stop()
  }
}

export type Gap = { readonly atMs: number; readonly lengthMs: number }

/** Silences between blocks with transactions, longest first. */
export function gapsOf({ followed }: Load, fromMs: number, toMs: number): readonly Gap[] {
  return gapsBetween(followed.firstMs, { fromMs, toMs }).toSorted(
    (left, right) => right.lengthMs - left.lengthMs,
  )
}

export function seconds(ms: number | undefined): string {
  return ms === undefined ? 'never' : `${(ms / 1_000).toFixed(2)} s`
}
