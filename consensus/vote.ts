// What a validator signs: kind, height, view and body under one digest; and the order in which it may sign.
import { fromHex } from '../vm/bytes.ts'
import { type Codec, encode, raw } from '../vm/codec.ts'
import { choice, named, optional, struct } from '../vm/codec-compound.ts'
import { hex, uint } from '../vm/codec-scalar.ts'
import { hash } from '../vm/hash.ts'
import type { Digest, Height, View } from '../vm/types.ts'
import type { Report } from './types.ts'

/** The written numbers of the kinds, on the wire and under signatures. */
export const kindNumbers = {
  'pre-prepare': 1,
  prepare: 2,
  commit: 3,
  'view-change': 4,
} as const

export type VoteKind = keyof typeof kindNumbers

type BlockVote<Kind extends VoteKind> = {
  readonly kind: Kind
  readonly height: Height
  readonly view: View
  readonly blockId: Digest
}

type ViewChangeVote = {
  readonly kind: 'view-change'
  readonly height: Height
  /** The view that it asks for. */
  readonly view: View
  /** The highest prepared block below that view, null if none. */
  readonly prepared: Report | null
}

/** A message without signer, signature and attachments: all that a signature covers besides the chain. */
export type Vote =
  | BlockVote<'pre-prepare'>
  | BlockVote<'prepare'>
  | BlockVote<'commit'>
  | ViewChangeVote

export const reportCodec: Codec<Report> = named(
  'prepared-report',
  struct({ view: uint(), blockId: hex<Digest>(32) }),
)

const blockVote = struct({ height: uint(), view: uint(), blockId: hex<Digest>(32) })

/** The form in which a vote lock keeps the last vote. */
export const voteCodec: Codec<Vote> = named(
  'vote',
  choice({
    'pre-prepare': [kindNumbers['pre-prepare'], blockVote],
    prepare: [kindNumbers.prepare, blockVote],
    commit: [kindNumbers.commit, blockVote],
    'view-change': [
      kindNumbers['view-change'],
      struct({ height: uint(), view: uint(), prepared: optional(reportCodec) }),
    ],
  }),
)

const version = 1

/** The 32 bytes under a signature: hash of [chainId, version, kind, height, view, body]. */
export function voteDigest(chainId: Digest, vote: Vote): Uint8Array {
  const body =
    vote.kind === 'view-change'
      ? optional(reportCodec).toCbor(vote.prepared)
      : fromHex(vote.blockId)
  return hash(
    'vote',
    encode(raw, [fromHex(chainId), version, kindNumbers[vote.kind], vote.height, vote.view, body]),
  )
}

/** Whether two votes of one kind, height and view say the same. */
export function sameBody(left: Vote, right: Vote): boolean {
  return bodyText(left) === bodyText(right)
}

function bodyText(vote: Vote): string {
  if (vote.kind !== 'view-change') return vote.blockId
  return vote.prepared === null ? 'null' : `${vote.prepared.view}/${vote.prepared.blockId}`
}

const ranks = { 'view-change': 0, 'pre-prepare': 1, prepare: 2, commit: 3 } as const

/** Where a vote stands in its height: by view (of a view-change the new one), then by kind. */
export type Rank = { readonly view: View; readonly kind: VoteKind }

/**
 * Negative if `left` comes before `right` within one height. A correct replica signs in strictly rising order (rule 3 and
 * one vote per kind and view in one); the vote lock enforces the same order.
 */
export function compareRanks(left: Rank, right: Rank): number {
  return left.view - right.view || ranks[left.kind] - ranks[right.kind]
}
