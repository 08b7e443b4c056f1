// Codecs that several payloads and state values of the vault share, and the bounds of its counts.
import type { Codec, Infer } from '../../vm/codec.ts'
import { array, choice, named, struct } from '../../vm/codec-compound.ts'
import { bytes, hex, id32, uint } from '../../vm/codec-scalar.ts'
import { SIGNERS_MAX } from '../../vm/limits.ts'
import type { AccountId, Digest, Hex } from '../../vm/types.ts'

/** Servers of one committee. */
export const SERVERS_MAX = 16
/** Records under one aggregated range proof. */
export const BATCH_RECORDS_MAX = 16
/** Records that one query names one by one. */
export const QUERY_RECORDS_MAX = 1_024
/** Buckets that one consent covers. */
const CONSENT_TAGS_MAX = 16
/** Tags of one exact set: with one-time tags each record has its own. */
export const SET_TAGS_MAX = 256
/** Organizations that write for one committee; an admin of each signs, so not more than one envelope has signers. */
export const WRITERS_MAX = SIGNERS_MAX
/** Organizations that one patient lets write. */
export const GRANT_WRITERS_MAX = 8
/** Policies that one grant names. */
export const GRANT_POLICIES_MAX = 64

export const accountField: Codec<AccountId> = hex<AccountId>(32)
export const digestField: Codec<Digest> = hex<Digest>(32)
/** Random bytes that make an object's id new. */
export const nonceField: Codec<Hex> = hex(16)
/** An encoded group element; whether it decodes is judged with the proofs. */
export const pointField: Codec<Uint8Array> = bytes(32)
/** A patient's pseudonym: an encoded public key, kept as hexadecimal because it names state. */
export const tagField: Codec<Hex> = hex(32)
/** Knowledge of one scalar: challenge and response. */
export const schnorrField: Codec<Uint8Array> = bytes(64)
export const epochField: Codec<number> = uint(0xffff_ffff)
/** The server's position in its committee, from 1. */
export const indexField: Codec<number> = uint(SERVERS_MAX, 1)

/** What a committee sums: one patient's records under one policy in one period. */
export const bucketCodec = named(
  'vault-bucket',
  struct({ tag: tagField, policy: id32, period: uint() }),
)
export type Bucket = Infer<typeof bucketCodec>

/** What a query asks for: a whole segment of a bucket, or records one by one in ascending order. */
export const targetCodec = named(
  'vault-target',
  choice({
    segment: [1, struct({ bucket: bucketCodec, segment: uint(0xffff_ffff) })],
    records: [2, struct({ records: array(id32, QUERY_RECORDS_MAX, 1) })],
  }),
)
export type Target = Infer<typeof targetCodec>

/** What a consent covers: buckets for as long as they grow, or exactly one set whose records bear only these tags. */
export const scopeCodec = named(
  'vault-scope',
  choice({
    buckets: [1, struct({ buckets: array(bucketCodec, CONSENT_TAGS_MAX, 1) })],
    set: [2, struct({ set: digestField, tags: array(tagField, SET_TAGS_MAX, 1) })],
  }),
)
export type Scope = Infer<typeof scopeCodec>

/** Who is told about a consent and its use: its tags, or where they are many the consent's own id, for one event each. */
export function toldOf(consent: Digest, tags: readonly Hex[]): readonly Hex[] {
  return tags.length > CONSENT_TAGS_MAX ? [consent] : tags
}

/** The tags whose keys a consent must prove, each once, in ascending order. */
export function tagsOf(scope: Scope): readonly Hex[] {
  const all = scope.kind === 'buckets' ? scope.buckets.map((bucket) => bucket.tag) : scope.tags
  return [...new Set(all)].sort()
}
