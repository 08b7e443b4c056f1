// What a client has verified of a chain: the newest header, and every validator set since the one it was given.
import {
  decodeCommitCertificate,
  type VerifySignature,
  verifyCommitCertificate,
} from '../consensus/certificate.ts'
import { blockId, decodeHeader, type Header } from '../vm/block.ts'
import { CodecError, type Infer } from '../vm/codec.ts'
import { array, struct } from '../vm/codec-compound.ts'
import { constant, hex, uint } from '../vm/codec-scalar.ts'
import { type EngineKind, engineKind } from '../vm/quorum.ts'
import { verifySignature as referenceRule } from '../vm/sign.ts'
import type { Digest, Height, TimeMs } from '../vm/types.ts'
import { type Validator, validatorsCodec, validatorsRoot } from '../vm/validator.ts'
import type { Certified, SetLinkAnswer } from './answers.ts'

/**
 * Keep it, as JSON by `viewCodec`: a client that starts again from an old view can be shown the past. Keys of validators that were
 * removed long ago can forge a branch for a view that is older than their removal; such a client is given a recent set by people.
 */
export const viewCodec = struct({
  version: constant(1),
  chainId: hex<Digest>(32),
  /** Says how many signatures decide. */
  engine: engineKind,
  heartbeatMs: uint(),
  /** The newest verified header; height 0 with the chain id as `id` if there is none yet. */
  height: uint(),
  id: hex<Digest>(32),
  timeMs: uint(),
  /** The set that the newest header names for the next block. */
  nextSet: hex<Digest>(32),
  /** Each certifies the headers above `from`, up to the next one's `from`. */
  sets: array(struct({ from: uint(), validators: validatorsCodec }), 100_000, 1),
})
export type TrustedView = Infer<typeof viewCodec>

/** What a client must know without asking a node: it is in the genesis file. */
export function startView(genesis: {
  readonly chainId: Digest
  readonly engine: EngineKind
  readonly heartbeatMs: number
  readonly validators: readonly Validator[]
}): TrustedView {
  const { chainId, engine, heartbeatMs, validators } = genesis
  return {
    version: 1,
    chainId,
    engine,
    heartbeatMs,
    height: 0,
    id: chainId,
    timeMs: 0,
    nextSet: validatorsRoot(validators),
    sets: [{ from: 0, validators }],
  }
}

export type HeaderFault =
  | 'MALFORMED'
  | 'OTHER_CHAIN'
  /** The set that certifies it is not in the view: walk the set chain first. */
  | 'SET_UNKNOWN'
  | 'NOT_CERTIFIED'
  /** A link of the set chain that a set unknown to the view certified: one before it was left out. */
  | 'SET_SKIPPED'
  /** Not the height that was asked for. */
  | 'WRONG_HEIGHT'
  /** Behind the clock, or behind what was verified before. */
  | 'TOO_OLD'
  /** Another block than the one verified at this height: the validators broke the protocol. */
  | 'FORK'

export type Refused<F extends string> = {
  readonly ok: false
  readonly fault: F
  readonly detail: string
}

export function refused<F extends string>(fault: F, detail: string): Refused<F> {
  return { ok: false, fault, detail }
}

export type VerifiedHeader = {
  readonly ok: true
  readonly view: TrustedView
  readonly header: Header
  readonly id: Digest
}

export type Judgement = {
  readonly nowMs: TimeMs
  /** A fact of history, at the height given; without it the newest state is asked for. */
  readonly height?: Height
  /** A faster implementation of the one rule. */
  readonly verifySignature?: VerifySignature
}

/** The clock of a voter may be so far behind, and a header is made at least every heartbeat. */
const DRIFT_MS = 2_000

function setFor(view: TrustedView, height: Height): readonly Validator[] | undefined {
  if (height > view.height) {
    const newest = view.sets.at(-1)
    return newest !== undefined && validatorsRoot(newest.validators) === view.nextSet
      ? newest.validators
      : undefined
  }
  return view.sets.findLast(({ from }) => from < height)?.validators
}

type Opened = { readonly ok: true; readonly header: Header; readonly id: Digest }

/** Form, chain and certificate of one header under one set. */
function openCertified(
  view: TrustedView,
  proof: Certified,
  { verifySignature = referenceRule }: Judgement,
): Opened | Refused<HeaderFault> {
  try {
    const header = decodeHeader(proof.header)
    const id = blockId(proof.header)
    const { height, chainId } = header
    if (chainId !== view.chainId) return refused('OTHER_CHAIN', `it is of chain ${chainId}`)
    if (height === 0) return refused('NOT_CERTIFIED', 'block 0 has no certificate')
    const set = setFor(view, height)
    if (set === undefined) return refused('SET_UNKNOWN', `the set of ${height} is not known`)
    const fault = verifyCommitCertificate({
      set: {
        chainId,
        engine: view.engine,
        validators: set.map(({ consensusKey }) => ({ publicKey: consensusKey })),
      },
      value: decodeCommitCertificate(proof.certificate),
      about: { height, blockId: id },
      verifySignature,
    })
    return fault === undefined ? { ok: true, header, id } : refused('NOT_CERTIFIED', fault)
  } catch (error) {
    if (!(error instanceof CodecError)) throw error
    return refused('MALFORMED', error.message)
  }
}

function judgeAge(
  view: TrustedView,
  header: Header,
  judgement: Judgement,
): Refused<HeaderFault> | undefined {
  const { height, timeMs } = header
  if (judgement.height !== undefined) {
    if (judgement.height === height) return undefined
    return refused('WRONG_HEIGHT', `asked for ${judgement.height}, the header is of ${height}`)
  }
  if (height < view.height) {
    return refused('TOO_OLD', `height ${height}, but ${view.height} was verified before`)
  }
  const ageMs = judgement.nowMs - timeMs
  if (ageMs <= 2 * view.heartbeatMs + DRIFT_MS) return undefined
  return refused('TOO_OLD', `the header is ${ageMs} ms old; heartbeats are ${view.heartbeatMs} ms`)
}

/** Checks a header with its certificate and answers the view that knows it; the view given is not changed. */
export function verifyHeader(
  view: TrustedView,
  proof: Certified,
  judgement: Judgement,
): VerifiedHeader | Refused<HeaderFault> {
  const opened = openCertified(view, proof, judgement)
  if (!opened.ok) return opened
  const { header, id } = opened
  const old = judgeAge(view, header, judgement)
  if (old !== undefined) return old
  const { height, timeMs } = header
  if (height === view.height && id !== view.id) {
    return refused('FORK', `two certified blocks of height ${height}: ${view.id} and ${id}`)
  }
  const newer = { ...view, height, id, timeMs, nextSet: header.validatorsRoot }
  return { ok: true, view: height > view.height ? newer : view, header, id }
}

/**
 * Whether the header before it names the set that the view takes for the one that certifies `header`. The signatures alone do not
 * show it: neighbouring sets share most members, and a quorum of one may be a quorum of the other.
 */
function followsOn(view: TrustedView, header: Header, parent: Uint8Array): boolean {
  const set = setFor(view, header.height)
  if (set === undefined || blockId(parent) !== header.parent) return false
  return decodeHeader(parent).validatorsRoot === validatorsRoot(set)
}

/** Walks the set chain: each link is certified by the set before it, and none is left out. Links that the view knows are passed over. */
export function followSets(
  view: TrustedView,
  links: readonly SetLinkAnswer[],
  judgement: Omit<Judgement, 'height'>,
): { readonly ok: true; readonly view: TrustedView } | Refused<HeaderFault> {
  let followed = view
  for (const { proof, parent, validators } of links) {
    const height = heightOf(proof)
    if (height === undefined) return refused('MALFORMED', 'a link is no header')
    if (height <= (followed.sets.at(-1)?.from ?? 0)) continue
    const verified = verifyHeader(followed, proof, { ...judgement, height })
    if (!verified.ok) return verified
    if (!followsOn(followed, verified.header, parent)) {
      return refused('SET_SKIPPED', `the set of ${height} is not the one before it in the chain`)
    }
    const { validatorsRoot: root } = verified.header
    if (root !== validatorsRoot(validators)) {
      return refused('NOT_CERTIFIED', `the header of ${height} names another set`)
    }
    followed = { ...verified.view, sets: [...followed.sets, { from: height, validators }] }
  }
  return { ok: true, view: followed }
}

function heightOf(proof: Certified): Height | undefined {
  try {
    return decodeHeader(proof.header).height
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}
