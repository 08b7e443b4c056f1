// What the fuzzer is given: something that reads bytes, where valid bytes come from, and what it may cost.
import fc from 'fast-check'
import { type Codec, CodecError, decode, encode } from '../../vm/codec.ts'
import { arbitraryOf } from './from-cddl.ts'

/** What became of an input. Anything that is thrown instead is a failure. */
export type Reading =
  | {
      readonly kind: 'accepted'
      readonly value: unknown
      /** The encoding of the value, which must be the input; undefined where a form has many spellings. */
      readonly again?: Uint8Array | undefined
    }
  | { readonly kind: 'refused'; readonly reason: string }

export type Valid = {
  readonly bytes: Uint8Array
  /** What must be read from the bytes, where that is known. */
  readonly value?: unknown
}

export type Target = {
  readonly name: string
  /** Which changes make sense besides those of any bytes. */
  readonly form: 'cbor' | 'json' | 'bytes'
  /** About `count` valid inputs, the same ones for the same seed. */
  readonly valid: (seed: number, count: number) => readonly Valid[]
  readonly read: (input: Uint8Array) => Reading | Promise<Reading>
  /** A target with a life of its own tells here what is wrong with it between inputs; undefined: nothing. */
  readonly health?: () => string | undefined | Promise<string | undefined>
  /** Longest input; longer ones are cut. */
  readonly sizeMax?: number
  /** Reading what is valid takes so long that few inputs are. */
  readonly isSlow?: boolean
  /** For what checks proofs rather than forms: a million of those take hours. */
  readonly inputsPerTest?: number
}

/** Refuses by the errors that the decoder says it throws; lets every other one through. */
export function refusedBy(
  errors: readonly (abstract new (...parameters: never[]) => Error)[],
  error: unknown,
): Reading {
  if (errors.some((kind) => error instanceof kind))
    return { kind: 'refused', reason: (error as Error).message }
  throw error
}

/** Valid values of a codec: those of its CDDL form that it takes. */
export function valuesOf<T>(codec: Codec<T>, seed: number, count: number): readonly T[] {
  const drawn = fc.sample(arbitraryOf(codec), { seed, numRuns: 2 * count })
  return drawn.flatMap((item) => {
    try {
      return [codec.fromCbor(item)]
    } catch (error) {
      if (error instanceof CodecError) return []
      throw error
    }
  })
}

/** A codec's own strict decoding. */
export function codecTarget<T>(name: string, codec: Codec<T>): Target {
  return {
    name,
    form: 'cbor',
    valid: (seed, count) =>
      valuesOf(codec, seed, count).map((value) => ({ bytes: encode(codec, value), value })),
    read: (input) => {
      try {
        const value = decode(codec, input)
        return { kind: 'accepted', value, again: encode(codec, value) }
      } catch (error) {
        return refusedBy([CodecError], error)
      }
    },
  }
}

const encoder = new TextEncoder()

export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** As files and bodies are read: ill-formed bytes become replacement characters. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8')
}
