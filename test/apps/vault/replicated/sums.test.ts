// Sums of replicated shares: equal to plain sums, by whichever sufficient servers, and open to nobody with fewer.
import fc from 'fast-check'
import t from 'tap'
import {
  boxCount,
  boxPlace,
  classesOf,
  classHolders,
} from '../../../../apps/vault/replicated/classes.ts'
import { commitShare, type Share, shareFrom } from '../../../../apps/vault/replicated/statements.ts'
import { combineScalars, sumClass } from '../../../../client/vault/replicated/answer.ts'
import { buildRepRecord, deriveShare } from '../../../../client/vault/replicated/record.ts'
import { assert } from '../../../../vm/assert.ts'
import { basesOf } from '../../../../vm/crypto/bases.ts'
import { commit } from '../../../../vm/crypto/commitment.ts'
import { invert, modulo } from '../../../../vm/crypto/integer.ts'
import { referenceSuite } from '../../../../vm/crypto/reference.ts'
import type { Digest } from '../../../../vm/types.ts'
import { ask, invoiceOf, letAskBucket, letWrite, readSum, segmentOf } from '../cast.ts'
import { createWorld, entropyOf, idOf, suite } from '../world.ts'
import { dealRep, recordRep, repRespond } from './scene.ts'

const { group } = suite

/** All (t, n) up to five servers. */
const allSizes = [2, 3, 4, 5].flatMap((seats) =>
  [2, 3, 4, 5].flatMap((threshold) => (threshold <= seats ? [{ threshold, seats }] : [])),
)

function subsetsOf(seats: number, size: number): readonly (readonly number[])[] {
  const all = Array.from({ length: 2 ** seats }, (_, mask) =>
    Array.from({ length: seats }, (__, seat) => seat + 1).filter((i) => (mask >> (i - 1)) & 1),
  )
  return all.filter((subset) => subset.length === size)
}

t.test('of three servers each holds two classes, as in the table of the poster', async (t) => {
  const sizes = { threshold: 2, seats: 3 }
  t.strictSame(classHolders(sizes), [
    [1, 3],
    [1, 2],
    [2, 3],
  ])
  t.strictSame(
    [1, 2, 3].map((index) => classesOf(sizes, index)),
    [
      [1, 2],
      [2, 3],
      [1, 3],
    ],
  )
})

t.test(
  'any t servers hold every class and fewer miss one; boxes have one place each',
  async (t) => {
    for (const sizes of allSizes) {
      const { threshold, seats } = sizes
      const holders = classHolders(sizes)
      const name = `(${threshold}, ${seats})`
      const holdAll = (servers: readonly number[]) =>
        holders.every((of) => of.some((index) => servers.includes(index)))
      for (const few of subsetsOf(seats, threshold - 1)) t.notOk(holdAll(few), `${name} ${few}`)
      for (const enough of subsetsOf(seats, threshold)) t.ok(holdAll(enough), `${name} ${enough}`)
      const places = holders.flatMap((of, at) =>
        of.map((index) => boxPlace(sizes, { holdingClass: at + 1, index })),
      )
      t.strictSame(
        places,
        Array.from({ length: boxCount(sizes) }, (_, place) => place),
        name,
      )
    }
    t.equal(boxPlace({ threshold: 2, seats: 3 }, { holdingClass: 1, index: 2 }), -1)
  },
)

const scalar = fc.bigInt({ min: 1n, max: group.order - 1n })
const amounts = fc.array(fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }), {
  minLength: 1,
  maxLength: 4,
})
const place = { committee: idOf('some committee'), epoch: 1 }
const encode = (secret: bigint) =>
  `0x${Buffer.from(group.encodeScalar(secret)).toString('hex')}` as const

/** What an owner publishes of amounts, without its ledger. */
function share(secrets: readonly bigint[], values: readonly bigint[]) {
  const records = values.map((amount, at) => {
    const nonce = `0x${at.toString(16).padStart(32, '0')}` as const
    const parts = secrets.map((secret) => deriveShare(group, { ...place, nonce }, encode(secret)))
    const total = parts.reduce((sum, { f }) => sum + f, 0n)
    return { nonce, parts, offset: modulo(amount - total, group.order) }
  })
  const offset = group.encodeScalar(
    modulo(
      records.reduce((sum, record) => sum + record.offset, 0n),
      group.order,
    ),
  )
  return { records, offset, nonces: records.map(({ nonce }) => nonce) }
}

for (const sizes of allSizes) {
  const { threshold, seats } = sizes
  t.test(`(${threshold}, ${seats}): sufficient servers find the plain sum, fewer any sum`, (t) => {
    const holders = classHolders(sizes)
    const keys = fc.uniqueArray(scalar, { minLength: holders.length, maxLength: holders.length })
    fc.assert(
      fc.property(keys, amounts, scalar, (secrets, values, shift) => {
        const { nonces, offset, records } = share(secrets, values)
        const sums = secrets.map((secret) => sumClass(group, { ...place, nonces }, encode(secret)))
        const plain = values.reduce((sum, amount) => sum + amount, 0n)
        const found = combineScalars(group, sums, { offset })
        t.equal(found.sum, plain)
        // V opens to the sum, so whoever reads it cannot be told another.
        const V = records
          .flatMap(({ parts }) => parts)
          .reduce((sum, part) => group.add(sum, commitShare(group, part)), group.identity)
        const delta = group.combine([basesOf(group).H], [group.decodeScalar(offset) ?? 0n])
        t.ok(group.equal(group.add(V, delta), commit(group, plain, found.blinding)))
        // Fewer servers miss a class, and every other sum fits with another share of that class.
        const [missing] = classHolders(sizes).map((_, at) => at)
        const other = sums.map((sum, at) =>
          at === missing ? { ...sum, f: modulo(sum.f + shift, group.order) } : sum,
        )
        const told = combineScalars(group, other, { offset })
        t.equal(told.sum, modulo(plain + shift, group.order))
      }),
      { numRuns: 3, seed: 6 },
    )
    t.end()
  })
}

t.test(
  'what too few servers see fits every amount: their missing share is exhibited',
  async (t) => {
    // Commitments with bases whose relation the test knows, as nobody does for H and G2: only so can it show the other opening.
    const kappa = 77n
    const { records } = share([11n, 12n, 13n], [700n])
    const [{ offset, parts } = { offset: 0n, parts: [] }] = records
    const [first, second, missing] = parts
    assert(first && second && missing, 'three shares')
    const seen = (part: Share) => group.multiplyBase(modulo(part.f + kappa * part.g, group.order))
    for (const amount of [0n, 1n, 2n ** 32n - 1n]) {
      const f = modulo(amount - offset - first.f - second.f, group.order)
      const g = modulo((missing.f - f) * invert(kappa, group.order) + missing.g, group.order)
      t.ok(group.equal(seen({ f, g }), seen(missing)), 'the same commitment is seen')
      t.equal(modulo(offset + first.f + second.f + f, group.order), amount)
    }
  },
)

t.test(
  'shares are the same with both groups and differ by class, nonce, epoch and committee',
  async (t) => {
    const seeds = [3n, 4n].map((k) => [group.multiplyBase(k), referenceSuite.group.multiplyBase(k)])
    for (const [native, reference] of seeds) {
      assert(native && reference, 'two groups')
      t.strictSame(shareFrom(group, native), shareFrom(referenceSuite.group, reference))
    }
    const nonce = `0x${'07'.repeat(16)}` as const
    const of = (changes: object, secret = 5n) =>
      deriveShare(group, { ...place, nonce, ...changes }, encode(secret)).f
    const seen = [
      of({}),
      of({}, 6n),
      of({ nonce: `0x${'08'.repeat(16)}` }),
      of({ epoch: 2 }),
      of({ committee: idOf('other') }),
    ]
    t.equal(new Set(seen).size, seen.length)
    const reference = referenceSuite.group
    t.equal(deriveShare(reference, { ...place, nonce }, encode(5n)).f, of({}))
  },
)

t.test(
  'two amounts of one writer never share a nonce, even with a broken random source',
  async (t) => {
    const writing = {
      chainId: idOf('chain'),
      account: idOf('hospital desk'),
      ...place,
      secrets: new Map([1, 2, 3].map((held) => [held, encode(BigInt(held))])),
      writerSecret: entropyOf('writer secret'),
      entropy: new Uint8Array(32),
    }
    const nonceOf = (amount: bigint) =>
      buildRepRecord({ group, range: suite }, writing, invoiceOf('pat', amount, 'same')).nonce
    t.equal(nonceOf(1n), nonceOf(1n))
    t.not(nonceOf(1n), nonceOf(2n))
  },
)

const history = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }) },
    { weight: 1, arbitrary: fc.constant('void' as const) },
    { weight: 1, arbitrary: fc.constant('ask' as const) },
  ),
  { minLength: 6, maxLength: 10 },
)

t.test(
  'over random histories the ledger’s sums are the plain ones, by any two servers',
  async (t) => {
    await fc.assert(
      fc.asyncProperty(history, fc.constantFrom([1, 2], [2, 3], [1, 3]), async (steps, pair) => {
        const world = await createWorld({ minimumSetSize: 1 })
        const ready = dealRep(world)
        letWrite(world, 'pat')
        const consent = letAskBucket(world, ready.committee, 'pat', { maxUses: 100 })
        let open: { readonly id: Digest; readonly amount: bigint }[] = []
        let segment = 0
        for (const step of [...steps, 'ask' as const]) {
          if (typeof step === 'bigint') {
            const [id] = recordRep(world, ready, { name: 'pat', amounts: [step] })
            if (id !== undefined) open.push({ id, amount: step })
          } else if (step === 'void') {
            const gone = open.pop()
            if (gone === undefined) continue
            const payload = { account: idOf('hospital desk'), record: gone.id, reason: 'error' }
            t.equal(world.send('vault.void', payload, 'hospital desk').code, '')
          } else if (open.length > 0) {
            const question = ask(world, ready, { target: segmentOf('pat', segment++), consent })
            const records = open.map(({ id }) => id)
            for (const index of pair)
              t.equal(repRespond(world, ready, { ...question, index, records }).code, '')
            const plain = open.reduce((sum, { amount }) => sum + amount, 0n)
            t.equal(readSum(world, question), plain)
            open = []
          }
        }
      }),
      { numRuns: 4, seed: 11 },
    )
  },
)
