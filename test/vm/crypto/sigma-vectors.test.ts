// The official vectors of the CFRG drafts: 14 valid proofs byte for byte, 33 forgeries refused.
import { readFileSync } from 'node:fs'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import t from 'tap'
import { asciiBytes } from '../../../vm/bytes.ts'
import { createSponge, deriveSessionId, squeezeUint } from '../../../vm/crypto/fiat-shamir.ts'
import { isValidInstance, serializeInstance } from '../../../vm/crypto/linear-relation.ts'
import { p256 } from '../../../vm/crypto/p256.ts'
import { proveWithNonces, verifyProof, verifyProofs } from '../../../vm/crypto/sigma-core.ts'
import { parseInstance } from './instance-vectors.ts'

type Vector = {
  readonly Id: string
  readonly BaseId?: string
  readonly Ciphersuite: string
  readonly Relation: string
  readonly Flavor: 'batchable' | 'compact'
  readonly Tag: string
  readonly SessionId: string
  readonly Instance: string
  readonly Witness: string
  readonly NargString: string
  readonly Expected: 'accept' | 'reject'
}

function load(name: string): readonly Vector[] {
  return JSON.parse(readFileSync(new URL(`../../vectors/${name}`, import.meta.url), 'utf8'))
}
const valid = load('irtf-sigma-proofs_Shake128_P256.json')
const adversarial = load('irtf-sigma-proofs-invalid_Shake128_P256.json')
const forms = { batchable: 'batchable', compact: 'short' } as const
const markers = { batchable: 'DSFS', compact: 'CMPT' } as const

function accepted(vector: Vector): boolean {
  const instance = parseInstance(p256, hexToBytes(vector.Instance))
  if (instance === undefined) return false
  const claim = { sessionId: deriveSessionId(asciiBytes(vector.Tag)), instance }
  return verifyProof(p256, claim, {
    proof: hexToBytes(vector.NargString),
    form: forms[vector.Flavor],
  })
}

function chunks(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: bytes.length / size }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  )
}

t.test('valid proofs are made again byte for byte from the seeded generator', async (t) => {
  t.equal(valid.length, 14)
  for (const vector of valid) {
    const instance = parseInstance(p256, hexToBytes(vector.Instance))
    if (instance === undefined) throw new Error(`${vector.Id} has no instance`)
    t.ok(isValidInstance(p256, instance), vector.Id)
    t.equal(bytesToHex(serializeInstance(p256, instance)), vector.Instance, vector.Id)
    const sessionId = deriveSessionId(asciiBytes(vector.Tag))
    t.equal(bytesToHex(sessionId), vector.SessionId, vector.Id)
    const witness = chunks(hexToBytes(vector.Witness), 32).map(
      (bytes) => p256.decodeScalar(bytes) ?? -1n,
    )
    const seed = `TestDRNG-SIGMA-PROOFS-${markers[vector.Flavor]}-${vector.Ciphersuite}-${vector.Relation}`
    const generator = createSponge(deriveSessionId(asciiBytes(seed)))
    const nonces = witness.map(() => squeezeUint(generator, p256.order))
    const form = forms[vector.Flavor]
    const proof = proveWithNonces(p256, { sessionId, instance }, { witness, nonces, form })
    t.equal(bytesToHex(proof), vector.NargString, vector.Id)
    t.ok(accepted(vector), vector.Id)
  }
})

t.test('adversarial vectors have the verdict that the draft demands', async (t) => {
  t.equal(adversarial.length, 33)
  t.equal(adversarial.filter(({ Expected }) => Expected === 'reject').length, 29)
  const ids = new Set([...valid, ...adversarial].map(({ Id }) => Id))
  for (const vector of adversarial) {
    t.equal(accepted(vector), vector.Expected === 'accept', vector.Id)
    if (vector.BaseId !== undefined) t.ok(ids.has(vector.BaseId), `${vector.Id} has a baseline`)
  }
})

t.test(
  'every subset of the valid batchable proofs is a valid batch; a forged one spoils it',
  async (t) => {
    const item = (vector: Vector) => {
      const instance = parseInstance(p256, hexToBytes(vector.Instance))
      if (instance === undefined) return undefined
      const sessionId = deriveSessionId(asciiBytes(vector.Tag))
      return { sessionId, instance, proof: hexToBytes(vector.NargString) }
    }
    const good = valid.filter(({ Flavor }) => Flavor === 'batchable').flatMap((v) => item(v) ?? [])
    t.equal(good.length, 7)
    for (let mask = 0; mask < 1 << good.length; mask++) {
      const subset = good.filter((_, i) => (mask >> i) & 1)
      if (!verifyProofs(p256, subset)) t.fail(`subset ${mask} is valid`)
    }
    for (const vector of adversarial) {
      if (vector.Flavor !== 'batchable' || vector.Expected === 'accept') continue
      const bad = item(vector)
      if (bad !== undefined) t.notOk(verifyProofs(p256, [...good.slice(0, 1), bad]), vector.Id)
    }
  },
)
