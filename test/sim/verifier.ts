// The verification of transactions in a simulation: all signatures through its port, those inside evidence too.
import { admitAccount } from '../../apps/registry/admit-account.ts'
import { admitCandidate } from '../../apps/registry/admit-candidate.ts'
import { changeValidators } from '../../apps/registry/change-validators.ts'
import { contradict, evidence } from '../../apps/registry/evidence.ts'
import { type Proposal, type ProposalVote, proposalHash } from '../../apps/registry/proposal.ts'
import type { TransactionVerdict, VerificationJob } from '../../node/crypto/verifier.ts'
import { type Payload, refuseWith, type Verdict } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { fromHex } from '../../vm/bytes.ts'
import type { Digest, PublicKey } from '../../vm/types.ts'
import { type Vote, voteDigest } from '../../vm/vote.ts'
import type { Ground } from './ground.ts'
import type { Signatures } from './signatures.ts'

type SignedVote = { readonly vote: Vote; readonly signature: Uint8Array }
type EvidencePayload = {
  readonly consensusKey: PublicKey
  readonly first: SignedVote
  readonly second: SignedVote
}

/** The type's own verdict rests on real signatures. */
function judgeEvidence(chainId: Digest, payload: Payload, { verify }: Signatures): Verdict {
  const { consensusKey, first, second } = payload as unknown as EvidencePayload
  if (!contradict(first.vote, second.vote)) return refuseWith('EVIDENCE_EMPTY')
  const holds = [first, second].every(({ vote, signature }) =>
    verify(fromHex(consensusKey), voteDigest(chainId, vote), signature),
  )
  return holds ? { ok: true } : refuseWith('EVIDENCE_SIGNATURE')
}

type ChangePayload = { readonly proposal: Proposal; readonly votes: readonly ProposalVote[] }

function judgeChange(chainId: Digest, payload: Payload, { verify }: Signatures): Verdict {
  const { proposal, votes } = payload as unknown as ChangePayload
  const message = proposalHash(chainId, proposal)
  const holds = votes.every(({ publicKey, signature }) =>
    verify(fromHex(publicKey), message, signature),
  )
  return holds ? { ok: true } : refuseWith('VOTE_SIGNATURE')
}

/** Whether keys are points of the curve: those of a simulation are. */
const keyTypes: readonly number[] = [admitAccount.tag, admitCandidate.tag]

export function verifierOf({ chain, signatures: port }: Pick<Ground, 'chain' | 'signatures'>) {
  const { chainId } = chain.genesis
  return async ({ transaction, acts, facts }: VerificationJob): Promise<TransactionVerdict> => {
    const message = fromHex(transaction.id)
    const signatures = transaction.body.signers.every(({ publicKey }, place) =>
      port.verify(fromHex(publicKey), message, transaction.signatures[place] ?? new Uint8Array()),
    )
    const items = acts.items.map((payload, place): Verdict => {
      if (acts.type.verify === undefined) return { ok: true }
      if (facts[place] === undefined) return refuseWith('FACT_UNKNOWN')
      if (keyTypes.includes(acts.type.tag)) return { ok: true }
      if (acts.type.tag === changeValidators.tag) return judgeChange(chainId, payload, port)
      assert(acts.type.tag === evidence.tag, 'nobody makes proofs in a simulation')
      return judgeEvidence(chainId, payload, port)
    })
    return { signatures, items: signatures ? items : [] }
  }
}
