// Shares, commitments, ElGamal sums and small logarithms: any t servers decrypt a sum, fewer do not.
import * as fc from 'fast-check'
import t from 'tap'
import { createNativeGroup } from '../../../node/crypto/ristretto255.ts'
import { basesOf } from '../../../vm/crypto/bases.ts'
import { commit, encrypt, unmask } from '../../../vm/crypto/commitment.ts'
import { createBabySteps, createDiscreteLog } from '../../../vm/crypto/discrete-log.ts'
import { modulo } from '../../../vm/crypto/integer.ts'
import { commitPolynomial, lagrangeAtZero, shareKeyOf, shareOf } from '../../../vm/crypto/shamir.ts'

const group = await createNativeGroup()
const { H, G2 } = basesOf(group)
const q = group.order
const base = group.encode(H)
const logarithms = createDiscreteLog(base, createBabySteps(base, 10))
const scalar = fc.bigInt({ min: 1n, max: q - 1n })

const committee = fc
  .record({
    coefficients: fc.array(scalar, { minLength: 2, maxLength: 4 }),
    extra: fc.nat(3),
    amounts: fc.array(fc.bigInt({ min: 0n, max: 2n ** 20n }), { minLength: 1, maxLength: 4 }),
    order: fc.infiniteStream(fc.nat(1_000)),
  })
  .map(({ coefficients, extra, amounts, order }) => {
    const indices = Array.from({ length: coefficients.length + extra }, (_, i) => i + 1)
    const shuffled = indices
      .map((index) => ({ index, key: order.next().value ?? 0 }))
      .sort((left, right) => left.key - right.key)
      .map(({ index }) => index)
    return { coefficients, amounts, chosen: shuffled.slice(0, coefficients.length) }
  })

t.test('every t servers decrypt the sum of a set; t − 1 of them do not', async (t) => {
  await fc.assert(
    fc.property(committee, ({ coefficients, amounts, chosen }) => {
      const K = group.multiplyBase(coefficients[0] ?? 0n)
      const sum = amounts
        .map((amount, i) => encrypt(group, K, { amount, r: q / 5n + BigInt(i) }))
        .reduce((left, right) => ({ R: group.add(left.R, right.R), C: group.add(left.C, right.C) }))
      const decrypt = (indices: readonly number[]) => {
        const lambdas = lagrangeAtZero(group, indices)
        const masks = indices.map((i) => group.multiply(sum.R, shareOf(group, coefficients, i)))
        return group.add(sum.C, group.negate(group.combine(masks, lambdas)))
      }
      const total = amounts.reduce((left, right) => left + right, 0n)
      const expected = group.multiply(H, total)
      return (
        group.equal(decrypt(chosen), expected) &&
        !group.equal(decrypt(chosen.slice(1)), expected) &&
        logarithms.find(group.encode(decrypt(chosen)), 2n ** 23n) === total
      )
    }),
    { numRuns: 25 },
  )
  t.pass('25 committees')
})

t.test('a share key is the public key of the share', async (t) => {
  const coefficients = [7n, q - 3n, 123_456_789n]
  const commitments = commitPolynomial(group, coefficients)
  for (const index of [1, 2, 5, 40]) {
    const share = shareOf(group, coefficients, index)
    t.ok(group.equal(shareKeyOf(group, commitments, index), group.multiplyBase(share)))
    const x = BigInt(index)
    t.equal(share, modulo(7n - 3n * x + 123_456_789n * x * x, q))
  }
  for (const index of [0, -1, 1.5, Number.NaN])
    t.throws(() => shareOf(group, coefficients, index), { name: 'AssertionError' })
  t.throws(() => lagrangeAtZero(group, [1, 1, 2]), { name: 'AssertionError' })
  t.throws(() => lagrangeAtZero(group, [0, 1]), { name: 'AssertionError' })
})

t.test(
  'for fewer shares than the threshold every secret has a consistent polynomial',
  async (t) => {
    const coefficients = [1_000n, 31n, 77n]
    const seen = [1, 3].map((index) => ({ index, share: shareOf(group, coefficients, index) }))
    const other = 999_999n
    // Interpolate through (0, other) and the two seen shares: Lagrange at any further index.
    const points = [{ index: 0, share: other }, ...seen]
    const at = (x: number) =>
      points.reduce((sum, { index, share }) => {
        const rest = points.filter((point) => point.index !== index).map((point) => point.index - x)
        const [first = 0, second = 0] = rest
        const [d1 = 0, d2 = 0] = rest.map((difference) => difference + x - index)
        const inverse = inverseOf(BigInt(d1 * d2))
        return modulo(sum + share * BigInt(first * second) * inverse, q)
      }, 0n)
    t.equal(at(1), seen[0]?.share)
    t.equal(at(3), seen[1]?.share)
    const indices = [1, 3, 4]
    const lambdas = lagrangeAtZero(group, indices)
    const secret = indices.reduce((sum, i, j) => modulo(sum + (lambdas[j] ?? 0n) * at(i), q), 0n)
    t.equal(secret, other)
  },
)

function inverseOf(value: bigint): bigint {
  let [power, result, exponent] = [modulo(value, q), 1n, q - 2n]
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * power) % q
    power = (power * power) % q
  }
  return result
}

t.test('commitments and ciphertexts add up', async (t) => {
  const sum = group.add(commit(group, 5n, 100n), commit(group, 6n, 200n))
  t.ok(group.equal(sum, commit(group, 11n, 300n)))
  t.ok(group.equal(commit(group, 0n, 0n), group.identity))
  t.ok(group.equal(commit(group, 0n, 4n), group.multiply(G2, 4n)))
  const key = 4_711n
  const ciphertext = encrypt(group, group.multiplyBase(key), { amount: 42n, r: 9n })
  t.ok(group.equal(unmask(group, key, ciphertext), group.multiply(H, 42n)))
  t.notOk(group.equal(unmask(group, key + 1n, ciphertext), group.multiply(H, 42n)))
})

t.test(
  'small logarithms: both signs, the seams of the table, nothing beyond the bound',
  async (t) => {
    const stride = 2n * 1_024n + 1n
    const interesting = [0n, 1n, 2n, 1_023n, 1_024n, 1_025n, stride - 1n, stride, stride + 1n]
    const far = [stride * 255n + 1_024n, stride * 256n, stride * 256n + 1_025n, stride * 600n - 7n]
    for (const value of [...interesting, ...far]) {
      for (const j of [value, -value]) {
        const target = group.encode(group.multiply(H, modulo(j, q)))
        t.equal(logarithms.find(target, 2n ** 21n), j === 0n ? 0n : j, `${j}`)
        t.equal(logarithms.find(target, value), j === 0n ? 0n : j, `${j} at its own bound`)
        if (value > 0n) t.equal(logarithms.find(target, value - 1n), undefined, `${j} beyond`)
      }
    }
    const far2 = group.encode(group.multiply(H, 2n ** 40n))
    t.equal(logarithms.find(far2, 2n ** 20n), undefined)
    await fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 22n), max: 2n ** 22n }), (j) => {
        const target = group.encode(group.multiply(H, modulo(j, q)))
        return logarithms.find(target, 2n ** 22n) === j
      }),
      { numRuns: 50 },
    )
    t.throws(() => createDiscreteLog(new Uint8Array(32)), { name: 'AssertionError' })
  },
)
