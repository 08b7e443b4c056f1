// Letters as adversaries write them: votes in frames, read and made.
import type { Message } from '../../../consensus/message.ts'
import { decodeFrame, encodeMessageFrame } from '../../../node/replica/frames.ts'
import type { Letter } from '../host.ts'

export function letterOf(message: Message): Letter {
  return { kind: 'frame', bytes: encodeMessageFrame(message) }
}

/** The vote in a letter of the node below; undefined for everything else. */
export function messageIn(letter: Letter): Message | undefined {
  if (letter.kind !== 'frame') return undefined
  const frame = decodeFrame(letter.bytes)
  return frame.kind === 'message' ? frame.message : undefined
}
