// The quick way through CBOR, shared by sink and cursor: which values there are, and when the library takes over.

/** What CBOR holds here: no maps, floats, tags, negative integers or undefined. */
export type Item = number | bigint | string | boolean | null | Uint8Array | readonly Item[]

class NotPlain extends Error {}
const notPlain = new NotPlain()

/** Throws: this is no plain case, or wrong. The library has the last word, and the words to say why. */
export function leaveToLibrary(): never {
  throw notPlain
}

/** Whether the quick way ended for want of a plain case. */
export function isLeftToLibrary(error: unknown): boolean {
  return error === notPlain
}

/** The longest text that is plain. */
export const TEXT_MAX = 256
