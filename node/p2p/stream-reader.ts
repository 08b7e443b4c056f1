// Frames of one incoming stream, handed on one at a time; a handler that is busy holds back the sender.
import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { createFrameReader } from './framing.ts'

/** What a peer may not put on a stream. */
export class FramingError extends Error {
  override readonly name = 'FramingError'
}

export type StreamReading = {
  readonly stream: Stream
  readonly sizeMax: number
  readonly onBytes: (count: number) => void
  /** A promise holds back the next frame. */
  readonly onFrame: (frame: Uint8Array) => void | Promise<void>
  /** A FramingError, or what `onFrame` threw or rejected with; nothing more is read. */
  readonly onError: (error: unknown) => void
  /** The stream can no longer be read, for whatever reason; fired once. */
  readonly onEnd: () => void
}

/** Paused streams keep at most the window that the sender may fill (`streamWindowMax`). */
export function readFrames(reading: StreamReading): void {
  const { stream, onFrame } = reading
  const reader = createFrameReader(reading.sizeMax)
  // Taken by place and never spread: a peer may fill a window with frames of one byte.
  let waiting: readonly Uint8Array[] = []
  let next = 0
  let busy = false
  let ended = false

  const keep = (frames: readonly Uint8Array[]): void => {
    waiting = frames
    next = 0
  }
  const end = (): void => {
    if (ended) return
    ended = true
    keep([])
    reading.onEnd()
  }
  const fail = (error: unknown): void => {
    if (ended) return
    reading.onError(error)
    end()
  }
  const resume = (): void => {
    busy = false
    deliver()
    if (!busy && !ended && stream.readStatus === 'paused') stream.resume()
  }
  const deliver = (): void => {
    while (!busy && !ended) {
      const frame = waiting[next++]
      if (frame === undefined) {
        keep([])
        return
      }
      try {
        const handled = onFrame(frame)
        if (handled === undefined) continue
        busy = true
        handled.then(resume, fail)
      } catch (error) {
        fail(error)
      }
    }
  }
  stream.addEventListener('message', (event: StreamMessageEvent) => {
    if (ended) return
    const chunk = event.data.subarray()
    reading.onBytes(chunk.length)
    const frames = reader.push(chunk)
    if (typeof frames === 'string') {
      fail(new FramingError(frames))
      return
    }
    keep(waiting.slice(next).concat(frames))
    deliver()
    // A pause costs a message to the sender: one frame at work with none behind it is not worth it.
    const isBehind = busy && next < waiting.length
    if (isBehind && !ended && stream.readStatus === 'readable') stream.pause()
  })
  stream.addEventListener('close', end)
  stream.addEventListener('remoteCloseWrite', end)
  if (stream.status !== 'open') end()
}
