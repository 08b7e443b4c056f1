// Loads of accounts: sums by account, whatever comes and goes, and nothing of accounts that have long had none.
import fc from 'fast-check'
import t from 'tap'
import { createLoads, type Size } from '../../node/loads.ts'
import type { AccountId } from '../../vm/types.ts'

const account = (number: number): AccountId => `0x${number.toString(16).padStart(64, '0')}` as const

const acts = fc.array(
  fc.record({
    isAdded: fc.boolean(),
    number: fc.nat({ max: 5 }),
    bytes: fc.nat({ max: 300 }),
    units: fc.nat({ max: 9 }),
  }),
  { maxLength: 60, size: 'max' },
)

t.test('the load of an account is the sum of what is there', async () => {
  fc.assert(
    fc.property(acts, (all) => {
      const loads = createLoads()
      const model = new Map<AccountId, Size[]>()
      for (const { isAdded, number, ...size } of all) {
        const own = model.get(account(number)) ?? []
        model.set(account(number), own)
        if (isAdded) {
          loads.add(account(number), size)
          own.push(size)
        } else {
          const gone = own.shift()
          if (gone !== undefined) loads.remove(account(number), gone)
        }
        const sum = (pick: (one: Size) => number) =>
          own.reduce((total, one) => total + pick(one), 0)
        const { count, bytes, units } = loads.of(account(number)) ?? {
          count: 0,
          bytes: 0,
          units: 0,
        }
        if (count !== own.length) return false
        if (bytes !== sum((one) => one.bytes) || units !== sum((one) => one.units)) return false
      }
      return true
    }),
    { numRuns: 300 },
  )
})

t.test('accounts that have nothing are forgotten, and no others', async (t) => {
  const loads = createLoads()
  const size = { bytes: 250, units: 2 }
  loads.add(account(0), size)
  const many = Array.from({ length: 5_000 }, (_, number) => account(number + 1))
  for (const one of many) {
    loads.add(one, size)
    loads.remove(one, size)
  }
  const kept = many.filter((one) => loads.of(one) !== undefined)
  t.ok(kept.length < 1_000, `${kept.length} of 5,000 loads of nothing are kept`)
  t.same(loads.of(account(0)), { count: 1, ...size })
})

t.test('what is removed twice changes nothing', async (t) => {
  const loads = createLoads()
  loads.remove(account(1), { bytes: 1, units: 1 })
  t.equal(loads.of(account(1)), undefined)
})
