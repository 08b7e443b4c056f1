// One codec per value: strict deterministic CBOR (RFC 8949 section 4.2), strict JSON, JSON Schema and CDDL from one definition.
import * as cborg from 'cborg'
import { equal, isHex } from './bytes.ts'

/** What CBOR holds here: no maps, floats, tags, negative integers or undefined. */
export type CborValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborValue[]

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

/** Foreign bytes or JSON that do not have the form that a codec demands; `path` names the place. */
export class CodecError extends Error {
  override readonly name = 'CodecError'
  readonly reason: string
  readonly path: string
  constructor(reason: string, path = '') {
    super(path === '' ? reason : `${path}: ${reason}`)
    this.reason = reason
    this.path = path
  }
}

/** A type's CDDL expression with the named rules that it refers to. */
export type Cddl = { readonly expression: string; readonly rules: ReadonlyMap<string, string> }

/** Written with methods, so that a codec of one type fits where a codec of any type is asked for. */
export type Codec<T> = {
  toCbor(value: T): CborValue
  /** Throws CodecError. */
  fromCbor(item: CborValue): T
  toJson(value: T): JsonValue
  /** Throws CodecError; unknown keys are refused. */
  fromJson(json: unknown): T
  readonly schema: JsonValue
  readonly cddl: Cddl
}

/** The type that a codec speaks about. */
export type Infer<C> = C extends Codec<infer T> ? T : never

export function refuse(reason: string): never {
  throw new CodecError(reason)
}

/** Runs `decode` and puts `step` before the path of a CodecError that it throws. */
export function within<T>(step: string, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (!(error instanceof CodecError)) throw error
    const joint = error.path === '' || error.path.startsWith('[') ? '' : '.'
    throw new CodecError(error.reason, `${step}${joint}${error.path}`)
  }
}

export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  return cborg.encode(codec.toCbor(value))
}

const strict = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: true,
} as const

/**
 * The value whose encoding is exactly `bytes`; throws CodecError for anything else. The re-encoding is compared, so that floats
 * that look like integers, ill-formed UTF-8 and every other second spelling of a value are refused.
 */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  let item: CborValue
  try {
    item = cborg.decode(bytes, strict)
  } catch (error) {
    throw new CodecError(
      `not deterministic CBOR (${error instanceof Error ? error.message : 'unknown'})`,
    )
  }
  const value = codec.fromCbor(item)
  if (!equal(encode(codec, value), bytes)) throw new CodecError('not the canonical encoding')
  return value
}

/** Any CBOR value within the subset; the second pass of decoding gives it a type. */
export const raw: Codec<CborValue> = {
  toCbor: (value) => value,
  fromCbor: (item) => item,
  toJson: () => refuse('raw CBOR has no JSON form'),
  fromJson: () => refuse('raw CBOR has no JSON form'),
  schema: {},
  cddl: { expression: 'any', rules: new Map() },
}

/** Hexadecimal JSON to bytes of a size range; shared by the byte codecs. */
export function requireHex(json: unknown): asserts json is `0x${string}` {
  if (!isHex(json)) refuse('expected lower-case hexadecimal with 0x')
}
