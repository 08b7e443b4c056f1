// The quick way through CBOR: the plain cases of what is used here, several times faster than the library that knows them all.

type PlainValue = number | bigint | string | boolean | null | Uint8Array | readonly PlainValue[]

/** Not a plain case, or not CBOR at all: the library has the last word, and the words to say why. */
export const NOT_PLAIN: unique symbol = Symbol('not plain')

const textMax = 64
const safeMax = BigInt(Number.MAX_SAFE_INTEGER)

class NotPlain extends Error {}
const notPlain = new NotPlain()

/** Reads one value; every spelling that it takes is the only one of its value. */
class PlainReader {
  readonly #data: Uint8Array
  readonly #nestingMax: number
  #at = 0

  constructor(data: Uint8Array, nestingMax: number) {
    this.#data = data
    this.#nestingMax = nestingMax
  }

  isAtEnd(): boolean {
    return this.#at === this.#data.length
  }

  #byte(): number {
    const byte = this.#data[this.#at]
    if (byte === undefined) throw notPlain
    this.#at += 1
    return byte
  }

  /** A number or length in as few bytes as can be. */
  #count(info: number): number {
    if (info < 24) return info
    const low = this.#byte()
    if (info === 24 && low >= 24) return low
    if (info !== 25 && info !== 26) throw notPlain
    const half = low * 256 + this.#byte()
    if (info === 25) {
      if (half < 256) throw notPlain
      return half
    }
    const whole = half * 65_536 + this.#byte() * 256 + this.#byte()
    if (whole < 65_536) throw notPlain
    return whole
  }

  #uint(info: number): number {
    if (info !== 27) return this.#count(info)
    let high = 0
    for (let place = 0; place < 4; place++) high = high * 256 + this.#byte()
    let low = 0
    for (let place = 0; place < 4; place++) low = low * 256 + this.#byte()
    // From 2^53 on it is a bigint.
    if (high === 0 || high > 0x1fffff) throw notPlain
    return high * 2 ** 32 + low
  }

  #bytes(length: number): Uint8Array {
    const end = this.#at + length
    if (end > this.#data.length) throw notPlain
    const copy = new Uint8Array(length)
    if (length > textMax) copy.set(this.#data.subarray(this.#at, end))
    else
      for (let place = 0; place < length; place++) copy[place] = this.#data[this.#at + place] ?? 0
    this.#at = end
    return copy
  }

  #text(length: number): string {
    if (length > textMax) throw notPlain
    let text = ''
    for (let place = 0; place < length; place++) {
      const byte = this.#byte()
      if (byte > 0x7f) throw notPlain
      text += String.fromCharCode(byte)
    }
    return text
  }

  value(depth: number): PlainValue {
    const head = this.#byte()
    const info = head & 31
    switch (head >>> 5) {
      case 0:
        return this.#uint(info)
      case 2:
        return this.#bytes(this.#count(info))
      case 3:
        return this.#text(this.#count(info))
      case 4:
        return this.#array(this.#count(info), depth)
      default:
        if (head === 0xf6) return null
        if (head === 0xf4) return false
        if (head === 0xf5) return true
        throw notPlain
    }
  }

  #array(count: number, depth: number): readonly PlainValue[] {
    // Each item takes a byte at least: nobody makes room for more than was sent.
    if (count > this.#data.length - this.#at) throw notPlain
    if (count > 0 && depth === this.#nestingMax) throw notPlain
    const items: PlainValue[] = []
    for (let place = 0; place < count; place++) items.push(this.value(depth + 1))
    return items
  }
}

export function readPlain(data: Uint8Array, nestingMax: number): PlainValue | typeof NOT_PLAIN {
  const reader = new PlainReader(data, nestingMax)
  try {
    const value = reader.value(0)
    return reader.isAtEnd() ? value : NOT_PLAIN
  } catch (error) {
    if (error === notPlain) return NOT_PLAIN
    throw error
  }
}

/** What is being written; it grows with the largest value so far, up to this size. */
let draft = new Uint8Array(4_096)
const draftMax = 1 << 20

function makeRoom(end: number): void {
  if (end <= draft.length) return
  if (end > draftMax) throw notPlain
  const larger = new Uint8Array(Math.max(end, 2 * draft.length))
  larger.set(draft)
  draft = larger
}

/** The head of an item; answers where its content goes. */
function writeHead(major: number, count: number, at: number): number {
  makeRoom(at + 9)
  const type = major << 5
  if (count < 24) {
    draft[at] = type | count
    return at + 1
  }
  if (count < 256) {
    draft[at] = type | 24
    draft[at + 1] = count
    return at + 2
  }
  if (count < 65_536) {
    draft[at] = type | 25
    draft[at + 1] = count >>> 8
    draft[at + 2] = count
    return at + 3
  }
  const isLong = count >= 2 ** 32
  let next = at + 1
  draft[at] = type | (isLong ? 27 : 26)
  if (isLong) next = writeWord(Math.floor(count / 2 ** 32), next)
  return writeWord(count % 2 ** 32, next)
}

function writeWord(word: number, at: number): number {
  draft[at] = word >>> 24
  draft[at + 1] = word >>> 16
  draft[at + 2] = word >>> 8
  draft[at + 3] = word
  return at + 4
}

function writeText(text: string, at: number): number {
  if (text.length > textMax) throw notPlain
  const start = writeHead(3, text.length, at)
  makeRoom(start + text.length)
  for (let place = 0; place < text.length; place++) {
    const code = text.charCodeAt(place)
    if (code > 0x7f) throw notPlain
    draft[start + place] = code
  }
  return start + text.length
}

function writeItem(item: PlainValue, at: number): number {
  if (item instanceof Uint8Array) {
    const start = writeHead(2, item.length, at)
    makeRoom(start + item.length)
    draft.set(item, start)
    return start + item.length
  }
  if (typeof item === 'number') {
    if (!Number.isSafeInteger(item) || item < 0) throw notPlain
    return writeHead(0, item, at)
  }
  if (typeof item === 'bigint') {
    if (item < 0n || item > safeMax) throw notPlain
    return writeHead(0, Number(item), at)
  }
  if (typeof item === 'string') return writeText(item, at)
  if (Array.isArray(item)) {
    let next = writeHead(4, item.length, at)
    for (const one of item) next = writeItem(one, next)
    return next
  }
  if (item === null || typeof item === 'boolean') {
    makeRoom(at + 1)
    draft[at] = item === null ? 0xf6 : item ? 0xf5 : 0xf4
    return at + 1
  }
  throw notPlain
}

export function writePlain(item: PlainValue): Uint8Array | typeof NOT_PLAIN {
  try {
    // Not in one expression: writing may replace the draft.
    const end = writeItem(item, 0)
    return draft.slice(0, end)
  } catch (error) {
    if (error === notPlain) return NOT_PLAIN
    throw error
  }
}
