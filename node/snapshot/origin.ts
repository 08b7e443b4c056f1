// From the set that this node trusts to the header of an offered state: the set chain, the certificate, the checkpoint.
import { followSets, startView, type TrustedView, verifyHeader } from '../../client/trusted-view.ts'
import type { VerifySignature } from '../../consensus/certificate.ts'
import { blockId, decodeHeader, type Header } from '../../vm/block.ts'
import { CodecError, decode, encode, type Infer } from '../../vm/codec.ts'
import type { Height, PublicKey } from '../../vm/types.ts'
import { validatorsRoot } from '../../vm/validator.ts'
import type { Ledger, SetLink } from '../ledger/types.ts'
import {
  headersAnswerCodec,
  requestCodec,
  SETS_PER_ANSWER_MAX,
  type SnapshotOffer,
  setsAnswerCodec,
} from '../protocol.ts'
import type { Checkpoint } from './checkpoint.ts'

export type OriginPorts = {
  readonly ledger: Ledger
  readonly verifySignature: VerifySignature
  readonly checkpoint: Checkpoint | undefined
  /** Asks one peer; undefined when it does not answer. */
  readonly request: (peerKey: PublicKey, request: Uint8Array) => Promise<Uint8Array | undefined>
}

/** Why an offer is not followed; a peer that lied is dropped. */
export type Refusal =
  | { readonly kind: 'unanswered' }
  | { readonly kind: 'lie'; readonly reason: string }

export type Origin = { readonly kind: 'proven'; readonly links: readonly SetLink[] }

const unanswered = { kind: 'unanswered' } as const
const lie = (reason: string) => ({ kind: 'lie', reason }) as const

type WireLink = Infer<typeof setsAnswerCodec>[number]

function answerOf({ header, parent, certificate, validators }: WireLink) {
  return { proof: { header, certificate }, parent, validators }
}

/** The sets that this node has verified itself, in the form of a client's view. */
async function ownView({ ledger }: OriginPorts): Promise<TrustedView> {
  const { chainId, engine, parameters } = ledger.rules
  const own = await ledger.setChain(0)
  const { heartbeatMs } = parameters
  const view = startView({ chainId, engine, heartbeatMs, validators: own[0]?.validators ?? [] })
  const sets = own.map(({ header, validators }) => ({ from: header.height, validators }))
  const newest = own.at(-1)
  if (newest === undefined || newest.header.height === 0) return view
  const { header, id, validators } = newest
  const { height, timeMs } = header
  return { ...view, sets, height, id, timeMs, nextSet: validatorsRoot(validators) }
}

/** Links of the set chain above the known ones, up to a height. */
async function fetchLinks(
  ports: OriginPorts,
  peerKey: PublicKey,
  span: { readonly above: Height; readonly upTo: Height },
): Promise<readonly WireLink[] | undefined> {
  const links: WireLink[] = []
  let from = span.above + 1
  for (;;) {
    const request = encode(requestCodec, { kind: 'sets', from })
    const bytes = await ports.request(peerKey, request)
    if (bytes === undefined) return undefined
    const page = decode(setsAnswerCodec, bytes)
    links.push(...page.filter(({ header }) => decodeHeader(header).height <= span.upTo))
    const last = page.at(-1)
    const next = last === undefined ? from : decodeHeader(last.header).height + 1
    if (page.length < SETS_PER_ANSWER_MAX || next <= from || next > span.upTo) return links
    from = next
  }
}

function linkOf({ header: headerBytes, parent, certificate, validators }: WireLink): SetLink {
  return {
    header: decodeHeader(headerBytes),
    id: blockId(headerBytes),
    headerBytes,
    parentBytes: parent,
    certificateBytes: certificate,
    validators,
  }
}

/** Whether the sets that were followed lead through the checkpoint. */
async function passes(
  ports: OriginPorts,
  peerKey: PublicKey,
  view: TrustedView,
): Promise<boolean | undefined> {
  const { checkpoint } = ports
  if (checkpoint === undefined || checkpoint.height === 0) return true
  const { height: from, id } = checkpoint
  const bytes = await ports.request(
    peerKey,
    encode(requestCodec, { kind: 'headers', from, count: 1 }),
  )
  const [found] = bytes === undefined ? [] : decode(headersAnswerCodec, bytes)
  // A peer that joined by a snapshot itself has old headers no more.
  if (found === undefined) return undefined
  const header = decodeHeader(found.header)
  const set = view.sets.findLast((one) => one.from <= checkpoint.height)
  return (
    blockId(found.header) === id &&
    set !== undefined &&
    validatorsRoot(set.validators) === header.validatorsRoot
  )
}

/**
 * Whether no change of the set was left out at the end: the header names the newest set that was followed, and the one below names
 * the set whose certificate was accepted. The signatures do not show it: neighbouring sets share quorums.
 */
async function isComplete(
  { request }: Pick<OriginPorts, 'request'>,
  peerKey: PublicKey,
  { view: { sets }, header }: { readonly view: TrustedView; readonly header: Header },
): Promise<boolean | undefined> {
  const rootBefore = (height: Height) =>
    validatorsRoot(sets.findLast(({ from }) => from < height)?.validators ?? [])
  if (rootBefore(header.height + 1) !== header.validatorsRoot) return false
  const below = encode(requestCodec, { kind: 'headers', from: header.height - 1, count: 1 })
  const bytes = await request(peerKey, below)
  const [parent] = bytes === undefined ? [] : decode(headersAnswerCodec, bytes)
  if (parent === undefined) return undefined
  const isParent = blockId(parent.header) === header.parent
  return isParent && decodeHeader(parent.header).validatorsRoot === rootBefore(header.height)
}

/** Throws CodecError for what is no answer. */
async function prove(
  ports: OriginPorts,
  peerKey: PublicKey,
  offer: SnapshotOffer,
): Promise<Origin | Refusal> {
  const { verifySignature } = ports
  const { height } = decodeHeader(offer.header)
  const own = await ownView(ports)
  const above = own.sets.at(-1)?.from ?? 0
  const links = await fetchLinks(ports, peerKey, { above, upTo: height })
  if (links === undefined) return unanswered
  const judgement = { nowMs: 0, verifySignature }
  const followed = followSets(own, links.map(answerOf), judgement)
  if (!followed.ok) return lie(followed.detail)
  const passed = await passes(ports, peerKey, followed.view)
  if (passed === undefined) return unanswered
  if (!passed) return lie('the checkpoint is not on its chain')
  const proof = { header: offer.header, certificate: offer.certificate }
  const verified = verifyHeader(followed.view, proof, { ...judgement, height })
  if (!verified.ok) return lie(verified.detail)
  const complete = await isComplete(ports, peerKey, { ...followed, header: verified.header })
  if (complete === undefined) return unanswered
  return complete ? { kind: 'proven', links: links.map(linkOf) } : lie('a set was left out')
}

export async function proveOffer(
  ports: OriginPorts,
  peerKey: PublicKey,
  offer: SnapshotOffer,
): Promise<Origin | Refusal> {
  try {
    return await prove(ports, peerKey, offer)
  } catch (error) {
    if (error instanceof CodecError) return lie(error.message)
    throw error
  }
}
