// One codec per value: strict deterministic CBOR (RFC 8949 section 4.2), strict JSON, JSON Schema and CDDL from one definition.
import * as cborg from 'cborg'
import { concat, equal, isHex } from './bytes.ts'
import { type Item, isLeftToLibrary } from './cbor.ts'
import { Cursor } from './cbor-cursor.ts'
import { Sink } from './cbor-sink.ts'
import { cutRoom } from './room.ts'

export type CborValue = Item

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

/**
 * Written with methods, so that a codec of one type fits where a codec of any type is asked for. `write` and `read` are the quick
 * way, straight to and from bytes: whatever is odd or wrong they leave to the library, whose items `toCbor` and `fromCbor` convert.
 */
export type Codec<T> = {
  toCbor(value: T): CborValue
  /** Throws CodecError. */
  fromCbor(item: CborValue): T
  write(value: T, sink: Sink): void
  read(cursor: Cursor): T
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
    throw located(step, error)
  }
}

/** The error with `step` before its path, if it is a CodecError. */
export function located(step: string, error: unknown): unknown {
  if (!(error instanceof CodecError)) return error
  const joint = error.path === '' || error.path.startsWith('[') ? '' : '.'
  return new CodecError(error.reason, `${step}${joint}${error.path}`)
}

/** Whether the long way is to say what is wrong, if anything. */
function asksForLibrary(error: unknown): boolean {
  return isLeftToLibrary(error) || error instanceof CodecError
}

const sink = new Sink()

export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const start = sink.end
  try {
    codec.write(value, sink)
    return sink.take(start)
  } catch (error) {
    sink.drop(start)
    if (asksForLibrary(error)) return encodeByLibrary(codec, value)
    throw error
  }
}

/** As `encode`, for what is soon hashed or stored and then forgotten; it stands behind `room` zero bytes. */
export function encodeBriefly<T>(codec: Codec<T>, value: T, room = 0): Uint8Array {
  const start = sink.end
  try {
    sink.room(room)
    codec.write(value, sink)
    return sink.take(start, cutRoom)
  } catch (error) {
    sink.drop(start)
    if (asksForLibrary(error)) return concat(new Uint8Array(room), encodeByLibrary(codec, value))
    throw error
  }
}

/** A plain Uint8Array also where the library makes a subclass of it, whose `slice` would share memory. */
export function encodeByLibrary<T>(codec: Codec<T>, value: T): Uint8Array {
  const { buffer, byteOffset, length } = cborg.encode(codec.toCbor(value))
  return new Uint8Array(buffer, byteOffset, length)
}

const strict = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: true,
} as const

const ascii = /^[\0-\x7f]*$/
const headLengths: Readonly<Record<number, number>> = { 24: 2, 25: 3, 26: 5 }

/** Arrays within arrays: more than any form here has, and fewer than any stack can hold. */
const NESTING_MAX = 64

/**
 * Lets through what has one spelling only: minimal unsigned integers and lengths (`strict`), byte strings, arrays, ASCII text,
 * booleans, null. Other text has ill-formed spellings, so it asks for a comparison with the re-encoding.
 */
class StrictTokenizer extends cborg.Tokenizer {
  mustCompare = false
  /** How many items each open array lacks, the innermost last. */
  readonly #lacking: number[] = []

  override next(): cborg.Token {
    const head = this.data[this.pos()] ?? 0
    const major = head >>> 5
    const isSimple = head === 0xf4 || head === 0xf5 || head === 0xf6
    if (major === 1 || major === 5 || major === 6 || (major === 7 && !isSimple)) {
      throw new CodecError(`byte 0x${head.toString(16)} begins nothing that is used here`)
    }
    const token = super.next()
    this.#count(major === 4 ? token.value : 0)
    if (major === 3) {
      const length = (token.encodedLength ?? 0) - (headLengths[head & 31] ?? 1)
      if (!ascii.test(token.value) || token.value.length !== length) this.mustCompare = true
    }
    return token
  }

  /** One more item, which itself holds so many. The limit is the same wherever the stack happens to end. */
  #count(items: number): void {
    const lacking = this.#lacking
    const last = lacking.length - 1
    if (last >= 0) lacking[last] = (lacking[last] ?? 0) - 1
    if (items > 0) lacking.push(items)
    if (lacking.length > NESTING_MAX)
      throw new CodecError(`arrays are nested more than ${NESTING_MAX} deep`)
    while (lacking.length > 0 && lacking[lacking.length - 1] === 0) lacking.pop()
  }
}

function decodeItem(tokenizer: StrictTokenizer, bytes: Uint8Array): CborValue {
  try {
    return cborg.decode(bytes, { ...strict, tokenizer })
  } catch (error) {
    if (error instanceof CodecError) throw error
    const reason = error instanceof Error ? error.message : 'unknown'
    throw new CodecError(`not deterministic CBOR (${reason})`)
  }
}

/** The value whose encoding is exactly `bytes`; throws CodecError for anything else. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const cursor = new Cursor(bytes)
  try {
    const value = codec.read(cursor)
    if (cursor.isAtEnd()) return value
  } catch (error) {
    if (!asksForLibrary(error)) throw error
  }
  return decodeByLibrary(codec, bytes)
}

/** As `decode`, and in every case the reference for it. */
export function decodeByLibrary<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const tokenizer = new StrictTokenizer(bytes, strict)
  const value = codec.fromCbor(decodeItem(tokenizer, bytes))
  if (tokenizer.mustCompare && !equal(encode(codec, value), bytes)) {
    throw new CodecError('not the canonical encoding')
  }
  return value
}

/** Any CBOR value within the subset; the second pass of decoding gives it a type. */
export const raw: Codec<CborValue> = {
  toCbor: (value) => value,
  fromCbor: (item) => item,
  write: (value, sink) => sink.item(value),
  read: (cursor) => cursor.item(),
  toJson: () => refuse('raw CBOR has no JSON form'),
  fromJson: () => refuse('raw CBOR has no JSON form'),
  schema: {},
  cddl: { expression: 'any', rules: new Map() },
}

/** As `raw`, kept as its encoding: for what another codec is to decode as soon as its type is known. */
export const encoded: Codec<Uint8Array> = {
  ...raw,
  toCbor: (bytes) => decode(raw, bytes),
  fromCbor: (item) => encode(raw, item),
  write: (bytes, sink) => sink.encoded(bytes),
  read: (cursor) => cursor.encoded(),
  fromJson: () => refuse('raw CBOR has no JSON form'),
}

export function refuseHex(): never {
  return refuse('expected lower-case hexadecimal with 0x')
}

/** Hexadecimal JSON; shared by the byte codecs. */
export function requireHex(json: unknown): asserts json is `0x${string}` {
  if (!isHex(json)) refuseHex()
}
