// Proofs as applications use them: complete, bound to every item of the transcript, strict in form, batches equal to singles.
import * as fc from 'fast-check'
import t from 'tap'
import { createNativeGroup } from '../../../node/crypto/ristretto255.ts'
import { toHex } from '../../../vm/bytes.ts'
import type { Group, Point } from '../../../vm/crypto/group.ts'
import { encodeLittleEndian } from '../../../vm/crypto/integer.ts'
import { ristretto255 } from '../../../vm/crypto/ristretto255.ts'
import {
  type BatchItem,
  batchItem,
  defineRelation,
  extendSession,
  proofSize,
  proveLinear,
  sessionId,
  verifyBatch,
  verifyEach,
  verifyLinear,
} from '../../../vm/crypto/sigma.ts'
import { recordOf, recordRelation } from './relations.ts'

const native = await createNativeGroup()
const q = native.order
const random = new Uint8Array(32).fill(1)
const context = {
  chainId: toHex(new Uint8Array(32).fill(1)),
  tag: 0x0307,
  version: 1,
  slot: 'record',
  account: toHex(new Uint8Array(32).fill(2)),
  object: toHex(new Uint8Array(32).fill(3)),
  epoch: 4,
} as const
const session = sessionId(context)
const forms = ['short', 'batchable'] as const
const base = { relation: recordRelation, session, random } as const

function proofOf(group: Group<Point>, form: 'short' | 'batchable', at = session) {
  const { points, witness } = recordOf(group, { d: 1_234n, r: 5_678_901_234n })
  const proof = proveLinear({ ...base, group, session: at, points, witness, form })
  return { group, relation: recordRelation, session: at, points, proof, form }
}

for (const form of forms) {
  t.test(`${form}: a true statement has a proof, the same in both groups`, async (t) => {
    const fast = proofOf(native, form)
    const slow = proofOf(ristretto255, form)
    t.same(fast.proof, slow.proof)
    t.equal(fast.proof.length, proofSize(recordRelation, form))
    t.ok(verifyLinear(fast))
    t.ok(verifyLinear(slow))
  })

  t.test(`${form}: no item of the transcript can be changed`, async (t) => {
    const proved = proofOf(native, form)
    const other = native.multiplyBase(99n)
    for (const name of recordRelation.points)
      t.notOk(verifyLinear({ ...proved, points: { ...proved.points, [name]: other } }), name)
    const changes = {
      chainId: toHex(new Uint8Array(32).fill(9)),
      tag: 0x0308,
      version: 2,
      slot: 'records',
      account: toHex(new Uint8Array(32).fill(9)),
      object: toHex(new Uint8Array(32).fill(9)),
      epoch: 5,
    }
    for (const [name, value] of Object.entries(changes)) {
      const replayed = sessionId({ ...context, [name]: value })
      t.notOk(verifyLinear({ ...proved, session: replayed }), `replayed under another ${name}`)
    }
    t.notOk(verifyLinear({ ...proved, session: extendSession(session, new Uint8Array(1)) }))
    t.notOk(
      verifyLinear({ ...proved, session: extendSession(session) }),
      'an extension by nothing is another session',
    )
    const [first, second, third] = recordRelation.equations
    if (!(first && second && third)) throw new Error('three equations')
    const swapped = { ...recordRelation, equations: [second, first, third] }
    t.notOk(verifyLinear({ ...proved, relation: swapped }), 'equations swapped')
    const fewer = { ...recordRelation, equations: [first, second] }
    t.notOk(verifyLinear({ ...proved, relation: fewer }), 'an equation dropped')
    const otherForm = form === 'short' ? 'batchable' : 'short'
    t.notOk(verifyLinear({ ...proved, form: otherForm }))
  })

  t.test(`${form}: every changed bit and every other length is refused`, async (t) => {
    const proved = proofOf(native, form)
    let accepted = 0
    for (let bit = 0; bit < proved.proof.length * 8; bit += 5) {
      const proof = proved.proof.slice()
      proof[bit >> 3] = (proof[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      if (verifyLinear({ ...proved, proof })) accepted++
    }
    t.equal(accepted, 0)
    for (const size of [0, 1, 32, 64, proved.proof.length - 1, proved.proof.length + 1, 1_000]) {
      const proof = new Uint8Array(size)
      proof.set(proved.proof.subarray(0, size))
      t.notOk(verifyLinear({ ...proved, proof }), `${size} bytes`)
    }
    t.notOk(verifyLinear({ ...proved, proof: new Uint8Array(proved.proof.length) }), 'all zero')
  })

  t.test(`${form}: a scalar that is not canonical is refused`, async (t) => {
    const proved = proofOf(native, form)
    for (let at = form === 'short' ? 0 : 96; at < proved.proof.length; at += 32) {
      const scalar = native.decodeScalar(proved.proof.subarray(at, at + 32)) ?? 0n
      const proof = proved.proof.slice()
      proof.set(encodeLittleEndian(scalar + q, 32), at)
      t.notOk(verifyLinear({ ...proved, proof }), `scalar at ${at}`)
    }
  })

  t.test(`${form}: the identity is refused in the statement`, async (t) => {
    const proved = proofOf(native, form)
    for (const name of recordRelation.points) {
      const points = { ...proved.points, [name]: native.identity }
      t.notOk(verifyLinear({ ...proved, points }), name)
      t.throws(
        () => proveLinear({ ...base, group: native, points, witness: { d: 0n, r: 0n }, form }),
        { name: 'AssertionError' },
      )
    }
  })

  t.test(`${form}: a wrong witness gives a proof that nobody accepts`, async (t) => {
    const { points, witness } = recordOf(native, { d: 5n, r: 6n })
    for (const wrong of [
      { ...witness, d: 4n },
      { ...witness, r: 7n },
    ]) {
      const proof = proveLinear({ ...base, group: native, points, witness: wrong, form })
      t.notOk(verifyLinear({ ...base, group: native, points, proof, form }))
    }
  })
}

t.test(
  'nonces differ with the random bytes, the witness, the statement and the form',
  async (t) => {
    const { points, witness } = recordOf(native, { d: 5n, r: 6n })
    const other = recordOf(native, { d: 5n, r: 7n })
    const common = { ...base, group: native, form: 'batchable' } as const
    const firsts = [
      proveLinear({ ...common, points, witness }),
      proveLinear({ ...common, points, witness, random: new Uint8Array(32).fill(2) }),
      proveLinear({ ...common, points, witness: other.witness }),
      proveLinear({ ...common, points: other.points, witness }),
      proveLinear({ ...common, points, witness, session: extendSession(session) }),
    ].map((proof) => toHex(proof.subarray(0, 96)))
    t.equal(new Set(firsts).size, firsts.length)
    t.throws(() => proveLinear({ ...common, points, witness, random: new Uint8Array(31) }), {
      name: 'AssertionError',
    })
  },
)

t.test('coefficients, several image terms and repeated scalars', async (t) => {
  // C1 = D·H − y·X1 and M + E1 = 3·y·(X1 + H) as two image terms.
  const relation = defineRelation({
    scalars: ['D', 'y'],
    points: ['H', 'X1', 'C1', 'M', 'E1'],
    equations: [
      {
        image: [['C1']],
        terms: [
          ['D', 'H'],
          ['y', 'X1', -1n],
        ],
      },
      {
        image: [['M'], ['E1', 2n]],
        terms: [
          ['y', 'X1', 3n],
          ['y', 'H', 3n],
        ],
      },
    ],
  })
  const [D, y] = [900n, 12_345n]
  const H = native.multiplyBase(7n)
  const X1 = native.multiplyBase(11n)
  const E1 = native.multiplyBase(13n)
  const C1 = native.multiplyBase((7n * D - 11n * y + 2n * q * q) % q)
  const M = native.multiplyBase((3n * y * 18n - 26n) % q)
  const points = { H, X1, C1, M, E1 }
  const proof = proveLinear({
    ...base,
    group: native,
    relation,
    points,
    witness: { D, y },
    form: 'batchable',
  })
  const item = { session, relation, points, proof }
  t.ok(verifyLinear({ ...item, group: native, form: 'batchable' }))
  t.ok(verifyBatch(native, [batchItem(item), batchItem(proofOf(native, 'batchable'))]))
  // The same sum M + 2·E1 from other parts must not pass.
  const moved = {
    ...points,
    M: native.add(M, native.add(native.base, native.base)),
    E1: native.add(E1, native.negate(native.base)),
  }
  t.notOk(verifyLinear({ ...item, group: native, points: moved, form: 'batchable' }))
})

t.test('a relation with a mistake is refused when it is defined', async (t) => {
  type Loose = Parameters<typeof defineRelation>[0]
  const good: Loose = {
    scalars: ['x'],
    points: ['X'],
    equations: [{ image: [['X']], terms: [['x', 'B']] }],
  }
  t.equal(defineRelation(good).equations.length, 1)
  const mistakes: readonly Partial<Loose>[] = [
    { points: ['X', 'Y'] },
    { points: ['B'] },
    { points: ['X', 'X'] },
    { scalars: ['x', 'y'] },
    { equations: [] },
    { equations: [{ image: [], terms: [['x', 'B']] }] },
    { equations: [{ image: [['X']], terms: [] }] },
    { equations: [{ image: [['Z']], terms: [['x', 'B']] }] },
    { equations: [{ image: [['X']], terms: [['y', 'B']] }] },
  ]
  for (const mistake of mistakes)
    t.throws(() => defineRelation({ ...good, ...mistake }), { name: 'AssertionError' })
})

t.test('equations that a zero witness fulfils are no statement', async (t) => {
  const relation = defineRelation({
    scalars: ['x'],
    points: ['X', 'Y'],
    equations: [{ image: [['X'], ['Y']], terms: [['x', 'B']] }],
  })
  const X = native.multiplyBase(5n)
  const points = { X, Y: native.negate(X) }
  const proof = new Uint8Array(64)
  t.notOk(verifyLinear({ group: native, session, relation, points, proof, form: 'short' }))
})

type Damage = 'none' | 'response' | 'message' | 'session' | 'point' | 'length'
const damages: readonly Damage[] = ['none', 'response', 'message', 'session', 'point', 'length']

function damagedItem(damage: Damage, seed: number): BatchItem<Point> {
  const own = extendSession(session, new Uint8Array([seed]))
  const { points, witness } = recordOf(native, { d: BigInt(seed) + 1n, r: BigInt(seed) + 99n })
  const item = { ...base, group: native, session: own, points, form: 'batchable' } as const
  const proof = proveLinear({ ...item, witness })
  if (damage === 'response') proof[100] = (proof[100] ?? 0) ^ 1
  if (damage === 'message') proof.set(native.encode(native.multiplyBase(8n)), 32)
  return batchItem({
    relation: recordRelation,
    session: damage === 'session' ? session : own,
    points: damage === 'point' ? { ...points, V: native.multiplyBase(6n) } : points,
    proof: damage === 'length' ? proof.subarray(1) : proof,
  })
}

t.test('a batch has the verdicts of its items alone, in every mix', async (t) => {
  await fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...damages), fc.nat(255)), { maxLength: 5 }),
      (mix) => {
        const items = mix.map(([damage, seed]) => damagedItem(damage, seed))
        const alone = items.map((item) =>
          verifyLinear({ ...item, group: native, form: 'batchable' }),
        )
        const each = verifyEach(native, items)
        return (
          mix.every(([damage], i) => alone[i] === (damage === 'none')) &&
          each.every((verdict, i) => verdict === alone[i]) &&
          verifyBatch(native, items) === alone.every((verdict) => verdict)
        )
      },
    ),
    { numRuns: 40 },
  )
  t.ok(verifyBatch(native, []), 'an empty batch is valid')
})

t.test('two errors that cancel out under equal weights do not pass', async (t) => {
  const items = [damagedItem('none', 1), damagedItem('none', 2)]
  const shifted = items.map((item, i) => {
    const proof = item.proof.slice()
    const response = native.decodeScalar(proof.subarray(128, 160)) ?? 0n
    const shift = i === 0 ? 5n : q - 5n
    proof.set(native.encodeScalar((response + shift) % q), 128)
    return { ...item, proof }
  })
  t.notOk(verifyBatch(native, shifted))
  t.same(verifyEach(native, shifted), [false, false])
})
