// Where CBOR is written: one room that grows, from which each finished encoding is taken.
import { putHex } from './bytes.ts'
import { type Item, leaveToLibrary, TEXT_MAX } from './cbor.ts'

const safeMax = BigInt(Number.MAX_SAFE_INTEGER)
const u64Max = 2n ** 64n - 1n

/** Copying byte by byte is quicker up to here. */
const shortMax = 256

function newRoom(size: number): Uint8Array {
  return new Uint8Array(size)
}

/** A sink that once held more than this does not keep the room. */
const keptMax = 1 << 20

/** Encodings are written behind each other and taken from the end, so that one can begin within another. */
export class Sink {
  #room = new Uint8Array(4_096)
  #end = 0

  /** Where the next item goes. */
  get end(): number {
    return this.#end
  }

  /** A copy of all since `start`, which is gone from here; it fills what `makeRoom` makes. */
  take(start: number, makeRoom = newRoom): Uint8Array {
    const size = this.#end - start
    const taken = makeRoom(size)
    if (size > shortMax) taken.set(this.#room.subarray(start, this.#end))
    else
      for (let place = 0; place < size; place++) taken[place] = this.#room[start + place] as number
    this.drop(start)
    return taken
  }

  drop(start: number): void {
    this.#end = start
    if (start === 0 && this.#room.length > keptMax) this.#room = new Uint8Array(4_096)
  }

  /** Answers where so many bytes go. */
  #grow(size: number): number {
    const start = this.#end
    this.#end += size
    if (this.#end <= this.#room.length) return start
    const larger = new Uint8Array(Math.max(this.#end, 2 * this.#room.length))
    larger.set(this.#room.subarray(0, start))
    this.#room = larger
    return start
  }

  #head(major: number, count: number): void {
    const type = major << 5
    if (count < 24) {
      const at = this.#grow(1)
      this.#room[at] = type | count
    } else if (count < 256) {
      const at = this.#grow(2)
      this.#room[at] = type | 24
      this.#room[at + 1] = count
    } else if (count < 65_536) {
      const at = this.#grow(3)
      this.#room[at] = type | 25
      this.#room[at + 1] = count >>> 8
      this.#room[at + 2] = count
    } else {
      const isLong = count >= 2 ** 32
      const at = this.#grow(1)
      this.#room[at] = type | (isLong ? 27 : 26)
      if (isLong) this.#word(Math.floor(count / 2 ** 32))
      this.#word(count % 2 ** 32)
    }
  }

  #word(word: number): void {
    const at = this.#grow(4)
    this.#room[at] = word >>> 24
    this.#room[at + 1] = word >>> 16
    this.#room[at + 2] = word >>> 8
    this.#room[at + 3] = word
  }

  /** Leaves so many bytes to whoever takes the encoding. */
  room(size: number): void {
    const at = this.#grow(size)
    this.#room.fill(0, at, at + size)
  }

  uint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) leaveToLibrary()
    this.#head(0, value)
  }

  /** Up to 2^64 - 1. */
  bigUint(value: bigint): void {
    if (value < 0n || value > u64Max) leaveToLibrary()
    if (value <= safeMax) this.#head(0, Number(value))
    else {
      const at = this.#grow(1)
      this.#room[at] = 27
      this.#word(Number(value >> 32n))
      this.#word(Number(value & 0xffff_ffffn))
    }
  }

  bytes(value: Uint8Array): void {
    this.#head(2, value.length)
    const at = this.#grow(value.length)
    this.#room.set(value, at)
  }

  /** A byte string of `min` to `max` bytes that is kept as lower-case hexadecimal with 0x in front. */
  hex(value: string, min: number, max: number): void {
    const size = value.length / 2 - 1
    if (!Number.isInteger(size) || size < min || size > max) leaveToLibrary()
    this.#head(2, size)
    const at = this.#grow(size)
    if (!value.startsWith('0x') || !putHex(value, this.#room, at)) leaveToLibrary()
  }

  /** Short text in printable ASCII. */
  text(value: string): void {
    if (value.length > TEXT_MAX) leaveToLibrary()
    this.#head(3, value.length)
    const at = this.#grow(value.length)
    for (let place = 0; place < value.length; place++) {
      const code = value.charCodeAt(place)
      if (code < 0x20 || code > 0x7e) leaveToLibrary()
      this.#room[at + place] = code
    }
  }

  null(): void {
    const at = this.#grow(1)
    this.#room[at] = 0xf6
  }

  bool(value: boolean): void {
    const at = this.#grow(1)
    this.#room[at] = value ? 0xf5 : 0xf4
  }

  /** The head of an array; its items are to follow. */
  array(count: number): void {
    this.#head(4, count)
  }

  /** An item that is encoded already. */
  encoded(item: Uint8Array): void {
    const at = this.#grow(item.length)
    this.#room.set(item, at)
  }

  item(value: Item): void {
    if (value instanceof Uint8Array) this.bytes(value)
    else if (typeof value === 'number') this.uint(value)
    else if (typeof value === 'string') this.text(value)
    else if (typeof value === 'bigint') this.bigUint(value)
    else if (typeof value === 'boolean') this.bool(value)
    else if (value === null) this.null()
    else if (Array.isArray(value)) {
      this.array(value.length)
      for (const one of value) this.item(one)
    } else leaveToLibrary()
  }
}
