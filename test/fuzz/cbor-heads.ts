// Where the items of an encoded CBOR value begin: the places at which a mutation can lie about lengths and counts.

export type Head = {
  readonly at: number
  readonly major: number
  /** Bytes of the head itself. */
  readonly size: number
  readonly value: number
  /** Where the item ends, its own items included. */
  readonly end: number
}

const sizes: Readonly<Record<number, number>> = { 24: 1, 25: 2, 26: 4, 27: 8 }

function read(bytes: Uint8Array, at: number, heads: Head[]): number {
  const first = bytes[at] ?? 0
  const more = sizes[first & 31] ?? 0
  let value = more === 0 ? first & 31 : 0
  for (let i = 1; i <= more; i++) value = value * 256 + (bytes[at + i] ?? 0)
  const place = heads.length
  const head = { at, major: first >> 5, size: 1 + more, value, end: at + 1 + more }
  heads.push(head)
  if (head.major === 2 || head.major === 3) head.end += value
  if (head.major === 4) {
    for (let item = 0; item < value; item++) head.end = read(bytes, head.end, heads)
  }
  heads[place] = head
  return head.end
}

/** Of bytes that are well formed. */
export function headsOf(bytes: Uint8Array): readonly Head[] {
  const heads: Head[] = []
  if (bytes.length > 0) read(bytes, 0, heads)
  return heads
}

/** A head of exactly so many bytes more, minimal or not. */
export function writeHead(major: number, value: number, more: number): Uint8Array {
  const head = new Uint8Array(1 + more)
  head[0] = (major << 5) | (more === 0 ? value : 23 + [1, 2, 4, 8].indexOf(more) + 1)
  let rest = value
  for (let i = more; i >= 1; i--) {
    head[i] = rest % 256
    rest = Math.floor(rest / 256)
  }
  return head
}

/** How many bytes the minimal head of a value has besides the first. */
export function minimalMore(value: number): number {
  if (value < 24) return 0
  if (value < 2 ** 8) return 1
  if (value < 2 ** 16) return 2
  return value < 2 ** 32 ? 4 : 8
}
