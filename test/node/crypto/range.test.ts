// Range proofs of the native prover: our bases and blindings, sizes, fill-up, and everything that must be refused.
import { batch_range_proof } from '@aptos-labs/confidential-asset-wasm-bindings/range-proofs'
import t from 'tap'
import { createNativeSuite } from '../../../node/crypto/suite.ts'
import { toHex } from '../../../vm/bytes.ts'
import { basesOf } from '../../../vm/crypto/bases.ts'
import { referenceRange } from '../../../vm/crypto/bulletproof.ts'
import { commit } from '../../../vm/crypto/commitment.ts'
import { encodeLittleEndian } from '../../../vm/crypto/integer.ts'
import { fillUp, rangeProofSize } from '../../../vm/crypto/range-format.ts'

const { group, range, proveRange } = await createNativeSuite()
const q = group.order
const blindingOf = (i: number) => q / 3n + BigInt(i)
const max = 2n ** 32n - 1n

t.test(
  'commitments open to the given amounts and blindings; sizes are those of the format',
  async (t) => {
    const sizes = { 1: 608, 2: 672, 3: 736, 4: 736, 5: 800, 8: 800, 9: 864, 16: 864 }
    for (const [text, size] of Object.entries(sizes)) {
      const count = Number(text)
      const amounts = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? BigInt(i) : max))
      const blindings = amounts.map((_, i) => blindingOf(i))
      const { commitments, proof } = proveRange(amounts, blindings)
      t.equal(proof.length, size)
      t.equal(rangeProofSize(count), size)
      t.same(
        commitments.map(toHex),
        amounts.map((d, i) => toHex(group.encode(commit(group, d, blindings[i] ?? 0n)))),
      )
      t.ok(range.verifyRange(commitments, proof), `${count} amounts`)
    }
  },
)

t.test('counts, lengths and points that are wrong are refused', async (t) => {
  const { commitments, proof } = proveRange([1n, 2n, 3n], [4n, 5n, 6n])
  const [first, second, third] = commitments
  if (!(first && second && third)) throw new Error('three commitments')
  const refused: [string, readonly Uint8Array[], Uint8Array][] = [
    ['none', [], proof],
    ['one fewer', [first, second], proof],
    ['filled up with another', [first, second, third, first], proof],
    ['another order', [second, first, third], proof],
    ['too many', new Array<Uint8Array>(17).fill(first), proof],
    ['the identity', [first, second, new Uint8Array(32)], proof],
    ['no point', [first, second, new Uint8Array(32).fill(255)], proof],
    ['a short point', [first, second, third.subarray(1)], proof],
    ['a long point', [first, second, new Uint8Array(33)], proof],
    ['a short proof', commitments, proof.subarray(1)],
    ['a long proof', commitments, new Uint8Array(737)],
    ['an empty proof', commitments, new Uint8Array(0)],
    ['zeros', commitments, new Uint8Array(736)],
    ['ones', commitments, new Uint8Array(736).fill(255)],
  ]
  for (const [name, points, given] of refused) t.notOk(range.verifyRange(points, given), name)
  t.ok(range.verifyRange(fillUp(commitments), proof), 'the fill-up written out')
  t.ok(range.verifyRange(commitments, proof), 'still works after all that')
})

t.test('every changed part of a proof is refused', async (t) => {
  const { commitments, proof } = proveRange([7n], [8n])
  for (let at = 0; at < proof.length; at += 7) {
    const changed = proof.slice()
    changed[at] = (changed[at] ?? 0) ^ 1
    if (range.verifyRange(commitments, changed)) t.fail(`byte ${at}`)
  }
  const points = 4
  for (const index of [0, 1, 2, points + 13, points + 14]) {
    const at = (index < 3 ? points + index : index) * 32
    const scalar = group.decodeScalar(proof.subarray(at, at + 32))
    if (scalar === undefined) throw new Error(`no scalar at ${at}`)
    const changed = proof.slice()
    changed.set(encodeLittleEndian(scalar + q, 32), at)
    t.notOk(range.verifyRange(commitments, changed), `scalar at ${at} not canonical`)
  }
})

t.test('what the proof does not cover: q − 5, 2^32 and a swapped base', async (t) => {
  const { commitments, proof } = proveRange([5n], [8n])
  const [V] = commitments
  if (V === undefined) throw new Error('one commitment')
  for (const d of [q - 5n, 2n ** 32n, 2n ** 32n + 5n]) {
    const other = group.encode(commit(group, d, 8n))
    t.notOk(range.verifyRange([other], proof), `${d}`)
  }
  const swapped = group.encode(commit(group, 8n, 5n))
  t.notOk(range.verifyRange([swapped], proof))
  t.throws(() => proveRange([2n ** 32n], [1n]), { name: 'AssertionError' })
  t.throws(() => proveRange([-1n], [1n]), { name: 'AssertionError' })
  t.throws(() => proveRange([1n], [0n]), { name: 'AssertionError' })
  t.throws(() => proveRange([1n], [q]), { name: 'AssertionError' })
  t.throws(() => proveRange([], []), { name: 'AssertionError' })
  t.throws(() => proveRange([1n], [1n, 2n]), { name: 'AssertionError' })
})

t.test('the identity as a commitment is refused although its proof holds', async (t) => {
  const bases = basesOf(group)
  const [H, G2] = [group.encode(bases.H), group.encode(bases.G2)]
  const zero = batch_range_proof(new BigUint64Array(1), [new Uint8Array(32)], H, G2, 32)
  t.same(zero.comms(), [new Uint8Array(32)])
  t.notOk(range.verifyRange(zero.comms(), zero.proof()))
  const one = batch_range_proof(new BigUint64Array(1), [group.encodeScalar(1n)], H, G2, 32)
  t.ok(range.verifyRange(one.comms(), one.proof()), 'zero with another blinding is legal')
})

t.test('a proof of more bits or over other bases is refused', async (t) => {
  const bases = basesOf(group)
  const [H, G2] = [group.encode(bases.H), group.encode(bases.G2)]
  const blinding = [group.encodeScalar(5n)]
  const wide = batch_range_proof(BigUint64Array.of(2n ** 40n), blinding, H, G2, 64)
  t.equal(wide.proof().length, 672)
  t.notOk(range.verifyRange(wide.comms(), wide.proof()))
  t.notOk(range.verifyRange([...wide.comms(), ...wide.comms()], wide.proof()), 'as two amounts')
  const base = group.encode(group.base)
  const foreign = batch_range_proof(BigUint64Array.of(7n), blinding, base, G2, 32)
  t.notOk(range.verifyRange(foreign.comms(), foreign.proof()))
})

t.test('proofs of 64 bits are proofs of nothing else, and both verifiers agree', async (t) => {
  const large = 2n ** 64n - 1n
  for (const amounts of [[large], [0n, large], [1n, 2n ** 40n, large, 0n]]) {
    const blindings = amounts.map((_, i) => blindingOf(i))
    const { commitments, proof } = proveRange(amounts, blindings, 64)
    t.equal(proof.length, rangeProofSize(amounts.length, 64))
    for (const verifier of [range, referenceRange]) {
      t.ok(verifier.verifyRange(commitments, proof, 64))
      t.notOk(verifier.verifyRange(commitments, proof), 'not of 32 bits')
      const changed = proof.with(40, (proof[40] ?? 0) ^ 1)
      t.notOk(verifier.verifyRange(commitments, changed, 64))
    }
  }
  t.throws(() => proveRange([large + 1n], [1n], 64))
  const small = proveRange([1n, 2n], [3n, 4n])
  const [first] = small.commitments
  if (first === undefined) throw new Error('two commitments')
  t.equal(rangeProofSize(1, 64), rangeProofSize(2), 'the length does not tell them apart')
  for (const verifier of [range, referenceRange])
    t.notOk(verifier.verifyRange([first], small.proof, 64))
})
