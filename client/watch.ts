// Follows blocks, transactions or events by WebSocket; after a break it goes on where it was.
import type { JsonValue } from '../vm/codec.ts'
import type { Height, Hex } from '../vm/types.ts'
import { headerAnswer } from './answers.ts'
import type { ClientError } from './errors.ts'
import { nodeError } from './transport.ts'
import { pause, type WebSocketLike, web } from './web.ts'

export type Topic =
  | { readonly topic: 'newBlocks'; readonly fromHeight?: Height }
  | { readonly topic: 'transactions'; readonly fromHeight?: Height }
  | { readonly topic: 'events'; readonly recipient: Hex; readonly fromHeight?: Height }

export type WatchParameters = {
  /** http:// or ws:// */
  readonly url: string
  readonly topic: Topic
  /** Results in ledger order, each once, across reconnects. */
  readonly onResult: (result: JsonValue) => void
  /** The connection broke and is made again; for a person who waits. */
  readonly onBreak?: (reason: string) => void
  /** The node refuses, and would again: nothing more comes. Without it `onBreak` hears of it. */
  readonly onEnd?: (error: ClientError) => void
  readonly openSocket?: (url: string) => WebSocketLike
}

/** Refusals of a moment. */
const passing = new Set(['BUSY', 'LIMIT_EXCEEDED', 'SHUTTING_DOWN', 'TIMEOUT', 'INTERNAL'])

type Heard = { readonly [key: string]: JsonValue }

function isHeard(value: unknown): value is Heard {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse(data: unknown): Heard | undefined {
  try {
    const heard: unknown = JSON.parse(String(data))
    return isHeard(heard) ? heard : undefined
  } catch {
    return undefined
  }
}

/** The height and, of events, the last cursor of a result. */
function placeOf(result: Heard): { readonly height: number; readonly cursor: string | undefined } {
  const events = result['events']
  const last = Array.isArray(events) ? (events.at(-1) as Heard | undefined) : undefined
  return { height: Number(result['height']), cursor: last?.['cursor'] as string | undefined }
}

function refusalOf(error: JsonValue): ClientError {
  const { message = 'refused', data = {} } = isHeard(error) ? error : {}
  return nodeError({ message: String(message), data: isHeard(data) ? data : {} })
}

/** Starts to watch; answers how to stop. */
export function watch(parameters: WatchParameters): () => void {
  const url = parameters.url.replace(/^http/, 'ws')
  const openSocket = parameters.openSocket ?? ((target: string) => new web.WebSocket(target))
  let wish: { readonly [key: string]: JsonValue } = { ...parameters.topic }
  let stopped = false
  let current: WebSocketLike | undefined

  const take = (result: Heard): void => {
    const { height, cursor } = placeOf(result)
    const { fromHeight: _, ...rest } = wish
    wish = cursor === undefined ? { ...rest, fromHeight: height + 1 } : { ...rest, cursor }
    parameters.onResult(result)
  }

  const hear = (socket: WebSocketLike, data: unknown): void => {
    if (stopped) return
    const heard = parse(data)
    if (heard === undefined) {
      socket.close()
      return
    }
    const params = heard['params']
    if (isHeard(params) && isHeard(params['result'])) take(params['result'])
    const opened = heard['result']
    // Without a height of its own, a break must not lose what came after the first answer.
    if (isHeard(opened) && wish['fromHeight'] === undefined && wish['cursor'] === undefined) {
      wish = { ...wish, fromHeight: Number(opened['height']) + 1 }
    }
    const error = heard['error']
    if (error === undefined) return
    const refusal = refusalOf(error)
    if (!passing.has(refusal.code)) {
      stopped = true
      if (parameters.onEnd !== undefined) parameters.onEnd(refusal)
      else parameters.onBreak?.(`${refusal.code}: ${refusal.message}; ${refusal.hint}`)
    }
    socket.close()
  }

  const connect = (): Promise<string> =>
    new Promise((resolve) => {
      const socket = openSocket(url)
      current = socket
      socket.addEventListener('open', () =>
        socket.send(
          JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'chain_subscribe', params: wish }),
        ),
      )
      socket.addEventListener('message', ({ data }) => hear(socket, data))
      socket.addEventListener('error', () => undefined)
      socket.addEventListener('close', ({ code }) => resolve(`closed with ${code ?? 'no code'}`))
    })

  const run = async (): Promise<void> => {
    for (let delayMs = 100; !stopped; delayMs = Math.min(2 * delayMs, 5_000)) {
      const before = wish
      const reason = await connect()
      if (stopped) return
      parameters.onBreak?.(reason)
      if (wish !== before) delayMs = 100
      await pause(delayMs)
    }
  }

  run().catch((error: unknown) => parameters.onBreak?.(String(error)))
  return () => {
    stopped = true
    current?.close()
  }
}

export type BlockNews = ReturnType<typeof headerAnswer.fromJson>

/** New headers with their certificates, from a height on if given. */
export function watchBlocks(parameters: {
  readonly url: string
  readonly fromHeight?: Height
  readonly onBlock: (block: BlockNews) => void
  readonly onBreak?: (reason: string) => void
  readonly onEnd?: (error: ClientError) => void
}): () => void {
  const { fromHeight, onBlock, onBreak, onEnd } = parameters
  return watch({
    url: parameters.url,
    topic: fromHeight === undefined ? { topic: 'newBlocks' } : { topic: 'newBlocks', fromHeight },
    onResult: (result) => onBlock(headerAnswer.fromJson(result)),
    ...(onBreak === undefined ? {} : { onBreak }),
    ...(onEnd === undefined ? {} : { onEnd }),
  })
}
