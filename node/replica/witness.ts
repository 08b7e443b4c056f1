// The votes of others that this node saw: kept with their heights for audit, and held against what comes after the decision.

import { contradict } from '../../apps/registry/evidence.ts'
import { isSame, isSigned, type SignedVote, VOTES_OF_ONE_MAX } from '../../client/signed-vote.ts'
import {
  decodeCommitCertificate,
  signersOf,
  type VerifySignature,
} from '../../consensus/certificate.ts'
import type { Message } from '../../consensus/message.ts'
import { decidingVote } from '../../consensus/phases.ts'
import type { Verified } from '../../consensus/verified.ts'
import type { Height, PublicKey } from '../../vm/types.ts'
import type { Validator } from '../../vm/validator.ts'
import type { Vote } from '../../vm/vote.ts'
import type { Accusation } from '../accuser.ts'
import type { KeptVotes, Ledger } from '../ledger/types.ts'

/** Heights whose votes are at hand: what contradicts them is seen as it comes. Older ones are for an auditor. */
const RECENT_MAX = 64

type Seen = {
  readonly height: Height
  readonly validators: readonly Validator[]
  readonly votes: Map<PublicKey, SignedVote[]>
  /** Whether the store has not all of them. */
  isNew: boolean
}

/** All of a message that its signature covers. */
export function voteOf(message: Message): Vote {
  const { kind, height, view } = message
  return kind === 'view-change'
    ? { kind, height, view, prepared: message.prepared }
    : { kind, height, view, blockId: message.blockId }
}

export type WitnessPorts = {
  readonly ledger: Pick<Ledger, 'rules' | 'head' | 'state'>
  readonly verifySignature: VerifySignature
  readonly onEvidence: (accusation: Accusation) => void
}

export type Witness = ReturnType<typeof createWitness>

export function createWitness({ ledger, verifySignature, onEvidence }: WitnessPorts) {
  const { chainId, engine, list, parameters } = ledger.rules
  const recentMax = Math.min(RECENT_MAX, parameters.evidenceHeights)
  const recent = new Map<Height, Seen>()

  const ofKey = ({ votes }: Seen, consensusKey: PublicKey): SignedVote[] => {
    const own = votes.get(consensusKey) ?? []
    votes.set(consensusKey, own)
    return own
  }
  const signedBy = ({ validators }: Seen, message: Message): SignedVote | undefined => {
    const consensusKey = validators[message.signer]?.consensusKey
    const { signature } = message
    return consensusKey && { consensusKey, vote: voteOf(message), signature }
  }

  /** Whether the two were a proof: late votes are kept unchecked, so each is checked now. */
  const judge = (own: readonly SignedVote[], second: SignedVote): void => {
    const isTrue = (one: SignedVote) => isSigned({ chainId, verifySignature }, one)
    const against = own.filter(({ vote }) => contradict(vote, second.vote))
    const first = against.length > 0 && isTrue(second) ? against.find(isTrue) : undefined
    if (first === undefined) return
    const fault = first.vote.kind === second.vote.kind ? 'equivocation' : 'amnesia'
    onEvidence({ fault, consensusKey: second.consensusKey, first, second })
  }

  return {
    /** The height after the head begins. */
    begin: (): void => {
      const height = ledger.head().header.height + 1
      if (recent.has(height)) return
      const validators = list.identity.validators(ledger.state())
      recent.set(height, { height, validators, votes: new Map(), isNew: false })
      for (const old of recent.keys()) if (old <= height - recentMax) recent.delete(old)
    },
    /** A message of the height at work; the engine judges it. */
    note: (message: Verified): void => {
      const seen = recent.get(message.height)
      const signed = seen && signedBy(seen, message)
      if (seen === undefined || signed === undefined) return
      const own = ofKey(seen, signed.consensusKey)
      if (own.some(({ vote }) => isSame(vote, signed.vote))) return
      own.push(signed)
      if (own.length > VOTES_OF_ONE_MAX) own.shift()
      seen.isNew = true
    },
    /** A message of a decided height, taken from its signer's own connection only: nobody else fills its place. */
    late: (message: Message, peerKey: PublicKey): void => {
      const seen = recent.get(message.height)
      if (seen?.validators[message.signer]?.peerKey !== peerKey) return
      const signed = signedBy(seen, message)
      if (signed === undefined) return
      const own = ofKey(seen, signed.consensusKey)
      // What finds no place here is not judged either: the work for one height is bounded.
      if (own.length >= VOTES_OF_ONE_MAX || own.some(({ vote }) => isSame(vote, signed.vote)))
        return
      judge(own, signed)
      own.push(signed)
      seen.isNew = true
    },
    /** What is to be stored with the block: new votes of its height and those before. Its certificate is held against them first. */
    settle: (height: Height, certificateBytes: Uint8Array): readonly KeptVotes[] => {
      const seen = recent.get(height)
      if (seen !== undefined) {
        const { view, blockId, ...certificate } = decodeCommitCertificate(certificateBytes)
        const vote = { kind: decidingVote[engine], height, view, blockId }
        const signers = signersOf(certificate, seen.validators.length) ?? []
        for (const [place, signer] of signers.entries()) {
          const consensusKey = seen.validators[signer]?.consensusKey
          const signature = certificate.signatures[place]
          if (consensusKey === undefined || signature === undefined) continue
          judge(seen.votes.get(consensusKey) ?? [], { consensusKey, vote, signature })
        }
      }
      const due = [...recent.values()].filter((one) => one.isNew && one.height <= height)
      for (const one of due) one.isNew = false
      return due.map((one) => ({ height: one.height, votes: [...one.votes.values()].flat() }))
    },
  }
}
