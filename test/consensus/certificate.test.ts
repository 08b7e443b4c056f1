// Certificates under real Ed25519 signatures: what a client checks.
import t from 'tap'
import {
  type CommitCertificate,
  decodeCommitCertificate,
  encodeCommitCertificate,
  formCertificate,
  signersOf,
  verifyCommitCertificate,
  verifyPreparedCertificate,
} from '../../consensus/certificate.ts'
import { toHex } from '../../vm/bytes.ts'
import { digest } from '../../vm/hash.ts'
import { publicKeyOf, sign, verifySignature } from '../../vm/sign.ts'
import { voteDigest } from '../../vm/vote.ts'

const chainId = digest('genesis', new Uint8Array([1]))
const blockId = digest('block', new Uint8Array([2]))
const seeds = [0, 1, 2, 3, 4].map((index) => new Uint8Array(32).fill(index + 1))
const validators = seeds.map((seed) => ({ publicKey: toHex(publicKeyOf(seed)) }))
const set = { chainId, engine: 'pbft', validators } as const
const about = { height: 9, blockId }

function commitBy(signer: number, view = 2) {
  const vote = { kind: 'commit', height: 9, view, blockId } as const
  const seed = seeds[signer] ?? new Uint8Array(32)
  return { ...vote, signer, signature: sign(seed, voteDigest(chainId, vote)) }
}

const certificate = formCertificate(
  [4, 1, 0, 3].map((signer) => commitBy(signer)),
  5,
)

function check(value: CommitCertificate, what = { set, about }): string {
  return verifyCommitCertificate({ ...what, value, verifySignature }) ?? 'ok'
}

t.test('q signatures of the set under one commit are a certificate', async (t) => {
  t.equal(check(certificate), 'ok')
  t.strictSame(signersOf(certificate, 5), [0, 1, 3, 4])
  t.same(decodeCommitCertificate(encodeCommitCertificate(certificate)), certificate)
  const prepared = verifyPreparedCertificate({ set, about, value: certificate, verifySignature })
  t.equal(prepared, 'BAD_SIGNATURE', 'commits are no prepares')
})

t.test('it is about one height, block, view and chain', async (t) => {
  t.equal(check(certificate, { set, about: { ...about, height: 8 } }), 'WRONG_BLOCK')
  t.equal(check(certificate, { set, about: { ...about, blockId: chainId } }), 'WRONG_BLOCK')
  t.equal(check({ ...certificate, view: 1 }), 'BAD_SIGNATURE')
  t.equal(check(certificate, { set: { ...set, chainId: blockId }, about }), 'BAD_SIGNATURE')
})

t.test('fewer than q, strangers and wrong bits are refused', async (t) => {
  const { signatures } = certificate
  const bits = (...bytes: number[]) => new Uint8Array(bytes)
  t.equal(
    check({ ...certificate, signers: bits(0b01011), signatures: signatures.slice(0, 3) }),
    'NO_QUORUM',
  )
  t.equal(check({ ...certificate, signers: bits(0b01111) }), 'BAD_SIGNATURE', 'other signers')
  t.equal(check({ ...certificate, signers: bits(0b111011) }), 'BAD_SIGNERS', 'a bit above the set')
  t.equal(check({ ...certificate, signers: bits(0b11011, 0) }), 'BAD_SIGNERS', 'a longer bitmap')
  t.equal(
    check({ ...certificate, signatures: signatures.slice(1) }),
    'BAD_SIGNERS',
    'one is missing',
  )
  const turned = [...signatures.slice(1), ...signatures.slice(0, 1)]
  t.equal(check({ ...certificate, signatures: turned }), 'BAD_SIGNATURE', 'in another order')
  const reordered = validators.toReversed()
  t.equal(check(certificate, { set: { ...set, validators: reordered }, about }), 'BAD_SIGNATURE')
})

t.test('every attached signature is checked, not only a quorum of them', async (t) => {
  const five = { ...certificate, signers: new Uint8Array([0b11111]) }
  const signature = commitBy(2).signature
  const { signatures } = certificate
  const all = [...signatures.slice(0, 2), signature, ...signatures.slice(2)]
  t.equal(check({ ...five, signatures: all }), 'ok')
  const spoiled = all.map((bytes, place) => (place === 4 ? new Uint8Array(64) : bytes))
  t.equal(check({ ...five, signatures: spoiled }), 'BAD_SIGNATURE')
})

t.test('votes of different views or blocks never make one', async (t) => {
  const mixed = [commitBy(0), commitBy(1), commitBy(3), commitBy(4, 3)]
  t.throws(() => formCertificate(mixed, 5), /votes for one block/)
  t.throws(() => formCertificate([], 5), /needs a vote/)
})
