// The search for the knee: which rate to offer next, and the highest that was held.

export type Tried = {
  readonly offeredPerSecond: number
  readonly deliveredPerSecond: number
  /** Whether every validator checked and executed what was delivered. */
  readonly counts: boolean
}

/** Delivered below this part of offered is beyond the knee. */
const HELD = 0.95
/** Rates closer than this are the same within the noise. */
const NEAR = 1.06

export function isHeld({ offeredPerSecond, deliveredPerSecond, counts }: Tried): boolean {
  return counts && deliveredPerSecond >= HELD * offeredPerSecond
}

/** The highest delivered rate of a run that held; null if none did. */
export function kneeOf(runs: readonly Tried[]): number | null {
  const held = runs.filter(isHeld).map((run) => run.deliveredPerSecond)
  return held.length === 0 ? null : Math.max(...held)
}

/** Three digits are enough, and easy to say again. */
function rounded(rate: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(rate)) - 1)
  return Math.max(1, Math.round(rate / (unit / 2)) * (unit / 2))
}

/**
 * Steps by half while it holds, halves the rate while nothing has, and then closes in from both sides. Undefined when the knee is
 * known well enough. A rate that held once counts as held: on a shared machine failing is the accident.
 */
export function nextRate(tried: readonly Tried[], first: number): number | undefined {
  if (tried.length === 0) return rounded(first)
  const rates = (held: boolean) =>
    tried.filter((run) => isHeld(run) === held).map((run) => run.offeredPerSecond)
  const low = Math.max(0, ...rates(true))
  const high = Math.min(Number.POSITIVE_INFINITY, ...rates(false).filter((rate) => rate > low))
  if (high === Number.POSITIVE_INFINITY) return rounded(low * 1.5)
  if (low === 0) return high > 2 ? rounded(high / 2) : undefined
  if (high / low < NEAR) return undefined
  const next = rounded(Math.sqrt(low * high))
  return next > low && next < high ? next : undefined
}
