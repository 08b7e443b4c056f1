// The vault from deal to decrypted sum, and what a threshold of servers means.
import t from 'tap'
import { queryTable } from '../../../apps/vault/state.ts'
import { decodeSecret } from '../../../client/vault/entropy.ts'
import { assert } from '../../../vm/assert.ts'
import { toHex } from '../../../vm/bytes.ts'
import { basesOf } from '../../../vm/crypto/bases.ts'
import { modulo } from '../../../vm/crypto/integer.ts'
import { lagrangeAtZero } from '../../../vm/crypto/shamir.ts'
import type { Hex } from '../../../vm/types.ts'
import { ask, letAskBucket, letWrite, readSum, recordAmounts, respond, segmentOf } from './cast.ts'
import { deal } from './dealing.ts'
import { createWorld, suite } from './world.ts'

const { group } = suite

function subsetsOf(items: readonly number[], size: number): readonly (readonly number[])[] {
  if (size === 0) return [[]]
  return items.flatMap((item, place) =>
    subsetsOf(items.slice(place + 1), size - 1).map((rest) => [item, ...rest]),
  )
}

async function askedWorld({ threshold = 3, seats = 5, amounts = [12_345n, 99n, 7n] } = {}) {
  const world = await createWorld()
  const servers = Array.from({ length: seats }, (_, seat) => `server ${seat + 1}`)
  const ready = deal(world, { threshold, servers })
  letWrite(world, 'pat')
  recordAmounts(world, ready, { name: 'pat', amounts })
  const consent = letAskBucket(world, ready.committee, 'pat', { maxUses: 100 })
  const target = segmentOf('pat', 0)
  return { world, ready, askAgain: () => ask(world, ready, { target, consent }) }
}

for (const [threshold, seats] of [
  [2, 2],
  [2, 3],
  [3, 5],
  [4, 6],
] as const) {
  t.test(`every ${threshold} of ${seats} servers give the same sum, fewer give none`, async (t) => {
    const { world, ready, askAgain } = await askedWorld({ threshold, seats })
    const indices = Array.from({ length: seats }, (_, seat) => seat + 1)
    for (const subset of subsetsOf(indices, threshold)) {
      const question = askAgain()
      t.equal(question.code, '')
      subset.forEach((index, place) => {
        t.equal(readSum(world, question), undefined, `no sum after ${place} responses`)
        t.equal(respond(world, ready, { ...question, index }).code, '')
      })
      t.equal(readSum(world, question), 12_451n, `servers ${subset.join(', ')}`)
    }
  })
}

t.test('responses after the result are kept and change nothing', async (t) => {
  const { world, ready, askAgain } = await askedWorld()
  const question = askAgain()
  for (const index of [4, 1, 3]) respond(world, ready, { ...question, index })
  const before = await world.query('vault.query', { query: question.query })
  t.equal(respond(world, ready, { ...question, index: 2 }).code, '')
  const after = await world.query('vault.query', { query: question.query })
  assert(before.ok && after.ok, 'the query is known')
  const [old, now] = [before.result, after.result] as { result: unknown; responses: unknown[] }[]
  t.same(now?.result, old?.result)
  t.equal(now?.responses.length, 4)
  t.equal(readSum(world, question), 12_451n)
})

t.test('sums beyond 2^32, of the largest amounts and of nothing but zeros are read', async (t) => {
  for (const amounts of [
    Array.from({ length: 3 }, () => 2n ** 32n - 1n),
    [0n, 0n, 0n],
    [2n ** 32n - 1n, 1n, 0n],
  ]) {
    const { world, ready, askAgain } = await askedWorld({ amounts })
    const question = askAgain()
    for (const index of [1, 2, 3]) respond(world, ready, { ...question, index })
    t.equal(
      readSum(world, question),
      amounts.reduce((sum, amount) => sum + amount, 0n),
    )
  }
})

t.test('one invoice that is a cent off gives another sum', async (t) => {
  const { world, ready, askAgain } = await askedWorld({ amounts: [12_345n, 100n, 7n] })
  const question = askAgain()
  for (const index of [1, 2, 3]) respond(world, ready, { ...question, index })
  t.equal(readSum(world, question), 12_452n)
})

/** What colluding servers find when they combine their real shares as if they were enough. */
function tryToUnmask(
  { ephemeral, ciphertext }: { ephemeral: Uint8Array; ciphertext: Uint8Array },
  shares: readonly { readonly index: number; readonly share: Hex }[],
): Hex {
  const weights = lagrangeAtZero(
    group,
    shares.map(({ index }) => index),
  )
  const key = shares.reduce(
    (sum, { share }, place) => sum + decodeSecret(group, share) * (weights[place] ?? 0n),
    0n,
  )
  const [R, C] = [group.decode(ephemeral), group.decode(ciphertext)]
  assert(R && C, 'the ledger holds points')
  return toHex(
    group.encode(group.add(C, group.negate(group.multiply(R, modulo(key, group.order))))),
  )
}

t.test('two helpers of five cannot compute a sum with their real keys, three can', async (t) => {
  const { world, ready, askAgain } = await askedWorld()
  const { query } = askAgain()
  const asked = queryTable.get(world.state(), query)
  assert(asked, 'the query is open')
  const sum = toHex(group.encode(group.multiply(basesOf(group).H, 12_451n)))
  const holders = ready.shares.map((share, seat) => ({ index: seat + 1, share }))
  const of = (indices: readonly number[]) => holders.filter(({ index }) => indices.includes(index))
  for (const pair of subsetsOf([1, 2, 3, 4, 5], 2))
    t.not(tryToUnmask(asked.sums, of(pair)), sum, `servers ${pair.join(', ')}`)
  t.equal(tryToUnmask(asked.sums, of([1, 3, 5])), sum)
})

t.test('to two shares of three, every sum is equally possible', async (t) => {
  const { world, ready, askAgain } = await askedWorld()
  const { query } = askAgain()
  const asked = queryTable.get(world.state(), query)
  assert(asked, 'the query is open')
  const shares = [0, 1].map((seat) => decodeSecret(group, ready.shares[seat] as Hex))
  // For any key k' there is a polynomial of degree 2 through (0, k') and both shares: its third share completes it.
  for (const key of [1n, 2n, 123_456_789n]) {
    const at = (x: bigint) => {
      const nodes = [
        [0n, key],
        [1n, shares[0] ?? 0n],
        [2n, shares[1] ?? 0n],
      ] as const
      return nodes.reduce((sum, [i, y]) => {
        const others = nodes.filter(([j]) => j !== i)
        const factor = others.reduce((product, [j]) => product * (x - j), 1n)
        const divisor = others.reduce((product, [j]) => product * (i - j), 1n)
        return modulo(sum + y * factor * inverse(divisor), group.order)
      }, 0n)
    }
    const all = [1, 2, 3].map((index) => ({ index, value: at(BigInt(index)) }))
    t.equal(all[0]?.value, shares[0])
    t.equal(all[1]?.value, shares[1])
    const weights = lagrangeAtZero(group, [1, 2, 3])
    const opened = all.reduce((sum, { value }, place) => sum + value * (weights[place] ?? 0n), 0n)
    t.equal(modulo(opened, group.order), key)
  }
})

function inverse(value: bigint): bigint {
  let [result, base, exponent] = [1n, modulo(value, group.order), group.order - 2n]
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % group.order
    base = (base * base) % group.order
  }
  return result
}
