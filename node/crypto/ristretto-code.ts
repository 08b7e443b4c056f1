// Ristretto encodings over the WebAssembly code of edwards25519: points in its memory from canonical bytes and back (RFC 9496).
import { createEdwardsCode, type EdwardsCode, FREE_FROM } from './edwards-code.ts'
import { ELEMENT } from './field-code.ts'

const PRIME = 2n ** 255n - 19n
const D = 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n
const SQRT_M1 = 0x2b8324804fc1df0b2b4d00993dfbd7a72f431806ad2fe478c4ee1b274a0ea0b0n
const INVERSE_SQRT_A_MINUS_D = 0x786c8905cfaffca216c27b91fe01d8409d2f16175a4172be99c8fdaa805d40ean

const PAGE = 65_536

/** The code with one memory that grows; addresses below `freeFrom` are taken. */
export type RistrettoCode = {
  readonly code: EdwardsCode
  readonly freeFrom: number
  /** 2·d of the curve. */
  readonly doubleD: number
  /** Makes room up to that address; views that were asked for before are void. */
  readonly reserve: (end: number) => void
  readonly words: () => Int32Array
  readonly copy: (to: number, from: number, size: number) => void
  /** Point at that address; false for what is no canonical encoding, and the memory there is void. */
  readonly decode: (point: number, encoding: Uint8Array) => boolean
  /** The encoding of a point whose coordinates, T included, are there. */
  readonly encode: (point: number) => Uint8Array
  readonly setIdentity: (point: number) => void
  /** to = 1/from; of zero it is zero. */
  readonly invert: (to: number, from: number) => void
}

/** to = from^((p - 5)/8) = from^(2^252 - 3), the chain of ref10; three elements of scratch. */
function createPower(code: EdwardsCode, [a, b, c]: readonly [number, number, number]) {
  const { multiply, square, squareTimes } = code
  return (to: number, from: number): void => {
    square(a, from)
    squareTimes(b, a, 2)
    multiply(b, from, b)
    multiply(a, a, b)
    square(a, a)
    // 2^5 - 1, and then twice as many ones each time.
    multiply(a, b, a)
    squareTimes(b, a, 5)
    multiply(a, b, a)
    squareTimes(b, a, 10)
    multiply(b, b, a)
    squareTimes(c, b, 20)
    multiply(b, c, b)
    squareTimes(b, b, 10)
    multiply(a, b, a)
    squareTimes(b, a, 50)
    multiply(b, b, a)
    squareTimes(c, b, 100)
    multiply(b, c, b)
    squareTimes(b, b, 50)
    multiply(a, b, a)
    squareTimes(a, a, 2)
    multiply(to, a, from)
  }
}

/** Hands out the memory above the scratch of the code. */
function createPlaces() {
  let end = Math.ceil(FREE_FROM / 8) * 8
  const take = (size = ELEMENT) => {
    const address = end
    end += Math.ceil(size / 8) * 8
    return address
  }
  return { take, end: () => end }
}

export function createRistrettoCode(): RistrettoCode {
  const code = createEdwardsCode(1)
  const { multiply, square, add, subtract, fromBytes, toBytes } = code
  const places = createPlaces()
  const { take } = places
  const wire = take(32)
  const other = take(32)
  let bytes = new Uint8Array(code.memory.buffer)
  let words = new Int32Array(code.memory.buffer)

  const constant = (value: bigint): number => {
    const address = take()
    for (let i = 0; i < 32; i++) bytes[wire + i] = Number((value >> BigInt(8 * i)) & 0xffn)
    fromBytes(address, wire)
    return address
  }
  const [zero, one, minusOne, d, doubleD, i, minusI, invertedRoot] = [
    ...[0n, 1n, PRIME - 1n, D, (2n * D) % PRIME],
    ...[SQRT_M1, PRIME - SQRT_M1, INVERSE_SQRT_A_MINUS_D],
  ].map(constant) as [number, number, number, number, number, number, number, number]
  const scratch = () => [take(), take(), take()] as const
  const power = createPower(code, scratch())
  const [s, t, u] = scratch()

  const copy = (to: number, from: number, size: number): void => {
    bytes.copyWithin(to, from, from + size)
  }
  const isSame = (left: number, right: number): boolean => {
    toBytes(wire, left)
    toBytes(other, right)
    for (let at = 0; at < 8; at++) if (words[wire / 4 + at] !== words[other / 4 + at]) return false
    return true
  }
  const isNegative = (element: number): boolean => {
    toBytes(wire, element)
    return ((bytes[wire] ?? 0) & 1) === 1
  }
  const makePositive = (element: number): void => {
    if (isNegative(element)) subtract(element, zero, element)
  }
  /** to = ±1/√from, the one that is not negative; false if there is none. */
  const inverseRoot = (to: number, from: number): boolean => {
    square(s, from)
    multiply(s, s, from)
    square(t, s)
    multiply(t, t, from)
    power(t, t)
    multiply(to, s, t)
    square(s, to)
    multiply(s, s, from)
    const isFlipped = isSame(s, minusOne)
    if (isFlipped || isSame(s, minusI)) multiply(to, to, i)
    const isRoot = isFlipped || isSame(s, one)
    makePositive(to)
    return isRoot
  }
  const invert = (to: number, from: number): void => {
    power(t, from)
    code.squareTimes(t, t, 3)
    square(s, from)
    multiply(s, s, from)
    multiply(to, s, t)
  }

  const [a, b, c] = scratch()
  const [root, denominator, root2] = scratch()
  const decode = (point: number, encoding: Uint8Array): boolean => {
    const [x, y, z, xy] = [
      point,
      point + ELEMENT,
      point + 2 * ELEMENT,
      point + 3 * ELEMENT,
    ] as const
    if (encoding.length !== 32) return false
    bytes.set(encoding, wire)
    fromBytes(x, wire)
    toBytes(wire, x)
    if (((encoding[0] ?? 0) & 1) === 1) return false
    for (let at = 0; at < 32; at++) if (bytes[wire + at] !== encoding[at]) return false
    square(a, x)
    add(b, one, a)
    subtract(a, one, a)
    square(c, b)
    square(y, a)
    multiply(y, y, d)
    subtract(y, zero, y)
    subtract(y, y, c)
    multiply(z, y, c)
    const isRoot = inverseRoot(root, z)
    multiply(denominator, root, b)
    multiply(root2, root, denominator)
    multiply(root2, root2, y)
    multiply(x, x, denominator)
    add(u, x, x)
    copy(x, u, ELEMENT)
    multiply(x, x, one)
    makePositive(x)
    multiply(y, a, root2)
    copy(z, one, ELEMENT)
    multiply(xy, x, y)
    return isRoot && !isNegative(xy) && !isSame(y, zero)
  }
  const encode = (point: number): Uint8Array => {
    const [x, y, z, xy] = [
      point,
      point + ELEMENT,
      point + 2 * ELEMENT,
      point + 3 * ELEMENT,
    ] as const
    add(a, z, y)
    subtract(b, z, y)
    multiply(a, a, b)
    multiply(b, x, y)
    square(c, b)
    multiply(c, c, a)
    inverseRoot(root, c)
    multiply(a, root, a)
    multiply(denominator, root, b)
    multiply(root2, a, denominator)
    multiply(root2, root2, xy)
    multiply(s, xy, root2)
    const isRotated = isNegative(s)
    multiply(b, isRotated ? y : x, isRotated ? i : one)
    multiply(c, isRotated ? x : y, isRotated ? i : one)
    if (isRotated) multiply(denominator, a, invertedRoot)
    multiply(s, b, root2)
    if (isNegative(s)) subtract(c, zero, c)
    subtract(c, z, c)
    multiply(c, denominator, c)
    makePositive(c)
    toBytes(wire, c)
    return bytes.slice(wire, wire + 32)
  }

  return {
    code,
    freeFrom: places.end(),
    doubleD,
    reserve: (end) => {
      const missing = end - bytes.length
      if (missing <= 0) return
      code.memory.grow(Math.ceil(missing / PAGE))
      bytes = new Uint8Array(code.memory.buffer)
      words = new Int32Array(code.memory.buffer)
    },
    words: () => words,
    copy,
    decode,
    encode,
    setIdentity: (point) => {
      for (const [index, element] of [zero, one, one, zero].entries())
        copy(point + ELEMENT * index, element, ELEMENT)
    },
    invert,
  }
}
