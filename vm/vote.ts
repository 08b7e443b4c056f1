// What a validator signs: kind, height, view and body under one digest; engines make it, evidence shows it again.
import { fromHex } from './bytes.ts'
import { type Codec, encode, raw } from './codec.ts'
import { choice, named, optional, struct } from './codec-compound.ts'
import { hex, uint } from './codec-scalar.ts'
import { hash } from './hash.ts'
import type { Digest, Height, View } from './types.ts'

/** The written numbers of the kinds, on the wire and under signatures. */
export const kindNumbers = {
  'pre-prepare': 1,
  prepare: 2,
  commit: 3,
  'view-change': 4,
} as const

/** What a view-change says was prepared: part of its signed body. */
export type Report = { readonly view: View; readonly blockId: Digest }

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
