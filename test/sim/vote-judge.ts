// What a correct replica may sign, across restarts: one vote for each place, in rising order, nothing against a lock.
import { compareRanks } from '../../consensus/vote.ts'
import type { Digest, ReplicaIndex } from '../../vm/types.ts'
import { sameBody, type Vote } from '../../vm/vote.ts'
import { Violation } from './violation.ts'

type BlockVote = Vote & { readonly blockId: Digest }

type Place = {
  readonly kind: Vote['kind']
  readonly view: number
  readonly blockId: Digest
  readonly signers: ReadonlySet<ReplicaIndex>
}

type Places = Map<string, Place>

/** `lockSize`: so many correct commits of one view can become a quorum with the help of the Byzantine replicas. */
export function createVoteJudge(lockSize: number): (replica: ReplicaIndex, vote: Vote) => void {
  const votes = new Map<string, readonly Vote[]>()
  const places = new Map<number, Places>()
  return (replica, vote) => {
    const key = `${replica}/${vote.height}`
    const signed = votes.get(key) ?? []
    for (const before of signed) judgePair({ replica, vote, before, signed })
    votes.set(key, [...signed, vote])
    if (vote.kind !== 'prepare' && vote.kind !== 'commit') return
    const here = places.get(vote.height) ?? new Map<string, Place>()
    places.set(vote.height, here)
    count(here, replica, vote)
    judgeLocks([...here.values()], lockSize)
  }
}

type Pair = {
  readonly replica: ReplicaIndex
  readonly vote: Vote
  readonly before: Vote
  readonly signed: readonly Vote[]
}

function judgePair({ replica, vote, before, signed }: Pair): void {
  const order = compareRanks(vote, before)
  if (order === 0 && !sameBody(vote, before)) {
    throw new Violation(`replica ${replica} signed two ${vote.kind}s in view ${vote.view}`)
  }
  if (order < 0 && !signed.some((other) => compareRanks(vote, other) === 0)) {
    throw new Violation(`replica ${replica} signed ${vote.kind} after ${before.kind}`)
  }
  if (isAmnesia(before, vote)) throw new Violation(`replica ${replica} forgot its commit`)
}

function isAmnesia(before: Vote, vote: Vote): boolean {
  if (before.kind !== 'commit' || vote.kind !== 'view-change') return false
  return vote.prepared === null || vote.prepared.view < before.view
}

function count(places: Places, replica: ReplicaIndex, { kind, view, blockId }: BlockVote): void {
  const name = `${kind}/${view}/${blockId}`
  const signers = new Set([...(places.get(name)?.signers ?? []), replica])
  places.set(name, { kind, view, blockId, signers })
}

/**
 * The heart of agreement, far more sensitive than a fork: once so many correct replicas committed A in a view that Byzantine
 * ones could complete the quorum, no correct replica prepares anything else in a higher view.
 */
function judgeLocks(places: readonly Place[], lockSize: number): void {
  const locks = places.filter(({ kind, signers }) => kind === 'commit' && signers.size >= lockSize)
  for (const lock of locks) {
    const breach = places.find(
      ({ kind, view, blockId }) =>
        kind === 'prepare' && view > lock.view && blockId !== lock.blockId,
    )
    if (breach !== undefined) throw new Violation(`prepared against a lock of view ${lock.view}`)
  }
}
