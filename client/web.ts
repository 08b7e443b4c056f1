// The few web globals that the client uses, named narrowly so that it needs neither Node's types nor the DOM's.

export type FetchResponse = {
  readonly ok: boolean
  readonly status: number
  readonly text: () => Promise<string>
}

export type FetchRequest = {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly signal: AbortSignalLike
}

export type FetchLike = (url: string, request: FetchRequest) => Promise<FetchResponse>

/** Opaque to the client: made by an AbortController, given to fetch. */
export type AbortSignalLike = { readonly aborted: boolean }

export type WebSocketLike = {
  readonly send: (text: string) => void
  readonly close: (code?: number) => void
  readonly addEventListener: (
    kind: 'open' | 'message' | 'close' | 'error',
    listener: (event: { readonly data?: unknown; readonly code?: number }) => void,
  ) => void
}

type Timer = { readonly timer: unique symbol }

type WebGlobals = {
  readonly fetch: FetchLike
  readonly WebSocket: new (url: string) => WebSocketLike
  readonly AbortController: new () => {
    readonly signal: AbortSignalLike
    readonly abort: () => void
  }
  readonly crypto: { readonly getRandomValues: (bytes: Uint8Array) => Uint8Array }
  readonly setTimeout: (run: () => void, delayMs: number) => Timer
  readonly clearTimeout: (timer: Timer) => void
}

/** Browsers and Node have all of these. */
export const web = globalThis as unknown as WebGlobals

export function randomBytes(size: number): Uint8Array {
  return web.crypto.getRandomValues(new Uint8Array(size))
}

/** Resolves after `delayMs`. */
export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    web.setTimeout(resolve, delayMs)
  })
}
