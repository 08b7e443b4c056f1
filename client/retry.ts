// Tries again what a busy or silent node may do later.
import { ClientError } from './errors.ts'
import { pause } from './web.ts'

export type RetryParameters = {
  /** Attempts in all. */
  readonly attemptsMax: number
  readonly firstDelayMs: number
  readonly delayMaxMs: number
  /** Whether the same call may succeed later. */
  readonly isWorthwhile: (error: ClientError) => boolean
}

/** BUSY says when to come back; a silent node may be back after a while. */
export const whileBusy: RetryParameters = {
  attemptsMax: 12,
  firstDelayMs: 200,
  delayMaxMs: 5_000,
  isWorthwhile: ({ code }) => code === 'BUSY' || code === 'NODE_UNREACHABLE',
}

/** Throws the last error. */
export async function retry<T>(work: () => Promise<T>, parameters: RetryParameters): Promise<T> {
  let delayMs = parameters.firstDelayMs
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof ClientError) || attempt >= parameters.attemptsMax) throw error
      if (!parameters.isWorthwhile(error)) throw error
      const { retryAfterMs } = error.data
      await pause(typeof retryAfterMs === 'number' ? Math.max(retryAfterMs, delayMs) : delayMs)
      delayMs = Math.min(2 * delayMs, parameters.delayMaxMs)
    }
  }
}
