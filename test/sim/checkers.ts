// What must hold after every event of a simulation, whatever the network and f Byzantine replicas do.
import { type CommitCertificate, verifyCommitCertificate } from '../../consensus/certificate.ts'
import type { Effect } from '../../consensus/effect.ts'
import type { Message } from '../../consensus/message.ts'
import { quorum } from '../../consensus/quorum.ts'
import type { State } from '../../consensus/state.ts'
import { compareRanks, sameBody, type Vote } from '../../consensus/vote.ts'
import type { Digest, ReplicaIndex } from '../../vm/types.ts'
import { configOf, verifySimulated } from './keys.ts'

/** A broken promise of the protocol; its message is the finding. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

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

type Place = {
  readonly kind: Vote['kind']
  readonly view: number
  readonly blockId: Digest
  readonly signers: ReadonlySet<ReplicaIndex>
}

/** Votes of Byzantine replicas are not judged; decisions of correct ones are, and that nobody accuses them. */
export function createCheckers(n: number, byzantine: ReadonlySet<ReplicaIndex>): Checkers {
  const decided = new Map<number, Digest>()
  const votes = new Map<string, Vote[]>()
  const blockVotes = new Map<number, Map<string, Place>>()
  const accused = new Set<ReplicaIndex>()
  let viewMax = 0

  const checkVote = (replica: ReplicaIndex, vote: Vote): void => {
    const key = `${replica}/${vote.height}`
    const signed = votes.get(key) ?? []
    for (const before of signed) {
      const order = compareRanks(vote, before)
      if (order === 0 && !sameBody(vote, before)) {
        throw new Violation(`replica ${replica} signed two ${vote.kind}s in view ${vote.view}`)
      }
      if (order < 0 && !signed.some((other) => compareRanks(vote, other) === 0)) {
        throw new Violation(`replica ${replica} signed ${vote.kind} after ${before.kind}`)
      }
      if (isAmnesia(before, vote)) throw new Violation(`replica ${replica} forgot its commit`)
    }
    votes.set(key, [...signed, vote])
    if (vote.kind === 'prepare' || vote.kind === 'commit') checkLock(replica, vote)
  }

  /**
   * The heart of agreement, far more sensitive than a fork: once so many correct replicas committed A in a view that Byzantine
   * ones could complete the quorum, no correct replica prepares anything else in a higher view.
   */
  const checkLock = (replica: ReplicaIndex, vote: Vote & { readonly blockId: Digest }): void => {
    const places = blockVotes.get(vote.height) ?? new Map<string, Place>()
    blockVotes.set(vote.height, places)
    const name = `${vote.kind}/${vote.view}/${vote.blockId}`
    const { kind, view, blockId } = vote
    const place = places.get(name) ?? { kind, view, blockId, signers: new Set() }
    places.set(name, { ...place, signers: new Set([...place.signers, replica]) })
    const all = [...places.values()]
    const locked = all.filter(
      (other) => other.kind === 'commit' && other.signers.size >= quorum(n) - byzantine.size,
    )
    for (const lock of locked) {
      const breach = all.find(
        (other) =>
          other.kind === 'prepare' && other.view > lock.view && other.blockId !== lock.blockId,
      )
      if (breach !== undefined) throw new Violation(`prepared against a lock of view ${lock.view}`)
    }
  }
  return {
    onVote: (replica, vote) => {
      if (!byzantine.has(replica)) checkVote(replica, vote)
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

function isAmnesia(before: Vote, vote: Vote): boolean {
  if (before.kind !== 'commit' || vote.kind !== 'view-change') return false
  return vote.prepared === null || vote.prepared.view < before.view
}
