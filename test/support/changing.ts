// A lie about an answer: decoded as it came, changed, and encoded again.
import { type Codec, decode, encode } from '../../vm/codec.ts'

export function changing<T>(codec: Codec<T>, how: (value: T) => T) {
  return (answer: Uint8Array): Uint8Array => encode(codec, how(decode(codec, answer)))
}
