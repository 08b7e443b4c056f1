// Three verifiers of range proofs, the reference, the native one and dalek's: equal verdicts on honest, changed and foreign proofs.
import { batch_verify_proof } from '@aptos-labs/confidential-asset-wasm-bindings/range-proofs'
import * as fc from 'fast-check'
import t from 'tap'
import { mapToPoint } from '../../../node/crypto/ristretto255.ts'
import { createNativeSuite } from '../../../node/crypto/suite.ts'
import { toHex } from '../../../vm/bytes.ts'
import { basesOf } from '../../../vm/crypto/bases.ts'
import { createRangeVerifier } from '../../../vm/crypto/bulletproof.ts'
import { encodeLittleEndian, invert } from '../../../vm/crypto/integer.ts'
import { createMerlin } from '../../../vm/crypto/merlin.ts'
import { fillUp, isRangeInput, RANGE_BITS } from '../../../vm/crypto/range-format.ts'
import { referenceSuite } from '../../../vm/crypto/reference.ts'

const native = await createNativeSuite()
const q = native.group.order

const bases = basesOf(native.group)
const [H, G2] = [native.group.encode(bases.H), native.group.encode(bases.G2)]

/** Dalek's own verdict; its module is there as soon as a proof was made. */
function verifyByDalek(commitments: readonly Uint8Array[], proof: Uint8Array): boolean {
  if (!isRangeInput(commitments, proof)) return false
  try {
    return batch_verify_proof(proof, fillUp(commitments), H, G2, RANGE_BITS)
  } catch {
    return false
  }
}

/** The verdict of all three, undefined if they differ. */
function same(commitments: readonly Uint8Array[], proof: Uint8Array): boolean | undefined {
  const verdict = native.range.verifyRange(commitments, proof)
  const others = [
    referenceSuite.range.verifyRange(commitments, proof),
    verifyByDalek(commitments, proof),
  ]
  return others.every((other) => other === verdict) ? verdict : undefined
}

t.test('Merlin: the published equivalence vector', async (t) => {
  const transcript = createMerlin('test protocol')
  transcript.append('some label', new TextEncoder().encode('some data'))
  t.equal(
    toHex(transcript.challenge('challenge', 32)),
    '0xd5a21972d0d5fe320c0d263fac7fffb8145aa640af6e9bca177c03c7efcf0615',
  )
})

t.test('honest proofs of every size are accepted by all', async (t) => {
  for (const count of [1, 2, 3, 5, 16]) {
    const amounts = Array.from({ length: count }, (_, i) => (2n ** 32n - 1n) >> BigInt(2 * i))
    const blindings = amounts.map((_, i) => (q / 7n) * 3n + BigInt(i))
    const { commitments, proof } = native.proveRange(amounts, blindings)
    t.equal(same(commitments, proof), true, `${count} amounts`)
    const exchanged = [...commitments.slice(1), native.group.encode(native.group.multiplyBase(3n))]
    t.equal(same(exchanged, proof), false)
  }
})

t.test('changed proofs and commitments: equal verdicts', async (t) => {
  const { commitments, proof } = native.proveRange([77n, 78n], [q - 1n, 5n])
  const words = proof.length / 32
  const change = fc.record({
    target: fc.constantFrom('proof', 'commitment'),
    word: fc.nat(words - 1),
    how: fc.oneof(
      fc.nat(255).map((bit) => ({ kind: 'flip' as const, bit })),
      fc
        .constantFrom(0n, 1n, q, 2n ** 255n - 19n, 2n ** 255n - 18n, 2n ** 256n - 1n)
        .map((value) => ({
          kind: 'set' as const,
          value,
        })),
      fc.constantFrom({ kind: 'add-order' as const }),
    ),
  })
  await fc.assert(
    fc.property(change, ({ target, word, how }) => {
      const changed = proof.slice()
      const points = commitments.map((bytes) => bytes.slice())
      const bytes =
        target === 'proof'
          ? changed.subarray(32 * word, 32 * word + 32)
          : (points[word % 2] ?? changed)
      if (how.kind === 'flip')
        bytes[how.bit >> 3] = (bytes[how.bit >> 3] ?? 0) ^ (1 << (how.bit & 7))
      else if (how.kind === 'set') bytes.set(encodeLittleEndian(how.value, 32))
      else {
        const scalar = native.group.decodeScalar(bytes)
        if (scalar !== undefined) bytes.set(encodeLittleEndian(scalar + q, 32))
      }
      const untouched =
        toHex(changed) === toHex(proof) && points.every((p, i) => same2(p, commitments[i]))
      return same(points, changed) === untouched
    }),
    { numRuns: 150 },
  )
  t.pass('150 changes')
})

/** The weight that joins the two equations of a proof: what multiplies T1 over what multiplies S. */
function weightOf(commitments: readonly Uint8Array[], proof: Uint8Array): bigint {
  const sums: (readonly bigint[])[] = []
  const group: typeof native.group = {
    ...native.group,
    combine: (points, scalars) => {
      sums.push(scalars)
      return native.group.combine(points, scalars)
    },
  }
  createRangeVerifier({ group, mapToPoint }).verifyRange(commitments, proof)
  const [, x = 0n, weighted = 0n] = sums[0] ?? []
  return (weighted * invert(x, q)) % q
}

t.test('the weight of the two equations is fixed by the proof, and by every scalar of it', (t) => {
  const { commitments, proof } = native.proveRange([9n], [11n])
  const weight = weightOf(commitments, proof)
  t.equal(weightOf(commitments, proof), weight, 'nothing is drawn at random')
  const words = proof.length / 32
  const scalarAt = (word: number) =>
    native.group.decodeScalar(proof.subarray(32 * word, 32 * word + 32)) ?? 0n
  const withScalars = (changes: Readonly<Record<number, bigint>>) => {
    const changed = proof.slice()
    for (const [word, value] of Object.entries(changes))
      changed.set(encodeLittleEndian(value, 32), 32 * Number(word))
    return changed
  }
  for (const word of [4, 5, 6, words - 2, words - 1]) {
    const changed = withScalars({ [word]: (scalarAt(word) + 1n) % q })
    t.not(weightOf(commitments, changed), weight, `word ${word}`)
    t.equal(same(commitments, changed), false)
  }
  // Both equations wrong, so that the errors would cancel under the weight of the honest proof.
  const cancelling = withScalars({
    5: (scalarAt(5) + 1n) % q,
    6: (scalarAt(6) + q - weight) % q,
  })
  t.equal(same(commitments, cancelling), false)
  t.end()
})

function same2(left: Uint8Array, right: Uint8Array | undefined): boolean {
  return right !== undefined && toHex(left) === toHex(right)
}
