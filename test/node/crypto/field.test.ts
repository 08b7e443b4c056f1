// The field in WebAssembly against integers: limbs up to the bounds that sums of products reach, results over operands, bytes.
import * as fc from 'fast-check'
import t from 'tap'
import { createEdwardsCode } from '../../../node/crypto/edwards-code.ts'
import { decodeLittleEndian, encodeLittleEndian, modulo } from '../../../vm/crypto/integer.ts'

const code = createEdwardsCode(1)
const words = new Int32Array(code.memory.buffer)
const bytes = new Uint8Array(code.memory.buffer)
const p = 2n ** 255n - 19n
const starts = [0, 26, 51, 77, 102, 128, 153, 179, 204, 230]
/** What a factor may have: somewhat more than three reduced elements added. */
const boundOf = (limb: number) => Math.floor(3.3 * 2 ** (limb % 2 === 0 ? 25 : 24))
const [A, B, C, D, E, F, WIRE] = [1_000, 1_040, 1_080, 1_120, 1_200, 1_240, 1_400] as const

const limbOf = (limb: number) => {
  const bound = boundOf(limb)
  const any = fc.integer({ min: -bound, max: bound })
  return fc.oneof(any, fc.constantFrom(bound, -bound, 0, 1, -1))
}
const element = fc.tuple(...starts.map((_, limb) => limbOf(limb)))

const put = (at: number, limbs: readonly number[]) => words.set(limbs, at / 4)
const read = (at: number): bigint =>
  modulo(
    starts.reduce(
      (sum, start, limb) => sum + (BigInt(words[at / 4 + limb] ?? 0) << BigInt(start)),
      0n,
    ),
    p,
  )
/** Whether the limbs are small enough for three such elements to be added and multiplied again. */
const isReduced = (at: number) =>
  starts.every((_, limb) => Math.abs(words[at / 4 + limb] ?? 0) <= boundOf(limb) / 3)

t.test('products and squares are right and reduced, for limbs up to the bounds', async (t) => {
  await fc.assert(
    fc.property(element, element, element, element, (...limbs) => {
      for (const [index, at] of [A, B, C, D].entries()) put(at, limbs[index] ?? [])
      const [a, b, c, d] = [read(A), read(B), read(C), read(D)]
      const holds = (at: number, value: bigint) => read(at) === modulo(value, p) && isReduced(at)
      code.multiply(E, A, B)
      const one = holds(E, a * b)
      code.square(E, A)
      const squared = holds(E, a * a)
      code.squareTimes(E, A, 3)
      const repeated = holds(E, a ** 8n)
      code.multiplyPair(E, A, B, F, C, D)
      const both = holds(E, a * b) && holds(F, c * d)
      code.multiplyPair(A, A, B, B, C, D)
      return one && squared && repeated && both && holds(A, a * b) && holds(B, c * d)
    }),
    { numRuns: 400 },
  )
  t.pass('400 times')
})

t.test('bytes are the representative below the modulus', async (t) => {
  const edge = fc.constantFrom(0n, 1n, 18n, 19n, p - 1n, p, p + 1n, p + 18n, 2n ** 254n, 2n ** 26n)
  const integer = fc.oneof(edge, fc.bigInt({ min: 0n, max: 2n ** 255n - 1n }))
  await fc.assert(
    fc.property(integer, integer, (left, right) => {
      for (const [at, value] of [[A, left] as const, [B, right] as const]) {
        bytes.set(encodeLittleEndian(value, 32), WIRE)
        code.fromBytes(at, WIRE)
      }
      const bytesOf = (at: number) => {
        code.toBytes(WIRE, at)
        return decodeLittleEndian(bytes.slice(WIRE, WIRE + 32))
      }
      code.subtract(E, A, B)
      code.add(F, A, B)
      code.multiply(F, F, E)
      return bytesOf(A) === left % p && bytesOf(F) === modulo(left * left - right * right, p)
    }),
    { numRuns: 400 },
  )
  t.pass('400 times')
})
