// The control stream of a connection: first the handshake, then pings; both sides write and read it.
import type { Stream } from '@libp2p/interface'
import { CodecError, decode, encode, type Infer } from '../../vm/codec.ts'
import { choice, named, struct } from '../../vm/codec-compound.ts'
import { bytes, constant, hex, uint } from '../../vm/codec-scalar.ts'
import type { Digest } from '../../vm/types.ts'
import { createOutbox } from './outbox.ts'
import { readFrames } from './stream-reader.ts'

const frameMax = 1024
/** Messages that may arrive ahead of the one that is being worked on. */
const aheadMax = 4

export const controlMessageCodec = named(
  'p2p-control',
  choice({
    hello: [1, struct({ version: constant(1), chainId: hex<Digest>(32), nonce: bytes(32) })],
    /** No bytes from a node that only follows. */
    proof: [2, struct({ proof: bytes(0, 256) })],
    accepted: [3, struct({})],
    ping: [4, struct({ number: uint() })],
    pong: [5, struct({ number: uint() })],
  }),
)
export type ControlMessage = Infer<typeof controlMessageCodec>

export type Control = {
  readonly send: (message: ControlMessage) => void
  /** The next message; undefined when the stream has ended or said something malformed. */
  readonly next: () => Promise<ControlMessage | undefined>
  /** From now on messages go here instead of `next`. */
  readonly listen: (handler: (message: ControlMessage) => void) => void
}

export type ControlConfig = {
  readonly stream: Stream
  readonly onBytes: (count: number) => void
  /** The stream has ended, or `reason` tells what was wrong with what came. */
  readonly onEnd: (reason: string | undefined) => void
}

export function createControl({ stream, onBytes, onEnd }: ControlConfig): Control {
  const arrived: ControlMessage[] = []
  let waiter: ((message: ControlMessage | undefined) => void) | undefined
  let listener: ((message: ControlMessage) => void) | undefined
  let ended = false

  const end = (reason: string | undefined): void => {
    if (ended) return
    ended = true
    waiter?.(undefined)
    onEnd(reason)
  }
  const take = (frame: Uint8Array): void => {
    const message = decode(controlMessageCodec, frame)
    if (listener !== undefined) listener(message)
    else if (waiter !== undefined) waiter(message)
    else if (arrived.length < aheadMax) arrived.push(message)
    else throw new CodecError('too many control messages at once')
    waiter = undefined
  }
  const outbox = createOutbox({
    stream,
    bytesMax: 16 * frameMax,
    rule: 'drop-oldest',
    onSent: () => undefined,
    onDropped: () => undefined,
  })
  readFrames({
    stream,
    sizeMax: frameMax,
    onBytes,
    onFrame: take,
    onError: (error) => end(error instanceof Error ? error.message : String(error)),
    onEnd: () => end(undefined),
  })
  return {
    send: (message) => {
      outbox.push(encode(controlMessageCodec, message))
    },
    next: () => {
      const message = arrived.shift()
      if (message !== undefined || ended) return Promise.resolve(message)
      return new Promise((resolve) => {
        waiter = resolve
      })
    },
    listen: (handler) => {
      listener = handler
      for (const message of arrived.splice(0)) handler(message)
    },
  }
}
