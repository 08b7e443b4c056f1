// The sharing under one key as algebra: whoever suffices finds the same sum, and what fewer hold fits every other one.
import fc from 'fast-check'
import t from 'tap'
import { deriveServerKeys } from '../../../apps/vault/keys.ts'
import { buildResponse } from '../../../client/vault/query.ts'
import { assert } from '../../../vm/assert.ts'
import { toHex } from '../../../vm/bytes.ts'
import { basesOf } from '../../../vm/crypto/bases.ts'
import { encrypt } from '../../../vm/crypto/commitment.ts'
import type { Point } from '../../../vm/crypto/group.ts'
import { invert, modulo } from '../../../vm/crypto/integer.ts'
import { commitPolynomial, lagrangeAtZero, shareOf } from '../../../vm/crypto/shamir.ts'
import { entropyOf, idOf, suite } from './world.ts'

const { group } = suite
const { H } = basesOf(group)
const q = group.order
const scalar = fc.bigInt({ min: 1n, max: q - 1n })
const amount = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n })

/** All (t, n) up to seven servers. */
const allSizes = [2, 3, 4, 5, 6, 7].flatMap((seats) =>
  Array.from({ length: seats - 1 }, (_, i) => ({ threshold: i + 2, seats })),
)

function subsetsOf(seats: number, size: number): readonly (readonly number[])[] {
  const all = Array.from({ length: 2 ** seats }, (_, mask) =>
    Array.from({ length: seats }, (__, seat) => seat + 1).filter((i) => (mask >> (i - 1)) & 1),
  )
  return all.filter((subset) => subset.length === size)
}

/** ΣR and ΣC of some amounts under K. */
function sumOf(key: bigint, amounts: readonly bigint[], randoms: readonly bigint[]) {
  const K = group.multiplyBase(key)
  const all = amounts.map((each, at) => encrypt(group, K, { amount: each, r: randoms[at] ?? 1n }))
  const add = (points: readonly Point[]) => points.reduce(group.add, group.identity)
  return { S: add(all.map(({ R }) => R)), C: add(all.map(({ C }) => C)) }
}

/** The value at `x` of the polynomial of least degree through the nodes. */
function interpolate(nodes: readonly (readonly [x: bigint, y: bigint])[], x: bigint): bigint {
  return nodes.reduce((sum, [i, y]) => {
    const others = nodes.filter(([j]) => j !== i)
    const above = others.reduce((product, [j]) => modulo(product * (x - j), q), 1n)
    const below = others.reduce((product, [j]) => modulo(product * (i - j), q), 1n)
    return modulo(sum + y * above * invert(below, q), q)
  }, 0n)
}

for (const { threshold, seats } of allSizes)
  t.test(`(${threshold}, ${seats}): any ${threshold} answers make the sum, fewer do not`, (t) => {
    const polynomial = fc.array(scalar, { minLength: threshold, maxLength: threshold })
    const amounts = fc.array(amount, { minLength: 1, maxLength: 3 })
    const randoms = fc.array(scalar, { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(polynomial, amounts, randoms, scalar, (coefficients, values, r, y) => {
        const [key = 0n] = coefficients
        const { S, C } = sumOf(key, values, r)
        const total = values.reduce((sum, each) => sum + each, 0n)
        const serverKeys = deriveServerKeys(group, commitPolynomial(group, coefficients), seats)
        const answers = Array.from({ length: seats }, (_, seat) => {
          const share = shareOf(group, coefficients, seat + 1)
          t.ok(group.equal(group.multiplyBase(share), serverKeys[seat] ?? S))
          const place = { chainId: idOf('chain'), account: idOf('a'), committee: idOf('c') }
          const at = { epoch: 1, index: seat + 1, query: idOf('q'), ephemeral: group.encode(S) }
          const keys = { share: toHex(group.encodeScalar(share)), answerKey: keyOf(y) }
          const entropy = entropyOf(`answer ${seat}`)
          return buildResponse(group, { ...place, ...at, ...keys, entropy })
        })
        const unmasked = (indices: readonly number[]): Point => {
          const weights = lagrangeAtZero(group, indices)
          const sum = (part: 'first' | 'second') =>
            group.combine(
              indices.map((index) => pointOf(answers[index - 1]?.[part])),
              weights,
            )
          const C1 = group.add(C, group.negate(sum('second')))
          return group.add(C1, group.multiply(sum('first'), y))
        }
        const right = group.multiply(H, modulo(total, q))
        for (const enough of subsetsOf(seats, threshold))
          t.ok(group.equal(unmasked(enough), right), `servers ${enough}`)
        for (const few of subsetsOf(seats, threshold - 1))
          t.notOk(group.equal(unmasked(few), right), `servers ${few}`)
      }),
      { numRuns: 1, seed: 7 },
    )
    t.end()
  })

function keyOf(secret: bigint): Uint8Array {
  return group.encode(group.multiplyBase(secret))
}

function pointOf(bytes: Uint8Array | undefined): Point {
  const point = bytes && group.decode(bytes)
  assert(point, 'an answer has points')
  return point
}

t.test('t − 1 shares fit every sum: the polynomial is constructed', (t) => {
  const sizes = fc.constantFrom(...allSizes)
  const many = fc.array(scalar, { minLength: 7, maxLength: 7 })
  fc.assert(
    fc.property(sizes, many, scalar, amount, amount, (size, randoms, r, sum, other) => {
      const { threshold, seats } = size
      const coefficients = randoms.slice(0, threshold)
      const [key = 0n] = coefficients
      // H is h·B for an h that the test alone knows: only so can it tell the key that fits the other sum.
      const h = 77n
      const C = modulo(sum * h + r * key, q)
      for (const stolen of subsetsOf(seats, threshold - 1).slice(0, 5)) {
        const shares = stolen.map((i) => [BigInt(i), shareOf(group, coefficients, i)] as const)
        const fitting = modulo(key + (sum - other) * h * invert(r, q), q)
        const nodes = [[0n, fitting] as const, ...shares]
        for (const [x, y] of shares) t.equal(interpolate(nodes, x), y, 'the stolen share is on it')
        const all = Array.from({ length: threshold }, (_, i) => i + 1)
        const weights = lagrangeAtZero(group, all)
        const opened = all.reduce(
          (total, i, at) => total + interpolate(nodes, BigInt(i)) * (weights[at] ?? 0n),
          0n,
        )
        t.equal(modulo(opened, q), fitting, 'of degree t − 1')
        t.equal(modulo(C - r * fitting, q), modulo(other * h, q), 'it decrypts to the other sum')
      }
    }),
    { numRuns: 10, seed: 8 },
  )
  t.end()
})
