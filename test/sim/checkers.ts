// What must hold after every event of a simulation, whatever the network and f Byzantine replicas do.
import { type CommitCertificate, verifyCommitCertificate } from '../../consensus/certificate.ts'
import type { Effect } from '../../consensus/effect.ts'
import type { Message } from '../../consensus/message.ts'
import type { State } from '../../consensus/state.ts'
import { quorum } from '../../vm/quorum.ts'
import type { Digest, ReplicaIndex } from '../../vm/types.ts'
import type { Vote } from '../../vm/vote.ts'
import { configOf, verifySimulated } from './keys.ts'
import { Violation } from './violation.ts'
import { createVoteJudge } from './vote-judge.ts'

export type Checkers = {
  /** A replica puts its signature under a vote and lets it leave. */
  readonly onVote: (replica: ReplicaIndex, vote: Vote) => void
  readonly onDecided: (replica: ReplicaIndex, certificate: CommitCertificate) => void
  readonly onEvidence: (evidence: Extract<Effect, { kind: 'evidence' }>) => void
  readonly onState: (state: State) => void
  readonly decidedId: (height: number) => Digest | undefined
  /** The highest view that any replica was in. */
  readonly viewMax: () => number
  readonly accused: () => ReadonlySet<ReplicaIndex>
}

/** Votes of Byzantine replicas are not judged; decisions of correct ones are, and that nobody accuses them. */
export function createCheckers(n: number, byzantine: ReadonlySet<ReplicaIndex>): Checkers {
  const decided = new Map<number, Digest>()
  const judge = createVoteJudge(quorum(n, 'pbft') - byzantine.size)
  const accused = new Set<ReplicaIndex>()
  let viewMax = 0

  return {
    onVote: (replica, vote) => {
      if (!byzantine.has(replica)) judge(replica, vote)
    },
    onDecided: (replica, certificate) => {
      const { height, blockId } = certificate
      const set = configOf(n, height, null)
      const fault = verifyCommitCertificate({
        set,
        value: certificate,
        about: { height, blockId },
        verifySignature: verifySimulated,
      })
      if (fault !== undefined) throw new Violation(`replica ${replica} decided on ${fault}`)
      if (byzantine.has(replica)) return
      const before = decided.get(height)
      if (before !== undefined && before !== blockId) throw new Violation(`fork at ${height}`)
      decided.set(height, blockId)
    },
    onEvidence: ({ fault, first }: { fault: string; first: Message }) => {
      accused.add(first.signer)
      if (!byzantine.has(first.signer)) {
        throw new Violation(`replica ${first.signer} is accused of ${fault}`)
      }
    },
    onState: (state) => {
      viewMax = Math.max(viewMax, state.view)
      if (state.blocks.size > 3 * n + 2) throw new Violation('more blocks than messages name')
    },
    viewMax: () => viewMax,
    decidedId: (height) => decided.get(height),
    accused: () => accused,
  }
}
