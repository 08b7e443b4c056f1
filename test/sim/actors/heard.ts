// What an adversary has overheard of the newest height.
import type { Message } from '../../../consensus/message.ts'
import { decodeFrame } from '../../../node/replica/frames.ts'

export type Heard = {
  /** The newest height that anybody votes on. */
  readonly height: () => number
  /** The highest view of it that a vote named, far-away lies left out. */
  readonly view: () => number
  readonly messages: () => readonly Message[]
  /** Frames of lower heights. */
  readonly old: () => readonly Uint8Array[]
}

const VIEW_MAX = 64
const KEPT_MAX = 200

export function createHeard() {
  let height = 1
  let view = 0
  let messages: Message[] = []
  let frames: Uint8Array[] = []
  let old: readonly Uint8Array[] = []
  let last: Uint8Array | undefined
  return {
    heard: {
      height: () => height,
      view: () => view,
      messages: () => messages,
      old: () => old,
    } satisfies Heard,
    /** Answers with what is new in it. */
    overhear: (frame: Uint8Array): Message | undefined => {
      if (frame === last) return undefined
      last = frame
      const decoded = tryDecode(frame)
      if (decoded === undefined || decoded.height < height) return undefined
      if (decoded.height > height) {
        old = [...old, ...frames].slice(-KEPT_MAX)
        height = decoded.height
        view = 0
        messages = []
        frames = []
      }
      if (messages.length >= KEPT_MAX) return undefined
      if (decoded.view < VIEW_MAX) view = Math.max(view, decoded.view)
      messages.push(decoded)
      frames.push(frame)
      return decoded
    },
  }
}

/** Adversaries send nonsense too. */
function tryDecode(frame: Uint8Array): Message | undefined {
  try {
    const decoded = decodeFrame(frame)
    return decoded.kind === 'message' ? decoded.message : undefined
  } catch {
    return undefined
  }
}
