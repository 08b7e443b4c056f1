// What a validator signs: kind, height, view and body under one digest; engines make it, evidence shows it again.
import { type Codec, encode } from './codec.ts'
import { choice, named, optional, struct } from './codec-compound.ts'
import { constant, hex, uint } from './codec-scalar.ts'
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

/** What is signed begins alike: [chainId, version, kind, height, view, body]. */
const signedHead = {
  chainId: hex<Digest>(32),
  version: constant(1),
  kind: uint(),
  height: uint(),
  view: uint(),
}
const signedBlockVote = struct({ ...signedHead, body: hex<Digest>(32) })
const signedViewChange = struct({ ...signedHead, body: optional(reportCodec) })

/** The 32 bytes under a signature: hash of [chainId, version, kind, height, view, body]. */
export function voteDigest(chainId: Digest, vote: Vote): Uint8Array {
  const { height, view } = vote
  const head = { chainId, version: 1, kind: kindNumbers[vote.kind], height, view } as const
  return hash(
    'vote',
    vote.kind === 'view-change'
      ? encode(signedViewChange, { ...head, body: vote.prepared })
      : encode(signedBlockVote, { ...head, body: vote.blockId }),
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
