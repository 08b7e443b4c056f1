// Requests of one peer: a token bucket, a few at once, and answers only as fast as the peer reads them.
import type { HostLimits } from './limits.ts'
import type { Outbox } from './outbox.ts'
import { type AnswerStatus, decodeRequestFrame, encodeAnswerFrame } from './request-wire.ts'
import type { HostCounters } from './types.ts'

export type RequestServer = {
  /** Throws CodecError for what is no request. */
  readonly onRequest: (frame: Uint8Array) => void
}

/** A bucket that fills by `perSecond` up to `burst`; `take` answers whether a token was there. */
export function createTokenBucket(perSecond: number, burst: number, nowMs: () => number) {
  let tokens = burst
  let filledMs = nowMs()
  return {
    take: (): boolean => {
      const now = nowMs()
      tokens = Math.min(burst, tokens + ((now - filledMs) / 1000) * perSecond)
      filledMs = now
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
  }
}

export type RequestServerConfig = {
  readonly outbox: Outbox
  readonly limits: HostLimits
  readonly counters: HostCounters
  readonly handle: (request: Uint8Array) => Uint8Array | undefined | Promise<Uint8Array | undefined>
  /** What the handler threw: a bug of ours. */
  readonly onError: (error: unknown) => void
}

const nothing = new Uint8Array(0)

export function createRequestServer(config: RequestServerConfig): RequestServer {
  const { outbox, limits, counters, handle, onError } = config
  const { requestsPerSecond, requestsBurst, requestsServedMax } = limits
  const bucket = createTokenBucket(requestsPerSecond, requestsBurst, () => performance.now())
  let serving = 0

  const answer = (number: number, status: AnswerStatus, body: Uint8Array = nothing): void => {
    if (status === 'ok') counters.requestsServed += 1
    else counters.requestsRejected += 1
    outbox.push(encodeAnswerFrame({ number, status, body }))
  }
  const serve = async (number: number, body: Uint8Array): Promise<void> => {
    serving += 1
    try {
      const found = await handle(body)
      const fits = found !== undefined && found.length + 5 <= limits.answerFrameMax
      if (!fits) answer(number, 'refused')
      else if (found.length + 5 > outbox.room()) answer(number, 'busy')
      else answer(number, 'ok', found)
    } catch (error) {
      onError(error)
    } finally {
      serving -= 1
    }
  }
  return {
    onRequest: (frame) => {
      const { number, body } = decodeRequestFrame(frame)
      const free = serving < requestsServedMax && outbox.room() > limits.answerFrameMax / 2
      if (bucket.take() && free) void serve(number, body)
      else answer(number, 'busy')
    },
  }
}
