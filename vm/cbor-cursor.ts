// Where CBOR is read from: a place in received bytes that moves on, item by item.
import { sliceToAscii, sliceToHex } from './bytes.ts'
import { type Item, leaveToLibrary, TEXT_MAX } from './cbor.ts'
import type { Hex } from './types.ts'

/** Arrays within arrays of an untyped item. Codecs nest less than the rest that is allowed, so none of these is too deep. */
const itemNestingMax = 16

/** Copying byte by byte is quicker up to here. */
const shortMax = 64

/** Bytes and what they are as hexadecimal. */
export type KnownHex = { readonly bytes: Uint8Array; readonly text: Hex }

/** Reads one item after the other; every spelling that it takes is the only one of its value. */
export class Cursor {
  readonly #data: Uint8Array
  #at = 0

  constructor(data: Uint8Array) {
    this.#data = data
  }

  isAtEnd(): boolean {
    return this.#at === this.#data.length
  }

  #byte(): number {
    return this.#data[this.#at++] ?? leaveToLibrary()
  }

  /** The number in the head of an item of this kind, spelled in as few bytes as can be. */
  #head(major: number): number {
    const info = this.#byte() ^ (major << 5)
    return info < 24 ? info : this.#long(info)
  }

  /** What is no info at all, since the item is of another kind, ends here too. */
  #long(info: number): number {
    if (info === 24) return atLeast(24, this.#byte())
    if (info === 25) return atLeast(256, this.#byte() * 256 + this.#byte())
    if (info === 26) return atLeast(65_536, this.#word())
    if (info !== 27) leaveToLibrary()
    const high = this.#word()
    // From 2^53 on it is a bigint.
    if (high === 0 || high > 0x1fffff) leaveToLibrary()
    return high * 2 ** 32 + this.#word()
  }

  #word(): number {
    const high = this.#byte() * 256 + this.#byte()
    return high * 65_536 + this.#byte() * 256 + this.#byte()
  }

  /** Skips so many bytes; answers where they begin. */
  #skip(size: number): number {
    const start = this.#at
    this.#at += size
    if (this.#at > this.#data.length) leaveToLibrary()
    return start
  }

  /** Below 2^53. */
  uint(): number {
    return this.#head(0)
  }

  /** Up to 2^64 - 1. */
  bigUint(): bigint {
    return this.#isBeyondNumbers() ? this.#bigUint() : BigInt(this.#head(0))
  }

  /** Whether an integer from 2^53 on is next. */
  #isBeyondNumbers(): boolean {
    const at = this.#at
    return this.#data[at] === 27 && (this.#data[at + 1] !== 0 || (this.#data[at + 2] ?? 0) >= 0x20)
  }

  #bigUint(): bigint {
    this.#at += 1
    const high = this.#word()
    return (BigInt(high) << 32n) | BigInt(this.#word())
  }

  /** A copy of a byte string of `min` to `max` bytes. */
  bytes(min = 0, max: number = Number.MAX_SAFE_INTEGER): Uint8Array {
    const size = this.#head(2)
    if (size < min || size > max) leaveToLibrary()
    const start = this.#skip(size)
    const copy = new Uint8Array(size)
    if (size > shortMax) copy.set(this.#data.subarray(start, start + size))
    else for (let place = 0; place < size; place++) copy[place] = this.#data[start + place] ?? 0
    return copy
  }

  /** A byte string of `min` to `max` bytes, in the memory that is read from. */
  view(min: number, max: number): Uint8Array {
    const size = this.#head(2)
    if (size < min || size > max) leaveToLibrary()
    const start = this.#skip(size)
    return new Uint8Array(this.#data.buffer, this.#data.byteOffset + start, size)
  }

  /** A byte string of `min` to `max` bytes, as hexadecimal. */
  hex(min: number, max: number): Hex {
    const size = this.#head(2)
    if (size < min || size > max) leaveToLibrary()
    const start = this.#skip(size)
    return sliceToHex(this.#data, start, this.#at)
  }

  /** A byte string as `hex` reads it; the text of `known` if it is these bytes, so that it need not be made anew. */
  knownHex(known: KnownHex): Hex {
    const { bytes } = known
    const size = this.#head(2)
    if (size !== bytes.length) leaveToLibrary()
    const start = this.#skip(size)
    for (let place = 0; place < size; place++)
      if (bytes[place] !== this.#data[start + place]) return sliceToHex(this.#data, start, this.#at)
    return known.text
  }

  /** Short text in printable ASCII. */
  text(): string {
    const size = this.#head(3)
    if (size > TEXT_MAX) leaveToLibrary()
    const start = this.#skip(size)
    return sliceToAscii(this.#data, start, this.#at) ?? leaveToLibrary()
  }

  bool(): boolean {
    const byte = this.#byte()
    if (byte !== 0xf4 && byte !== 0xf5) leaveToLibrary()
    return byte === 0xf5
  }

  /** Whether the next item is null, which is then behind. */
  skipNull(): boolean {
    const isNull = this.#data[this.#at] === 0xf6
    if (isNull) this.#at += 1
    return isNull
  }

  /** How many items of an array follow: not more than bytes are left, since nobody makes room for more than was sent. */
  array(): number {
    const count = this.#head(4)
    if (count > this.#data.length - this.#at) leaveToLibrary()
    return count
  }

  /** One item of any kind as its encoding, in the memory that is read from. */
  encoded(): Uint8Array {
    const start = this.#at
    this.#skipItem(0)
    return new Uint8Array(this.#data.buffer, this.#data.byteOffset + start, this.#at - start)
  }

  /** Takes and leaves what `item` does. */
  #skipItem(depth: number): void {
    switch ((this.#data[this.#at] ?? 0xff) >>> 5) {
      case 0:
        if (this.#isBeyondNumbers()) this.#skip(9)
        else this.#head(0)
        break
      case 2:
        this.#skip(this.#head(2))
        break
      case 3:
        this.#skipText()
        break
      case 4: {
        const count = this.array()
        if (depth === itemNestingMax) leaveToLibrary()
        for (let place = 0; place < count; place++) this.#skipItem(depth + 1)
        break
      }
      default:
        if (!this.skipNull()) this.bool()
    }
  }

  #skipText(): void {
    const size = this.#head(3)
    if (size > TEXT_MAX) leaveToLibrary()
    for (let at = this.#skip(size); at < this.#at; at++) {
      const code = this.#data[at] ?? 0
      if (code < 0x20 || code > 0x7e) leaveToLibrary()
    }
  }

  item(depth = 0): Item {
    switch ((this.#data[this.#at] ?? 0xff) >>> 5) {
      case 0:
        return this.#isBeyondNumbers() ? this.#bigUint() : this.#head(0)
      case 2:
        return this.bytes()
      case 3:
        return this.text()
      case 4:
        return this.#items(depth)
      default:
        return this.skipNull() ? null : this.bool()
    }
  }

  #items(depth: number): readonly Item[] {
    const count = this.array()
    if (depth === itemNestingMax) leaveToLibrary()
    const items: Item[] = []
    for (let place = 0; place < count; place++) items.push(this.item(depth + 1))
    return items
  }
}

function atLeast(min: number, value: number): number {
  return value < min ? leaveToLibrary() : value
}
