// Requests to one peer: numbered, bounded in number and time.
import { assert } from '../../vm/assert.ts'
import { refuse } from '../../vm/codec.ts'
import type { HostLimits } from './limits.ts'
import type { Outbox } from './outbox.ts'
import { decodeAnswerFrame, encodeRequestFrame } from './request-wire.ts'
import type { HostCounters, RequestFailure, RequestOptions, RequestResult } from './types.ts'

export type RequestClient = {
  readonly request: (body: Uint8Array, options: RequestOptions) => Promise<RequestResult>
  /** Throws CodecError for what no peer may answer. */
  readonly onAnswer: (frame: Uint8Array) => void
  /** Every open request fails with NOT_CONNECTED. */
  readonly stop: () => void
}

type Open = (result: RequestResult) => void

export function createRequestClient(
  outbox: Outbox,
  limits: HostLimits,
  counters: HostCounters,
): RequestClient {
  const open = new Map<number, Open>()
  let count = 0
  let stopped = false

  const failure = (code: RequestFailure): RequestResult => {
    counters.requestsFailed += 1
    return { ok: false, code }
  }
  const send = (body: Uint8Array, options: RequestOptions): Promise<RequestResult> => {
    const number = count
    count += 1
    const { promise, resolve } = Promise.withResolvers<RequestResult>()
    const settle = (result: RequestResult): void => {
      if (!open.delete(number)) return
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', abort)
      resolve(result)
    }
    const abort = (): void => settle(failure('ABORTED'))
    const expire = (): void => settle(failure('TIMEOUT'))
    const timer = setTimeout(expire, options.timeoutMs ?? limits.requestTimeoutMs)
    options.signal?.addEventListener('abort', abort)
    open.set(number, settle)
    counters.requestsSent += 1
    if (!outbox.push(encodeRequestFrame({ number, body }))) settle(failure('BUSY'))
    return promise
  }
  return {
    request: async (body, options) => {
      assert(body.length > 0 && body.length + 4 <= limits.requestFrameMax, 'a request fits a frame')
      if (stopped) return failure('NOT_CONNECTED')
      if (options.signal?.aborted === true) return failure('ABORTED')
      if (open.size >= limits.requestsOpenMax) return failure('BUSY')
      return send(body, options)
    },
    onAnswer: (frame) => {
      const { number, status, body } = decodeAnswerFrame(frame)
      if (number >= count) refuse('an answer without a request')
      // Unknown: it came after its timeout.
      const settle = open.get(number)
      if (settle === undefined) return
      if (status === 'ok') settle({ ok: true, bytes: body })
      else settle(failure(status === 'busy' ? 'BUSY' : 'REFUSED'))
    },
    stop: () => {
      stopped = true
      for (const settle of [...open.values()]) settle(failure('NOT_CONNECTED'))
    },
  }
}
