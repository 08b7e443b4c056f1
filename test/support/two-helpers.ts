// Two helpers of five put their shares together: with t = 3 they learn nothing, and a third one shows that the attempt was right.
import type { Test } from 'tap'
import { basesOf } from '../../vm/crypto/bases.ts'
import { ristretto255 as group } from '../../vm/crypto/ristretto255.ts'
import type { Ciphertext, SealedRecord } from './public-ledger.ts'
import { expected } from './small-data.ts'
import { keyFrom, openWith, shareIn } from './stolen-shares.ts'

/** ΣR and ΣC of each bucket. */
function sumsOf(records: readonly SealedRecord[]): readonly Ciphertext[] {
  const buckets = Map.groupBy(records, ({ tag, policy }) => `${tag}/${policy}`)
  const add = (sum: Ciphertext, record: Ciphertext): Ciphertext => ({
    R: group.add(sum.R, record.R),
    C: group.add(sum.C, record.C),
  })
  return [...buckets.values()].map((own) =>
    own.reduce(add, { R: group.identity, C: group.identity }),
  )
}

export function assertTwoHelpersLearnNothing(
  t: Test,
  { home, records }: { readonly home: string; readonly records: readonly SealedRecord[] },
): void {
  const { H } = basesOf(group)
  const plain = expected.sums.map(({ minorUnits }) => group.multiply(H, BigInt(minorUnits)))
  const sums = sumsOf(records)
  t.equal(sums.length, expected.sums.length + expected.withheld.length)
  /** How many of the plain sums these helpers find among what they compute. */
  const found = (helpers: readonly number[]): number => {
    const key = keyFrom(helpers.map((helper) => shareIn(home, helper)))
    const computed = sums.map((sum) => openWith(key, sum))
    return plain.filter((right) => computed.some((one) => group.equal(one, right))).length
  }
  for (const helpers of [
    [1, 2],
    [2, 5],
    [3, 4],
  ])
    t.equal(found(helpers), 0, `helpers ${helpers}`)
  t.equal(found([1, 3, 5]), plain.length, 'three of them would read every sum')
}
