// Joint keys for every small committee: any t members use them, t − 1 know nothing, resharing keeps them.
import fc from 'fast-check'
import t from 'tap'
import { createNativeGroup } from '../../../node/crypto/ristretto255.ts'
import { basesOf } from '../../../vm/crypto/bases.ts'
import { encrypt } from '../../../vm/crypto/commitment.ts'
import { joinCommitments, joinShares, joinWeights } from '../../../vm/crypto/dkg.ts'
import { invert, modulo } from '../../../vm/crypto/integer.ts'
import { ristretto255 } from '../../../vm/crypto/ristretto255.ts'
import { commitPolynomial, lagrangeAtZero, shareKeyOf, shareOf } from '../../../vm/crypto/shamir.ts'

const group = await createNativeGroup()
const q = group.order
const { H } = basesOf(group)
/** Uniform: small coefficients could add up to a polynomial of a lower degree. */
const scalar = fc.noBias(fc.bigInt({ min: 1n, max: q - 1n }))

const sizes = [2, 3, 4, 5, 6, 7].flatMap((n) =>
  Array.from({ length: n - 1 }, (_, i) => ({ n, threshold: i + 2 })),
)

function subsets(items: readonly number[], size: number): readonly (readonly number[])[] {
  if (size === 0) return [[]]
  return items.flatMap((item, i) =>
    subsets(items.slice(i + 1), size - 1).map((rest) => [item, ...rest]),
  )
}

const indicesTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)

/** Polynomials by dealer index. */
type Dealers = ReadonlyMap<number, readonly bigint[]>

function sharesOf(dealers: Dealers, joining: 'sum' | 'interpolate', n: number) {
  const weights = joinWeights(group, joining, [...dealers.keys()])
  return indicesTo(n).map((index) =>
    joinShares(
      group,
      weights,
      [...dealers.values()].map((coefficients) => shareOf(group, coefficients, index)),
    ),
  )
}

function interpolate(indices: readonly number[], shares: readonly bigint[]): bigint {
  const known = indices.map((index) => shares[index - 1] ?? 0n)
  return joinShares(group, lagrangeAtZero(group, indices), known)
}

/** The polynomial through points, at x: written apart from the code under test. */
function through(points: readonly (readonly [x: bigint, y: bigint])[], x: bigint): bigint {
  return points.reduce((sum, [xi, yi]) => {
    const others = points.filter(([xj]) => xj !== xi)
    const up = others.reduce((product, [xj]) => modulo(product * (x - xj), q), 1n)
    const down = others.reduce((product, [xj]) => modulo(product * (xi - xj), q), 1n)
    return modulo(sum + yi * up * invert(down, q), q)
  }, 0n)
}

const secretsFor = (count: number, degree: number) =>
  fc.array(fc.array(scalar, { minLength: degree, maxLength: degree }), {
    minLength: count,
    maxLength: count,
  })

for (const { n, threshold } of sizes) {
  t.test(`(${threshold},${n})`, async (t) => {
    fc.assert(
      fc.property(secretsFor(n, threshold), scalar, (polynomials, other) => {
        const dealers = new Map(polynomials.map((one, i) => [i + 1, one]))
        const shares = sharesOf(dealers, 'sum', n)
        const key = modulo(
          polynomials.reduce((sum, [constant = 0n]) => sum + constant, 0n),
          q,
        )
        for (const indices of subsets(indicesTo(n), threshold))
          if (interpolate(indices, shares) !== key) return false
        // Whatever secret one claims, a polynomial of the right degree goes through it and through t − 1 shares.
        for (const indices of subsets(indicesTo(n), threshold - 1)) {
          const points = indices.map((index) => [BigInt(index), shares[index - 1] ?? 0n] as const)
          const claimed = [[0n, other] as const, ...points]
          const forged = indicesTo(n).map((index) => through(claimed, BigInt(index)))
          if (indices.some((index) => forged[index - 1] !== shares[index - 1])) return false
          for (const enough of subsets(indicesTo(n), threshold))
            if (interpolate(enough, forged) !== other) return false
          if (threshold > 2 && interpolate(indices, shares) === key) return false
        }
        return true
      }),
      { numRuns: 2 },
    )
    t.pass('shares')
  })
}

t.test('every t members decrypt what t − 1 do not, before and after every resharing', async (t) => {
  const committee = fc
    .record({ from: fc.constantFrom(...sizes), to: fc.constantFrom(...sizes) })
    .chain(({ from, to }) =>
      fc.record({
        from: fc.constant(from),
        to: fc.constant(to),
        fresh: secretsFor(from.n, from.threshold),
        again: secretsFor(from.n, to.threshold),
        dealers: fc.shuffledSubarray(indicesTo(from.n), {
          minLength: from.threshold,
          maxLength: from.threshold,
        }),
        seats: fc.shuffledSubarray(indicesTo(to.n), {
          minLength: to.threshold,
          maxLength: to.threshold,
        }),
        amount: fc.bigInt({ min: 1n, max: 2n ** 31n }),
        r: scalar,
      }),
    )
  fc.assert(
    fc.property(committee, ({ from, to, fresh, again, dealers, seats, amount, r }) => {
      const commitmentsOf = (all: readonly (readonly bigint[])[]) =>
        all.map((one) => commitPolynomial(group, one))
      const made = joinCommitments(
        group,
        joinWeights(group, 'sum', indicesTo(from.n)),
        commitmentsOf(fresh),
      )
      const old = sharesOf(new Map(fresh.map((one, i) => [i + 1, one])), 'sum', from.n)
      const lowest = dealers.toSorted((a, b) => a - b)
      const polynomials = lowest.map((index) => [
        old[index - 1] ?? 0n,
        ...(again[index - 1] ?? []).slice(1),
      ])
      const handed = new Map(lowest.map((index, i) => [index, polynomials[i] ?? []]))
      const next = joinCommitments(
        group,
        joinWeights(group, 'interpolate', lowest),
        commitmentsOf(polynomials),
      )
      const shares = sharesOf(handed, 'interpolate', to.n)
      const [K, again0] = [made[0] ?? group.identity, next[0] ?? group.identity]
      const { R, C } = encrypt(group, K, { amount, r })
      const decrypt = (indices: readonly number[], held: readonly bigint[]) => {
        const masks = indices.map((index) => group.multiply(R, held[index - 1] ?? 0n))
        const mask = group.combine(masks, lagrangeAtZero(group, indices))
        return group.add(C, group.negate(mask))
      }
      const expected = group.multiply(H, amount)
      const mixed = shares.map((share, i) => (i + 1 === seats[0] ? (old[i] ?? 7n) : share))
      return (
        group.equal(K, again0) &&
        shares.every((share, i) =>
          group.equal(group.multiplyBase(share), shareKeyOf(group, next, i + 1)),
        ) &&
        group.equal(decrypt(dealers, old), expected) &&
        group.equal(decrypt(seats, shares), expected) &&
        !group.equal(decrypt(seats.slice(1), shares), expected) &&
        !group.equal(decrypt(seats, mixed), expected)
      )
    }),
    { numRuns: 25 },
  )
  t.pass('25 pairs of committees')
})

t.test('both groups join dealings to the same keys', async (t) => {
  const dealings = [
    [3n, 5n, 7n],
    [11n, 13n, 17n],
    [19n, 23n, 29n],
  ]
  for (const joining of ['sum', 'interpolate'] as const) {
    const [native, reference] = [group, ristretto255].map((one) =>
      joinCommitments(
        one,
        joinWeights(one, joining, [2, 3, 5]),
        dealings.map((coefficients) => commitPolynomial(one, coefficients)),
      ).map((point) => Buffer.from(one.encode(point)).toString('hex')),
    )
    t.strictSame(native, reference)
  }
  t.throws(() => joinCommitments(group, [1n], [[group.base], [group.base]]), {
    name: 'AssertionError',
  })
  t.throws(() => joinCommitments(group, [1n, 1n], [[group.base], []]), { name: 'AssertionError' })
  t.throws(() => joinShares(group, [1n], []), { name: 'AssertionError' })
})
