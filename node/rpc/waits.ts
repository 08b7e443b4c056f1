// Calls that wait until the node has committed a height.
import type { Height } from '../../vm/types.ts'
import { EpioneError } from '../errors.ts'
import { headHeight } from './certified.ts'
import type { NodePort } from './port.ts'

export type Waits = {
  /** Throws EpioneError NOT_CAUGHT_UP after the time, SHUTTING_DOWN when the signal is aborted. */
  readonly waitForHeight: (
    height: Height,
    bounds: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ) => Promise<void>
  readonly stop: () => void
}

export function createWaits(port: NodePort): Waits {
  const waiting = new Set<{ readonly height: Height; readonly done: () => void }>()
  const unlisten = port.onCommit((height) => {
    for (const one of waiting) if (height >= one.height) one.done()
  })

  const late = (height: Height): EpioneError =>
    new EpioneError({
      code: 'NOT_CAUGHT_UP',
      message: `this node is at ${headHeight(port.ledger)}, not yet at ${height}`,
      hint: 'ask again, or ask another node',
      data: { height: headHeight(port.ledger) },
    })
  const gone = (): EpioneError =>
    new EpioneError({
      code: 'SHUTTING_DOWN',
      message: 'the node stops, or the caller is gone',
      hint: 'ask another node',
    })

  return {
    waitForHeight: (height, { timeoutMs, signal }) => {
      if (headHeight(port.ledger) >= height) return Promise.resolve()
      if (signal.aborted) return Promise.reject(gone())
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const one = { height, done: resolve }
      const abort = () => reject(gone())
      const timer = setTimeout(() => reject(late(height)), timeoutMs)
      waiting.add(one)
      signal.addEventListener('abort', abort, { once: true })
      return promise.finally(() => {
        clearTimeout(timer)
        waiting.delete(one)
        signal.removeEventListener('abort', abort)
      })
    },
    stop: unlisten,
  }
}
