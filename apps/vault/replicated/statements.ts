// What the proofs of the replicated sharing say, and how shares follow from the key of a class.
import { asciiBytes, concat, fromHex, u32 } from '../../../vm/bytes.ts'
import { basesOf } from '../../../vm/crypto/bases.ts'
import type { Group } from '../../../vm/crypto/group.ts'
import { defineRelation } from '../../../vm/crypto/sigma.ts'
import { hash } from '../../../vm/hash.ts'
import type { Digest, Hex } from '../../../vm/types.ts'

const NONCE_DOMAIN = 'epione-rep-nonce-v1-with-ristretto255_XMD:SHA-512_R255MAP_RO_'

/** U: the point of a record's nonce, whose logarithm nobody knows. */
export function noncePoint<P>(
  group: Group<P>,
  of: { readonly committee: Digest; readonly epoch: number; readonly nonce: Hex },
): P {
  return group.hashToPoint(
    NONCE_DOMAIN,
    concat(fromHex(of.committee), u32(of.epoch), fromHex(of.nonce)),
  )
}

/** A share of one class: f adds to the amount, g to the blinding. */
export type Share = { readonly f: bigint; readonly g: bigint }

/** (f, g) from W = w·U: uniform for everybody who does not know w (pseudo-random secret sharing; DDH, random oracle). */
export function shareFrom<P>(group: Group<P>, seed: P): Share {
  const encoded = group.encode(seed)
  const [f, g] = [0, 1].map((part) => {
    const halves = [0, 1].map((half) => hash('vault.rep-share', encoded, u32(2 * part + half)))
    return group.reduceScalar(concat(...halves))
  })
  return { f: f ?? 0n, g: g ?? 0n }
}

/** f·H + g·G2 */
export function commitShare<P>(group: Group<P>, { f, g }: Share): P {
  const { H, G2 } = basesOf(group)
  return group.add(group.multiply(H, f), group.multiply(G2, g))
}

/** X = w·B; W = w·U */
const seedRelation = defineRelation({
  scalars: ['w'],
  points: ['X', 'U', 'W'],
  equations: [
    { image: [['X']], terms: [['w', 'B']] },
    { image: [['W']], terms: [['w', 'U']] },
  ],
})

/** W is the seed that the key of the class gives for the nonce. */
export function seedStatement<P>(
  session: Uint8Array,
  points: { readonly X: P; readonly U: P; readonly W: P },
) {
  return { session, relation: seedRelation, points }
}

/** E1 = e·B; E2 = S·H + e·Y; V = S·H + T·G2 */
const answerRelation = defineRelation({
  scalars: ['S', 'T', 'e'],
  points: ['H', 'G2', 'Y', 'V', 'E1', 'E2'],
  equations: [
    { image: [['E1']], terms: [['e', 'B']] },
    {
      image: [['E2']],
      terms: [
        ['S', 'H'],
        ['e', 'Y'],
      ],
    },
    {
      image: [['V']],
      terms: [
        ['S', 'H'],
        ['T', 'G2'],
      ],
    },
  ],
})

/** The sum of one class under the answer key is the one that ΣV_c commits to. */
export function answerStatement<P>(
  group: Group<P>,
  session: Uint8Array,
  points: { readonly Y: P; readonly V: P; readonly E1: P; readonly E2: P },
) {
  return { session, relation: answerRelation, points: { ...basesOf(group), ...points } }
}

/** V = D·H + T·G2; W = D·H + s·G2 */
const openingRelation = defineRelation({
  scalars: ['D', 'T', 's'],
  points: ['H', 'G2', 'V', 'W'],
  equations: [
    {
      image: [['V']],
      terms: [
        ['D', 'H'],
        ['T', 'G2'],
      ],
    },
    {
      image: [['W']],
      terms: [
        ['D', 'H'],
        ['s', 'G2'],
      ],
    },
  ],
})

/** W opens to the sum that ΣV commits to: what settles a query whose answers were scalars. */
export function commitmentStatement<P>(
  group: Group<P>,
  session: Uint8Array,
  points: { readonly V: P; readonly W: P },
) {
  return { session, relation: openingRelation, points: { ...basesOf(group), ...points } }
}

/** Public bytes that tell the box of one class and seat from its neighbours. */
export function keyBoxContext(of: {
  readonly committee: Digest
  readonly epoch: number
  readonly index: number
  readonly class: number
}): Uint8Array {
  return concat(
    asciiBytes('rep-key'),
    fromHex(of.committee),
    u32(of.epoch),
    u32(of.index),
    u32(of.class),
  )
}

/** Public bytes that tell a scalar answer from every other box. */
export function scalarBoxContext(of: {
  readonly query: Digest
  readonly index: number
  readonly class: number
}): Uint8Array {
  return concat(asciiBytes('rep-scalar'), fromHex(of.query), u32(of.index), u32(of.class))
}
