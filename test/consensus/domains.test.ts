// Checklist, signatures: what one key signs for one purpose, chain, kind and place is a signature of nothing else.
import fc from 'fast-check'
import t from 'tap'
import { toHex } from '../../vm/bytes.ts'
import { hash } from '../../vm/hash.ts'
import { type Vote, voteDigest } from '../../vm/vote.ts'

/** Everything for which validators, accounts, organizations and nodes sign. */
const purposes = ['vote', 'tx', 'handshake', 'validator-proposal', 'genesis-fork', 'signer-reset']
const id = fc.constantFrom(
  `0x${'11'.repeat(32)}` as const,
  `0x${'22'.repeat(32)}` as const,
  `0x${'33'.repeat(32)}` as const,
)
const place = { height: fc.nat(3), view: fc.nat(3) }
const vote: fc.Arbitrary<Vote> = fc.oneof(
  ...(['pre-prepare', 'prepare', 'commit'] as const).map((kind) =>
    fc.record({ kind: fc.constant(kind), ...place, blockId: id }),
  ),
  fc.record({
    kind: fc.constant('view-change' as const),
    ...place,
    prepared: fc.option(fc.record({ view: fc.nat(3), blockId: id })),
  }),
)

t.test(
  'domain separation: no two votes share a digest, whatever the chain, kind and place',
  async (t) => {
    const seen = new Map<string, string>()
    fc.assert(
      fc.property(id, vote, (chainId, signed) => {
        const said = JSON.stringify([chainId, signed])
        const digest = toHex(voteDigest(chainId, signed))
        const before = seen.get(digest)
        if (before !== undefined && before !== said) throw new Error(`${before} and ${said}`)
        seen.set(digest, said)
      }),
      { numRuns: 3_000 },
    )
    t.ok(seen.size > 500, `${seen.size} different votes`)
  },
)

t.test('domain separation: the same bytes under another purpose have another digest', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const digests = purposes.map((purpose) => toHex(hash(purpose, bytes)))
      if (new Set(digests).size !== purposes.length) throw new Error('two purposes share one')
    }),
    { numRuns: 200 },
  )
})

t.test('domain separation: bytes cannot move from the tag into what is hashed', async (t) => {
  const bytes = new TextEncoder().encode('-more/v1')
  t.not(toHex(hash('tx', bytes)), toHex(hash('tx-more')))
})
