// What a payout has to prove, on plain numbers: it holds for the total that follows from the sum, and for no other.
import fc from 'fast-check'
import t from 'tap'
import { type Arithmetic, payoutClaims, TERMS_LIMIT } from '../../../apps/vault/payout-claims.ts'
import { totalOf } from '../../../client/vault/settle.ts'

const numbers: Arithmetic<bigint> = {
  number: (value) => value,
  add: (left, right) => left + right,
  times: (value, factor) => value * factor,
}

const regimes = ['below', 'shared', 'capped'] as const
type Regime = (typeof regimes)[number]

const holds = (claims: readonly bigint[]) =>
  claims.every((claim) => claim >= 0n && claim < 2n ** 64n)

const termsArbitrary = fc.record({
  rate: fc.integer({ min: 1, max: 100 }),
  deductible: fc.bigInt({ min: 0n, max: 3_000n }),
  cap: fc.bigInt({ min: 0n, max: 2_000n }),
})
/** Terms with a sum anywhere, or close to where a regime ends. */
const caseArbitrary = fc
  .record({
    terms: termsArbitrary,
    place: fc.constantFrom('anywhere', 'deductible', 'cap'),
    any: fc.bigInt({ min: -500n, max: 6_000n }),
    near: fc.bigInt({ min: -5n, max: 5n }),
  })
  .map(({ terms, place, any, near }) => {
    const { rate, deductible, cap } = terms
    if (place === 'anywhere') return { terms, sum: any }
    const above = place === 'cap' ? (100n * cap) / BigInt(rate) : 0n
    return { terms, sum: deductible + above + near }
  })
const nearArbitrary = fc.bigInt({ min: -3n, max: 3n })
const regimeArbitrary = fc.constantFrom(...regimes)

/** What `verifyPayout` asks of a plain total besides its claims. */
function isAllowed(regime: Regime, amount: bigint, cap: bigint): boolean {
  if (amount < 0n) return false
  if (regime === 'below') return amount === 0n
  return regime === 'capped' ? amount === cap : amount <= cap
}

t.test('a plain total is proven exactly if it is the one that the terms give', async (t) => {
  const tried = { right: 0, wrong: 0 }
  fc.assert(
    fc.property(caseArbitrary, nearArbitrary, regimeArbitrary, ({ terms, sum }, off, regime) => {
      const right = totalOf(terms, sum)
      const amount = right.total + off
      const claims = payoutClaims(numbers, terms, {
        regime,
        sum,
        total: { kind: 'plain', amount },
      })
      const accepted = isAllowed(regime, amount, terms.cap) && holds(claims)
      if (accepted) t.equal(amount, right.total, `${regime} ${sum}`)
      if (off === 0n && regime === right.regime) t.ok(accepted)
      tried[accepted ? 'right' : 'wrong'] += 1
    }),
    { numRuns: 4_000, seed: 11 },
  )
  t.ok(tried.right > 100 && tried.wrong > 100)
})

t.test('a committed total is proven by its claims alone', async (t) => {
  const tried = { right: 0, wrong: 0 }
  fc.assert(
    fc.property(
      caseArbitrary,
      nearArbitrary,
      regimeArbitrary,
      fc.bigInt({ min: 0n, max: 2_000n }),
      ({ terms, sum }, off, regime, promised) => {
        const right = totalOf(terms, sum)
        const commitment = right.total + off
        for (const overpaid of [true, false]) {
          const total = { kind: 'committed', commitment, promised, overpaid } as const
          const claims = payoutClaims(numbers, terms, { regime, sum, total })
          t.equal(claims.length, 4)
          const accepted = holds(claims)
          // A total that is less than what was promised changes nothing, whatever it is.
          if (accepted && !overpaid) t.equal(commitment, right.total, `${regime} ${sum}`)
          if (accepted) t.ok(overpaid ? commitment <= promised : commitment >= promised)
          const isHonest = off === 0n && regime === right.regime
          if (isHonest && overpaid === promised > commitment) t.ok(accepted)
          tried[accepted ? 'right' : 'wrong'] += 1
        }
      },
    ),
    { numRuns: 4_000, seed: 12 },
  )
  t.ok(tried.right > 100 && tried.wrong > 100)
})

t.test('the largest numbers of the terms do not leave 64 bits', async (t) => {
  const largest = TERMS_LIMIT - 1n
  const sum = 512n * 2n ** 48n
  for (const rate of [1, 100])
    for (const cap of [0n, largest])
      for (const deductible of [0n, largest])
        for (const at of [-sum, 0n, sum]) {
          const terms = { rate, cap, deductible }
          const { regime, total: amount } = totalOf(terms, at)
          const total = { kind: 'plain', amount } as const
          t.ok(holds(payoutClaims(numbers, terms, { regime, sum: at, total })))
        }
})
