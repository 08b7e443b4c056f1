// Frozen bytes of this ledger's own cryptography, so that another implementation can check itself.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { asciiBytes, fromHex, toHex } from '../../../vm/bytes.ts'
import { basesOf } from '../../../vm/crypto/bases.ts'
import { openBoxWith, proveEphemeral, sealBox } from '../../../vm/crypto/box.ts'
import { referenceSuite } from '../../../vm/crypto/reference.ts'
import { commitPolynomial, lagrangeAtZero, shareKeyOf } from '../../../vm/crypto/shamir.ts'
import { proveLinear, sessionId, verifyLinear } from '../../../vm/crypto/sigma.ts'
import type { Hex } from '../../../vm/types.ts'
import { recordOf, recordRelation } from './relations.ts'

const { group, range } = referenceSuite
type Golden = {
  readonly bases: { readonly H: Hex; readonly G2: Hex }
  readonly session: Hex
  readonly record: Readonly<Record<'R' | 'V' | 'C' | 'short' | 'batchable', Hex>>
  readonly box: Readonly<Record<'E' | 'recipient' | 'box' | 'shared' | 'proof', Hex>>
  readonly shares: { readonly key: Hex; readonly lagrange: readonly Hex[] }
  readonly range: { readonly commitments: readonly Hex[]; readonly proof: Hex }
}
const file = new URL('../../vectors/epione-crypto.json', import.meta.url)
const golden: Golden = JSON.parse(readFileSync(file, 'utf8'))

const random = new Uint8Array(32).fill(0x11)
const session = sessionId({
  chainId: toHex(new Uint8Array(32).fill(0x01)),
  tag: 0x0307,
  version: 1,
  slot: 'record',
  account: toHex(new Uint8Array(32).fill(0x02)),
  object: toHex(new Uint8Array(32).fill(0x03)),
  epoch: 4,
})
const hex = (point: typeof group.base) => toHex(group.encode(point))

t.test('bases, session and proofs of a record', async (t) => {
  const { H, G2 } = basesOf(group)
  t.same({ H: hex(H), G2: hex(G2) }, golden.bases)
  t.equal(toHex(session), golden.session)
  const { points, witness } = recordOf(group, { d: 1_234n, r: 5_678_901_234n })
  const proofs = (['short', 'batchable'] as const).map((form) => {
    const statement = { group, session, relation: recordRelation, points, form }
    const proof = proveLinear({ ...statement, witness, random })
    t.ok(verifyLinear({ ...statement, proof }))
    return toHex(proof)
  })
  const { R, V, C } = points
  const [short, batchable] = proofs
  t.same({ R: hex(R), V: hex(V), C: hex(C), short, batchable }, golden.record)
})

t.test('a box, its shared point and the proof of its ephemeral key', async (t) => {
  const [a, secretKey] = [4_242n, 777n]
  const E = group.multiplyBase(a)
  const recipient = group.multiplyBase(secretKey)
  const place = { E, recipient, context: asciiBytes('golden') }
  const message = asciiBytes('a message of thirty-two bytes ok')
  const box = sealBox(group, place, { a, message })
  const shared = group.multiply(E, secretKey)
  t.same(openBoxWith(group, place, { shared, box }), message)
  const proof = proveEphemeral(group, { E, recipients: [recipient], session }, { a, random })
  t.same(
    {
      E: hex(E),
      recipient: hex(recipient),
      box: toHex(box),
      shared: hex(shared),
      proof: toHex(proof),
    },
    golden.box,
  )
})

t.test('a share key and Lagrange coefficients', async (t) => {
  const key = shareKeyOf(group, commitPolynomial(group, [5n, 6n, 7n]), 3)
  const lagrange = lagrangeAtZero(group, [1, 3, 5]).map((l) => toHex(group.encodeScalar(l)))
  t.same({ key: hex(key), lagrange }, golden.shares)
})

t.test('a range proof over three amounts', async (t) => {
  t.ok(range.verifyRange(golden.range.commitments.map(fromHex), fromHex(golden.range.proof)))
  t.notOk(
    range.verifyRange(golden.range.commitments.slice(1).map(fromHex), fromHex(golden.range.proof)),
  )
})
