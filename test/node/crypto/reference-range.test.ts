// The reference verifier of range proofs against the native one: equal verdicts on honest, changed and foreign proofs.
import * as fc from 'fast-check'
import t from 'tap'
import { createNativeSuite } from '../../../node/crypto/suite.ts'
import { toHex } from '../../../vm/bytes.ts'
import { encodeLittleEndian } from '../../../vm/crypto/integer.ts'
import { createMerlin } from '../../../vm/crypto/merlin.ts'
import { referenceSuite } from '../../../vm/crypto/reference.ts'

const native = await createNativeSuite()
const q = native.group.order

function same(commitments: readonly Uint8Array[], proof: Uint8Array): boolean | undefined {
  const verdict = native.range.verifyRange(commitments, proof)
  return referenceSuite.range.verifyRange(commitments, proof) === verdict ? verdict : undefined
}

t.test('Merlin: the published equivalence vector', async (t) => {
  const transcript = createMerlin('test protocol')
  transcript.append('some label', new TextEncoder().encode('some data'))
  t.equal(
    toHex(transcript.challenge('challenge', 32)),
    '0xd5a21972d0d5fe320c0d263fac7fffb8145aa640af6e9bca177c03c7efcf0615',
  )
})

t.test('honest proofs of every size are accepted by both', async (t) => {
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

function same2(left: Uint8Array, right: Uint8Array | undefined): boolean {
  return right !== undefined && toHex(left) === toHex(right)
}
