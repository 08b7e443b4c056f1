// Frames in a stream of bytes: a length of four bytes, then that many bytes; bounded before anything is kept.
import { concat, u32 } from '../../vm/bytes.ts'

const PREFIX_BYTES = 4

/** Room for a frame grows with what arrives, so that a length alone costs nothing. */
const firstRoom = 64 * 1024

/** Why a stream cannot be read on. */
export type FramingFault = 'FRAME_TOO_LARGE' | 'FRAME_EMPTY'

export type FrameReader = {
  /** The frames that `chunk` completes, each a copy, or what is wrong with the bytes. */
  readonly push: (chunk: Uint8Array) => readonly Uint8Array[] | FramingFault
}

/** Collects `wanted` bytes that arrive in pieces of any size, each copied a bounded number of times. */
function collect(wanted: number) {
  let room = new Uint8Array(Math.min(wanted, firstRoom))
  let held = 0
  return {
    /** How many bytes of `source` from `offset` on it took. */
    take: (source: Uint8Array, offset: number): number => {
      const part = source.subarray(offset, offset + wanted - held)
      if (held + part.length > room.length) {
        const larger = Math.max(2 * room.length, held + part.length)
        const grown = new Uint8Array(Math.min(wanted, larger))
        grown.set(room.subarray(0, held))
        room = grown
      }
      room.set(part, held)
      held += part.length
      return part.length
    },
    whole: (): Uint8Array | undefined => (held === wanted ? room : undefined),
  }
}

export function createFrameReader(sizeMax: number): FrameReader {
  let prefix = collect(PREFIX_BYTES)
  let body: ReturnType<typeof collect> | undefined

  const push = (chunk: Uint8Array): readonly Uint8Array[] | FramingFault => {
    const frames: Uint8Array[] = []
    let offset = 0
    while (offset < chunk.length) {
      offset += (body ?? prefix).take(chunk, offset)
      const whole = (body ?? prefix).whole()
      if (whole === undefined) break
      if (body === undefined) {
        const length = new DataView(whole.buffer).getUint32(0)
        if (length > sizeMax) return 'FRAME_TOO_LARGE'
        if (length === 0) return 'FRAME_EMPTY'
        body = collect(length)
      } else {
        frames.push(whole)
        body = undefined
        prefix = collect(PREFIX_BYTES)
      }
    }
    return frames
  }
  return { push }
}

/** Frames with their prefixes, in one piece. */
export function joinFrames(frames: readonly Uint8Array[]): Uint8Array {
  return concat(...frames.flatMap((frame) => [u32(frame.length), frame]))
}
