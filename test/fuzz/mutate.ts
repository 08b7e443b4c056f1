// What is done to bytes: small changes anywhere, and at the heads of CBOR items lies about lengths, counts and nesting.
import { concat } from '../../vm/bytes.ts'
import type { Random } from '../sim/random.ts'
import { type Head, headsOf, minimalMore, writeHead } from './cbor-heads.ts'

/** Bytes with the heads of their items, which are looked for once. */
export type Specimen = { readonly bytes: Uint8Array; readonly heads: () => readonly Head[] }

export function specimen(bytes: Uint8Array): Specimen {
  let heads: readonly Head[] | undefined
  return {
    bytes,
    heads: () => {
      heads ??= headsOf(bytes)
      return heads
    },
  }
}

/** `bytes` with `part` in place of what stands from `at` to `end`. */
function replaced(bytes: Uint8Array, [at, end]: readonly [number, number], part: Uint8Array) {
  const result = new Uint8Array(bytes.length - (end - at) + part.length)
  result.set(bytes.subarray(0, at))
  result.set(part, at)
  result.set(bytes.subarray(end), at + part.length)
  return result
}

function noise(random: Random, size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  for (let i = 0; i < size; i++) bytes[i] = random.below(256)
  return bytes
}

type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array

const edges = [0, 1, 0x17, 0x18, 0x1b, 0x20, 0x40, 0x60, 0x7f, 0x80, 0x9f, 0xc0, 0xf4, 0xf6, 0xff]

function span(bytes: Uint8Array, random: Random): [number, number] {
  const at = random.below(bytes.length + 1)
  return [at, Math.min(bytes.length, at + random.below(1 + (random.chance(0.1) ? 64 : 6)))]
}

export const anywhere: readonly Mutation[] = [
  (bytes, random) => {
    const copy = Uint8Array.from(bytes)
    const at = random.below(copy.length)
    if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8))
    return copy
  },
  (bytes, random) => {
    const copy = Uint8Array.from(bytes)
    if (copy.length > 0) copy[random.below(copy.length)] = random.pick(edges)
    return copy
  },
  (bytes, random) => {
    const copy = Uint8Array.from(bytes)
    const at = random.below(copy.length)
    if (copy.length > 0) copy[at] = (copy[at] ?? 0) + (random.chance(0.5) ? 1 : 255)
    return copy
  },
  (bytes, random) => {
    const at = random.below(bytes.length + 1)
    return replaced(bytes, [at, at], noise(random, 1 + random.below(4)))
  },
  (bytes, random) => replaced(bytes, span(bytes, random), new Uint8Array()),
  (bytes, random) => bytes.slice(0, random.below(bytes.length + 1)),
  (bytes, random) => concat(bytes, noise(random, 1 + random.below(4))),
  (bytes, random) => {
    const part = bytes.slice(...span(bytes, random))
    const at = random.below(bytes.length + 1)
    return replaced(bytes, [at, at], part)
  },
  (bytes, random) => {
    const [at, end] = span(bytes, random)
    return replaced(bytes, [at, end], new Uint8Array(end - at).fill(random.pick(edges)))
  },
]

const hugeCounts = [255, 65_535, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 63]

type HeadMutation = (bytes: Uint8Array, head: Head, random: Random) => Uint8Array

/** Changes that keep the rest well formed, so that decoding gets as far as the lie. */
const atHeads: readonly HeadMutation[] = [
  // The same value in a longer head.
  (bytes, { at, size, major, value }, random) => {
    const longer = [1, 2, 4, 8].filter((more) => more > minimalMore(value))
    if (longer.length === 0 || major > 4) return bytes
    return replaced(bytes, [at, at + size], writeHead(major, value, random.pick(longer)))
  },
  // Another length or count than there is.
  (bytes, { at, size, major, value }, random) => {
    const other = random.chance(0.4) ? random.pick(hugeCounts) : value + random.between(-2, 2)
    if (other < 0 || major > 4) return bytes
    return replaced(bytes, [at, at + size], writeHead(major, other, minimalMore(other)))
  },
  // The item twice, once more, or not at all; the count around it stays.
  (bytes, { at, end }) => replaced(bytes, [at, at], bytes.slice(at, end)),
  (bytes, { at, end }) => replaced(bytes, [at, end], new Uint8Array()),
  // Deeper.
  (bytes, { at }, random) => {
    const depth = random.chance(0.2) ? random.pick([63, 64, 65, 1_000, 7_000]) : 1 + random.below(3)
    return replaced(bytes, [at, at], new Uint8Array(depth).fill(0x81))
  },
  // Something else of good form in its place.
  (bytes, { at, end }, random) => replaced(bytes, [at, end], random.pick(odd)),
]

const odd: readonly Uint8Array[] = [
  [0xf6],
  [0xf4],
  [0xf5],
  [0xf7],
  [0x80],
  [0x40],
  [0x60],
  [0x00],
  [0x20],
  [0xa0],
  [0xc1, 0x00],
  [0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x1b, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00],
  [0xfb, 0x3f, 0xf0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00],
  [0x63, 0xef, 0xbb, 0xbf],
  [0x62, 0xc3, 0xa9],
  [0x62, 0xc3, 0x28],
  [0x63, 0xed, 0xa0, 0x80],
  [0x9f, 0xff],
  [0x5f, 0x41, 0x00, 0xff],
].map((bytes) => Uint8Array.from(bytes))

/** One change at a head, or another item of the same kind from `other` in place of one. */
export function changeItem(one: Specimen, other: Specimen, random: Random): Uint8Array {
  const head = random.pick(one.heads())
  if (random.chance(0.75)) return random.pick(atHeads)(one.bytes, head, random)
  const alike = other.heads().filter(({ major }) => major === head.major)
  if (alike.length === 0) return one.bytes
  const { at, end } = random.pick(alike)
  return replaced(one.bytes, [head.at, head.end], other.bytes.slice(at, end))
}

/** The beginning of one and the end of the other. */
export function splice(one: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const [left, right] = [random.below(one.length + 1), random.below(other.length + 1)]
  return concat(one.subarray(0, left), other.subarray(right))
}

export function anyBytes(random: Random): Uint8Array {
  const bytes = noise(random, random.below(random.chance(0.1) ? 400 : 40))
  // Most of the 256 first bytes begin nothing; small arrays lead further.
  if (random.chance(0.5) && bytes.length > 0) bytes[0] = 0x81 + random.below(12)
  return bytes
}
