// The frames of the requests stream: a number by which an answer finds its request, then the content.
import { concat, u32 } from '../../vm/bytes.ts'
import { refuse } from '../../vm/codec.ts'

/** The asking side counts up from 0; 2^32 requests outlast every connection. */
export type RequestFrame = { readonly number: number; readonly body: Uint8Array }

export const answerStatus = { ok: 0, busy: 1, refused: 2 } as const
export type AnswerStatus = keyof typeof answerStatus
export type AnswerFrame = RequestFrame & { readonly status: AnswerStatus }

export function encodeRequestFrame({ number, body }: RequestFrame): Uint8Array {
  return concat(u32(number), body)
}

function numberOf(frame: Uint8Array): number {
  if (frame.length < 5) refuse('a frame of the requests stream has at least five bytes')
  return new DataView(frame.buffer, frame.byteOffset).getUint32(0)
}

/** Throws CodecError. */
export function decodeRequestFrame(frame: Uint8Array): RequestFrame {
  return { number: numberOf(frame), body: frame.subarray(4) }
}

export function encodeAnswerFrame({ number, status, body }: AnswerFrame): Uint8Array {
  return concat(u32(number), new Uint8Array([answerStatus[status]]), body)
}

/** Throws CodecError. */
export function decodeAnswerFrame(frame: Uint8Array): AnswerFrame {
  const number = numberOf(frame)
  const body = frame.subarray(5)
  for (const status of ['ok', 'busy', 'refused'] as const) {
    if (frame[4] === answerStatus[status]) return { number, status, body }
  }
  return refuse('unknown status of an answer')
}
