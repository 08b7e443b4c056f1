// The frames that wait for one outgoing stream: bounded in bytes, with a written rule for what a full queue does.
import type { Stream } from '@libp2p/interface'
import { joinFrames } from './framing.ts'

/** Small frames that wait together leave in one piece of at most this size. */
const pieceBytes = 64 * 1024

export type OutboxRule =
  /** The oldest frames make room for the newest. */
  | 'drop-oldest'
  /** The newest frame is not taken. */
  | 'refuse'

export type Outbox = {
  /** Whether the frame was taken. */
  readonly push: (frame: Uint8Array) => boolean
  /** Room for frames, prefixes not counted. */
  readonly room: () => number
  readonly queuedBytes: () => number
  readonly clear: () => void
}

export type OutboxConfig = {
  readonly stream: Stream
  readonly bytesMax: number
  readonly rule: OutboxRule
  readonly onSent: (frames: number, bytes: number) => void
  readonly onDropped: () => void
}

export function createOutbox({ stream, bytesMax, rule, onSent, onDropped }: OutboxConfig): Outbox {
  let queue: Uint8Array[] = []
  let bytes = 0
  let scheduled = false

  const drop = (): void => {
    bytes -= queue.shift()?.length ?? 0
    onDropped()
  }
  const takePiece = (): readonly Uint8Array[] => {
    let size = 0
    let count = 0
    for (const frame of queue) {
      if (count > 0 && size + frame.length > pieceBytes) break
      size += frame.length
      count += 1
    }
    bytes -= size
    return queue.splice(0, count)
  }
  const pump = (): void => {
    scheduled = false
    // Not stream.onDrain(), which does not resolve a second time.
    while (queue.length > 0 && stream.writeStatus === 'writable' && !stream.writableNeedsDrain) {
      const frames = takePiece()
      const piece = joinFrames(frames)
      onSent(frames.length, piece.length)
      stream.send(piece)
    }
  }
  stream.addEventListener('drain', pump)
  return {
    push: (frame) => {
      if (stream.writeStatus !== 'writable' || frame.length > bytesMax) return false
      if (rule === 'refuse' && bytes + frame.length > bytesMax) {
        onDropped()
        return false
      }
      while (bytes + frame.length > bytesMax) drop()
      queue.push(frame)
      bytes += frame.length
      // Frames of one turn share a piece.
      if (!scheduled) queueMicrotask(pump)
      scheduled = true
      return true
    },
    room: () => bytesMax - bytes,
    queuedBytes: () => bytes + stream.writeBufferLength,
    clear: () => {
      queue = []
      bytes = 0
    },
  }
}
