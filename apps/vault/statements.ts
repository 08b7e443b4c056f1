// The statements of all proofs of the vault, exactly as `verify` checks them and clients prove them.
import { asciiBytes, concat, fromHex, u32 } from '../../vm/bytes.ts'
import { type Codec, encode } from '../../vm/codec.ts'
import { basesOf } from '../../vm/crypto/bases.ts'
import type { Group } from '../../vm/crypto/group.ts'
import { modulo } from '../../vm/crypto/integer.ts'
import { defineRelation, extendSession, sessionId } from '../../vm/crypto/sigma.ts'
import { hash } from '../../vm/hash.ts'
import type { AccountId, Digest, Hex } from '../../vm/types.ts'
import { TAGS } from './tags.ts'

type Session = Uint8Array

/** Proofs that do not depend on an epoch bind this one. */
const NO_EPOCH = 0

/**
 * The session of a proof: chain, transaction type, slot, acting account, object, epoch, and the whole payload with its proofs blanked,
 * so that nothing of a transaction can be exchanged under a proof.
 */
export function contentSession<P>(
  place: {
    readonly chainId: Digest
    readonly type: keyof typeof TAGS
    readonly slot: string
    readonly account: AccountId
    readonly object: Hex
    readonly epoch?: number
  },
  codec: Codec<P>,
  bare: P,
): Session {
  const { chainId, type, slot, account, object, epoch = NO_EPOCH } = place
  const context = { chainId, tag: TAGS[type], version: 1, slot, account, object, epoch }
  return extendSession(sessionId(context), encode(codec, bare))
}

/** Zeros in the place of a proof. */
export function blank(size: number): Uint8Array {
  return new Uint8Array(size)
}

/** R = r·B; V = d·H + r·G2; C = d·H + r·K */
const recordRelation = defineRelation({
  scalars: ['d', 'r'],
  points: ['H', 'G2', 'K', 'R', 'V', 'C'],
  equations: [
    { image: [['R']], terms: [['r', 'B']] },
    {
      image: [['V']],
      terms: [
        ['d', 'H'],
        ['r', 'G2'],
      ],
    },
    {
      image: [['C']],
      terms: [
        ['d', 'H'],
        ['r', 'K'],
      ],
    },
  ],
})

/** π_rec: the committee will decrypt the amount of the commitment, whose range is proven apart. */
export function recordStatement<P>(
  group: Group<P>,
  session: Session,
  points: { readonly K: P; readonly R: P; readonly V: P; readonly C: P },
) {
  return { session, relation: recordRelation, points: { ...basesOf(group), ...points } }
}

/** K_i = k·B; E1 = e·B; E2 = k·ΣR + e·Y */
const responseRelation = defineRelation({
  scalars: ['k', 'e'],
  points: ['K', 'S', 'Y', 'E1', 'E2'],
  equations: [
    { image: [['K']], terms: [['k', 'B']] },
    { image: [['E1']], terms: [['e', 'B']] },
    {
      image: [['E2']],
      terms: [
        ['k', 'S'],
        ['e', 'Y'],
      ],
    },
  ],
})

/** π_resp: the server's part of the decryption of ΣR, under the answer key. */
export function responseStatement<P>(
  session: Session,
  points: { readonly K: P; readonly S: P; readonly Y: P; readonly E1: P; readonly E2: P },
) {
  return { session, relation: responseRelation, points }
}

/** −Y = x·B; C1 = D·H + x·X1; W = D·H + s·G2, with x = −y */
const settlementRelation = defineRelation({
  scalars: ['x', 'D', 's'],
  points: ['Y', 'X1', 'C1', 'H', 'G2', 'W'],
  equations: [
    { image: [['Y', -1n]], terms: [['x', 'B']] },
    {
      image: [['C1']],
      terms: [
        ['D', 'H'],
        ['x', 'X1'],
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

/** π_eq: W opens to the sum that the result encrypts. */
export function settlementStatement<P>(
  group: Group<P>,
  session: Session,
  points: { readonly Y: P; readonly X1: P; readonly C1: P; readonly W: P },
) {
  return { session, relation: settlementRelation, points: { ...basesOf(group), ...points } }
}

/**
 * Weights of the keys behind several tags: hashes of all tags and the session, so that no tag can be chosen to cancel another. One
 * proof for Σ w_j·T_j then shows knowledge of every key.
 */
export function tagWeights<P>(
  group: Group<P>,
  session: Session,
  tags: readonly Hex[],
): readonly bigint[] {
  const all = concat(session, ...tags.map((tag) => fromHex(tag)))
  return tags.map((_, index) => {
    const wide = concat(
      hash('vault.tag-weight', all, u32(2 * index)),
      hash('vault.tag-weight', all, u32(2 * index + 1)),
    )
    return group.reduceScalar(wide)
  })
}

/** The key whose knowledge stands for that of all `secrets`. */
export function aggregateSecret<P>(
  group: Group<P>,
  weights: readonly bigint[],
  secrets: readonly bigint[],
): bigint {
  const sum = secrets.reduce((total, secret, j) => total + secret * (weights[j] ?? 0n), 0n)
  return modulo(sum, group.order)
}

/** Public bytes that tell the box of one seat from its neighbours. */
export function dealBoxContext(of: {
  readonly committee: Digest
  readonly epoch: number
  readonly index: number
}): Uint8Array {
  return concat(asciiBytes('deal'), fromHex(of.committee), u32(of.epoch), u32(of.index))
}

/** Public bytes that tell a patient's receipt from every other box. */
export function receiptContext(record: Digest): Uint8Array {
  return concat(asciiBytes('receipt'), fromHex(record))
}
