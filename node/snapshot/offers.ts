// The states that peers offer, put together by block: what is well formed and neither too old nor too new to be believed.
import type { AppList } from '../../vm/app.ts'
import { blockId, decodeHeader } from '../../vm/block.ts'
import { CodecError, decode } from '../../vm/codec.ts'
import type { Digest, Height, PublicKey } from '../../vm/types.ts'
import { stateRootOf, tagsOf } from '../ledger/tree.ts'
import type { SealedHeader } from '../ledger/types.ts'
import { type SnapshotOffer, snapshotsAnswerCodec } from '../protocol.ts'

export type Offered = { readonly peerKey: PublicKey; readonly answer: Uint8Array | undefined }

type Holder = { readonly peerKey: PublicKey; readonly offer: SnapshotOffer }

/** One block whose state is offered; all that is shown yet: it names this chain, and the roots belong to its header. */
export type Candidate = { readonly sealed: SealedHeader; readonly holders: readonly Holder[] }

export type OfferRules = {
  readonly list: AppList
  readonly chainId: Digest
  readonly lowest: Height
  /** What no f + 1 peers say that they have may be nobody's chain. */
  readonly highest: Height
  readonly onLie: (peerKey: PublicKey, reason: string) => void
}

/** Throws CodecError for what is no header. */
function sealedOf({ header: headerBytes }: SnapshotOffer): SealedHeader {
  return { header: decodeHeader(headerBytes), headerBytes, id: blockId(headerBytes) }
}

function hasRightRoots({ header }: SealedHeader, { roots }: SnapshotOffer, list: AppList): boolean {
  const tags = tagsOf(list)
  const isComplete =
    roots.length === tags.length && roots.every(({ app }, place) => app === tags[place])
  const byApp = new Map(roots.map(({ app, root }) => [app, root]))
  return isComplete && stateRootOf(byApp) === header.stateRoot
}

function read(
  answer: Uint8Array,
  { list, chainId }: OfferRules,
): readonly (readonly [SealedHeader, SnapshotOffer])[] | undefined {
  try {
    const offers = decode(snapshotsAnswerCodec, answer).map(
      (offer) => [sealedOf(offer), offer] as const,
    )
    return offers.every(
      ([sealed, offer]) => sealed.header.chainId === chainId && hasRightRoots(sealed, offer, list),
    )
      ? offers
      : undefined
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}

/** The newest first. */
export function candidatesOf(answers: readonly Offered[], rules: OfferRules): readonly Candidate[] {
  const { lowest, highest, onLie } = rules
  const byId = new Map<string, Candidate>()
  for (const { peerKey, answer } of answers) {
    if (answer === undefined) continue
    const offers = read(answer, rules)
    if (offers === undefined) onLie(peerKey, 'SNAPSHOTS_ANSWER')
    for (const [sealed, offer] of offers ?? []) {
      const { height } = sealed.header
      if (height < lowest || height > highest) continue
      const holders = byId.get(sealed.id)?.holders ?? []
      byId.set(sealed.id, { sealed, holders: [...holders, { peerKey, offer }] })
    }
  }
  return [...byId.values()].toSorted(
    (left, right) => right.sealed.header.height - left.sealed.header.height,
  )
}
