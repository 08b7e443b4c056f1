// Codecs of single values: integers, amounts, bytes, identifiers, text, choices from a fixed list.
import { fromHex, isHex, toHex, tryHex } from './bytes.ts'
import { leaveToLibrary } from './cbor.ts'
import type { KnownHex } from './cbor-cursor.ts'
import {
  type CborValue,
  type Cddl,
  type Codec,
  type JsonValue,
  refuse,
  refuseHex,
  requireHex,
} from './codec.ts'
import type { Hex } from './types.ts'

function plain(expression: string): Cddl {
  return { expression, rules: new Map() }
}

function inRange(value: unknown, low: number, high: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < low || value > high) {
    refuse(`expected an integer from ${low} to ${high}`)
  }
  return value
}

/** A non-negative integer up to `max` (2^53 - 1 if not given), both included. */
export function uint(max: number = Number.MAX_SAFE_INTEGER, min = 0): Codec<number> {
  const check = (value: unknown) => inRange(value, min, max)
  return {
    toCbor: check,
    fromCbor: check,
    write: (value, sink) => sink.uint(check(value)),
    read: (cursor) => check(cursor.uint()),
    toJson: check,
    fromJson: check,
    schema: { type: 'integer', minimum: min, maximum: max },
    cddl: plain(`${min}..${max}`),
  }
}

const u64Max = 2n ** 64n - 1n
const decimal = /^(?:0|[1-9][0-9]{0,19})$/

function unsigned64(value: unknown): bigint {
  if (typeof value !== 'bigint' || value < 0n || value > u64Max)
    refuse('expected an unsigned 64-bit amount')
  return value
}

/** An unsigned 64-bit amount: BigInt in code, a decimal string in JSON. */
export const amount: Codec<bigint> = {
  toCbor: unsigned64,
  fromCbor: (item) => {
    if (typeof item === 'number' && Number.isSafeInteger(item) && item >= 0) return BigInt(item)
    if (typeof item === 'bigint' && item >= 0n && item <= u64Max) return item
    return refuse('expected an unsigned 64-bit amount')
  },
  write: (value, sink) => sink.bigUint(unsigned64(value)),
  read: (cursor) => cursor.bigUint(),
  toJson: (value) => value.toString(),
  fromJson: (json) => {
    if (typeof json !== 'string' || !decimal.test(json) || BigInt(json) > u64Max) {
      refuse('expected an unsigned 64-bit amount as a decimal string')
    }
    return BigInt(json)
  },
  schema: { type: 'string', pattern: decimal.source },
  cddl: plain('uint'),
}

function boolean(value: unknown): boolean {
  if (typeof value !== 'boolean') refuse('expected true or false')
  return value
}

export const bool: Codec<boolean> = {
  toCbor: boolean,
  fromCbor: boolean,
  write: (value, sink) => sink.bool(boolean(value)),
  read: (cursor) => cursor.bool(),
  toJson: boolean,
  fromJson: boolean,
  schema: { type: 'boolean' },
  cddl: plain('bool'),
}

function sized(item: unknown, min: number, max: number): Uint8Array {
  if (!(item instanceof Uint8Array)) refuse('expected a byte string')
  requireSize(item.length, min, max)
  return item
}

function requireSize(size: number, min: number, max: number): void {
  if (size >= min && size <= max) return
  refuse(min === max ? `expected ${min} bytes` : `expected ${min} to ${max} bytes`)
}

function hexSchema(min: number, max: number): JsonValue {
  return { type: 'string', pattern: `^0x([0-9a-f]{2}){${min === max ? min : `${min},${max}`}}$` }
}

function bytesCddl(min: number, max: number): Cddl {
  return plain(min === max ? `bytes .size ${min}` : `bytes .size (${min}..${max})`)
}

/** A byte string of `min` to `max` bytes, kept as bytes: proofs, points, ciphertexts. */
export function bytes(min: number, max: number = min): Codec<Uint8Array> {
  return {
    toCbor: (value) => sized(value, min, max),
    fromCbor: (item) => sized(item, min, max),
    write: (value, sink) => sink.bytes(sized(value, min, max)),
    read: (cursor) => cursor.bytes(min, max),
    toJson: toHex,
    fromJson: (json) => {
      const value = typeof json === 'string' ? tryHex(json) : undefined
      return sized(value ?? refuseHex(), min, max)
    },
    schema: hexSchema(min, max),
    cddl: bytesCddl(min, max),
  }
}

/**
 * As `bytes`, but what is decoded lies in the memory that it was decoded from: for what is read at once, or lives as long as
 * the whole.
 */
export function view(min: number, max: number): Codec<Uint8Array> {
  return { ...bytes(min, max), read: (cursor) => cursor.view(min, max) }
}

/** A byte string of `min` to `max` bytes, kept as hexadecimal: identifiers, keys, digests. */
export function hex<T extends Hex = Hex>(min: number, max: number = min): Codec<T> {
  const check = (value: unknown): T => {
    requireHex(value)
    requireSize((value.length - 2) / 2, min, max)
    return value as T
  }
  return {
    toCbor: (value) => fromHex(check(value)),
    fromCbor: (item) => toHex(sized(item, min, max)) as T,
    write: (value, sink) =>
      typeof value === 'string' ? sink.hex(value, min, max) : leaveToLibrary(),
    read: (cursor) => cursor.hex(min, max) as T,
    toJson: check,
    fromJson: check,
    schema: hexSchema(min, max),
    cddl: bytesCddl(min, max),
  }
}

/** As `hex` of 32 bytes, for what is nearly always what was read before, such as the chain. */
export function steadyHex<T extends Hex = Hex>(): Codec<T> {
  const codec = hex<T>(32)
  let known: KnownHex = { bytes: new Uint8Array(32), text: toHex(new Uint8Array(32)) }
  return {
    ...codec,
    read: (cursor) => {
      const text = cursor.knownHex(known)
      if (text !== known.text) known = { bytes: fromHex(text), text }
      return text as T
    },
  }
}

/** Decoders take a byte order mark in front for no part of the text, so it would not come back. */
const forbidden = /\p{Cc}|\p{Cs}|^\ufeff/u
/** What nearly all text is, and nothing forbidden: quick to see. */
const printable = /^[\x20-\x7e]*$/

/** Text of `min` to `max` UTF-16 units without control characters, lone surrogates or a byte order mark in front. */
export function text(max: number, min = 0, pattern?: RegExp): Codec<string> {
  const check = (value: unknown): string => {
    if (typeof value !== 'string') refuse('expected text')
    if (value.length < min || value.length > max)
      refuse(`expected text of ${min} to ${max} characters`)
    if (!printable.test(value) && forbidden.test(value))
      refuse('control characters and a byte order mark in front are not allowed')
    if (pattern !== undefined && !pattern.test(value))
      refuse(`expected text of the form ${pattern.source}`)
    return value
  }
  return {
    toCbor: check,
    fromCbor: check,
    write: (value, sink) => sink.text(check(value)),
    read: (cursor) => check(cursor.text()),
    toJson: check,
    fromJson: check,
    schema: {
      type: 'string',
      minLength: min,
      maxLength: max,
      ...(pattern === undefined ? {} : { pattern: pattern.source }),
    },
    cddl: plain(`tstr .size (0..${4 * max})`),
  }
}

/** One word of a fixed list; each word has a written, frozen number on the wire. */
export function oneOf<const Word extends string>(
  words: Readonly<Record<Word, number>>,
): Codec<Word> {
  const names = Object.keys(words) as Word[]
  const byNumber = new Map<unknown, Word>(names.map((name) => [words[name], name]))
  const known = new Set<unknown>(names)
  const check = (value: unknown): Word => {
    if (!known.has(value)) refuse(`expected one of ${names.join(', ')}`)
    return value as Word
  }
  return {
    toCbor: (value) => words[check(value)],
    fromCbor: (item: CborValue) =>
      byNumber.get(item) ?? refuse(`expected one of ${[...byNumber.keys()].join(', ')}`),
    write: (value, sink) => sink.uint(words[check(value)]),
    read: (cursor) => byNumber.get(cursor.uint()) ?? leaveToLibrary(),
    toJson: check,
    fromJson: check,
    schema: { enum: names },
    cddl: plain(`&( ${names.map((name) => `${name}: ${words[name]}`).join(', ')} )`),
  }
}

/** Exactly this number, such as a version. */
export function constant<const N extends number>(number: N): Codec<N> {
  const check = (value: unknown): N => {
    if (value !== number) refuse(`expected ${number}`)
    return number
  }
  return {
    toCbor: check,
    fromCbor: check,
    write: (value, sink) => sink.uint(check(value)),
    read: (cursor) => check(cursor.uint()),
    toJson: check,
    fromJson: check,
    schema: { const: number },
    cddl: plain(`${number}`),
  }
}

/** A 32-byte identifier, key or digest as hexadecimal. */
export const id32: Codec<Hex> = hex(32)

/** Whether `value` is a 32-byte identifier. */
export function isId32(value: unknown): value is Hex {
  return isHex(value, 32)
}
