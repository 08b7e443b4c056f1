// Forgeries that only one check of the engine can stop: the identity as first message, and errors that cancel under known weights.
import t from 'tap'
import { createNativeGroup } from '../../../node/crypto/ristretto255.ts'
import { asciiBytes, concat } from '../../../vm/bytes.ts'
import { createSponge, deriveSessionId, squeezeUint } from '../../../vm/crypto/fiat-shamir.ts'
import type { Point } from '../../../vm/crypto/group.ts'
import { decodeLittleEndian, modulo } from '../../../vm/crypto/integer.ts'
import { serializeInstance } from '../../../vm/crypto/linear-relation.ts'
import { defineRelation } from '../../../vm/crypto/sigma.ts'
import {
  type Claim,
  proveWithNonces,
  verifyProof,
  verifyProofs,
} from '../../../vm/crypto/sigma-core.ts'

const group = await createNativeGroup()
const q = group.order
const logarithm = defineRelation({
  scalars: ['x'],
  points: ['X'],
  equations: [{ image: [['X']], terms: [['x', 'B']] }],
})

function claimOf(x: bigint): Claim<Point> {
  const instance = {
    elements: [group.base, group.multiplyBase(x)],
    equations: logarithm.equations,
  }
  return { sessionId: new Uint8Array(32).fill(Number(x)), instance }
}

function challengeOf(claim: Claim<Point>, firstMessages: Uint8Array): bigint {
  const sponge = createSponge(claim.sessionId)
  sponge.absorb(serializeInstance(group, claim.instance))
  sponge.absorb(firstMessages)
  return squeezeUint(sponge, q)
}

t.test(
  'a transcript with the identity as first message fulfils the equation and is refused',
  async (t) => {
    const claim = claimOf(3n)
    const identity = group.encode(group.identity)
    const challenge = challengeOf(claim, identity)
    const response = group.encodeScalar((challenge * 3n) % q)
    const batchable = concat(identity, response)
    t.notOk(verifyProof(group, claim, { proof: batchable, form: 'batchable' }))
    t.notOk(verifyProofs(group, [{ ...claim, proof: batchable }]))
    const short = concat(group.encodeScalar(challenge), response)
    t.notOk(verifyProof(group, claim, { proof: short, form: 'short' }))
    const secret = { witness: [3n], nonces: [0n], form: 'short' } as const
    t.throws(() => proveWithNonces(group, claim, secret), { name: 'AssertionError' })
  },
)

/** The weights that a verifier would use if it absorbed only what `kept` leaves of each proof. */
function weightsOf(
  items: readonly (Claim<Point> & { proof: Uint8Array })[],
  kept: (proof: Uint8Array) => Uint8Array,
): bigint[] {
  const sponge = createSponge(deriveSessionId(asciiBytes('irtf-cfrg-sigma-protocols/batch-verify')))
  for (const { sessionId, instance, proof } of items) {
    sponge.absorb(sessionId)
    sponge.absorb(serializeInstance(group, instance))
    sponge.absorb(kept(proof))
  }
  return items.map(() => decodeLittleEndian(sponge.squeeze(16)))
}

function shiftResponse(proof: Uint8Array, shift: bigint): Uint8Array {
  const response = group.decodeScalar(proof.subarray(32)) ?? 0n
  return concat(proof.subarray(0, 32), group.encodeScalar(modulo(response + shift, q)))
}

t.test('errors that cancel under weights known before the responses do not pass', async (t) => {
  const honest = [3n, 5n].map((x) => {
    const claim = claimOf(x)
    const secret = { witness: [x], nonces: [x + 100n], form: 'batchable' } as const
    return { ...claim, proof: proveWithNonces(group, claim, secret) }
  })
  t.ok(verifyProofs(group, honest))
  const known = {
    'equal weights': [1n, 1n],
    'weights without proofs': weightsOf(honest, () => new Uint8Array(0)),
    'weights without responses': weightsOf(honest, (proof) => proof.subarray(0, 32)),
    'weights of the honest proofs': weightsOf(honest, (proof) => proof),
  }
  for (const [name, [left = 0n, right = 0n]] of Object.entries(known)) {
    const shifts = [right, -left]
    const forged = honest.map((item, i) => ({
      ...item,
      proof: shiftResponse(item.proof, shifts[i] ?? 0n),
    }))
    t.notOk(verifyProofs(group, forged), name)
    for (const item of forged)
      t.notOk(verifyProof(group, item, { proof: item.proof, form: 'batchable' }), name)
  }
})
