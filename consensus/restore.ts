// What a restarted replica may go on with: its journal and its vote lock, or the lock alone.
import type { PreparedCertificate, VerifySignature } from './certificate.ts'
import type { Resume } from './engine.ts'
import type { JournalEntry, LockedVote } from './journal-entry.ts'
import type { Message } from './message.ts'
import type { HeightConfig, ProposedBlock } from './types.ts'
import type { Verified } from './verified.ts'
import { restoreMessage } from './verify.ts'
import { compareRanks, type Rank, sameBody } from './vote.ts'

export type Remains = {
  readonly config: HeightConfig
  readonly verifySignature: VerifySignature
  /** The journal's entries of this height, in the order of writing. */
  readonly entries: readonly JournalEntry[]
  /** The vote lock, of whatever height; null if it is empty because nothing was ever signed. */
  readonly locked: LockedVote | null
}

export type Restored =
  /**
   * Start with `resume` (null if nothing was signed at this height). Before that the node brings the lock up to the newest
   * journaled vote, if it stopped between the two writes: the engine sends that vote again.
   */
  | { readonly ok: true; readonly resume: Resume | null }
  /** LOCK_AHEAD: follow with `self: null` until the chain is at the lock's height. LOCK_LOST: the rule of a lost lock. */
  | { readonly ok: false; readonly reason: 'LOCK_AHEAD' | 'LOCK_LOST' }

export function restore(remains: Remains): Restored {
  const { config, entries, locked } = remains
  if (config.self === null) return { ok: true, resume: null }
  if (locked !== null && locked.vote.height > config.height) {
    return { ok: false, reason: 'LOCK_AHEAD' }
  }
  const current = locked !== null && locked.vote.height === config.height ? locked : null
  if (current === null && entries.length === 0) return { ok: true, resume: null }
  if (current !== null && lacksCertificate(current)) return { ok: false, reason: 'LOCK_LOST' }
  return { ok: true, resume: resumeFrom(remains, current) }
}

/** Such a replica would deny what it committed or reported: two decisions, or a height that never ends. */
function lacksCertificate({ vote, prepared }: LockedVote): boolean {
  if (vote.kind === 'commit') return prepared === null || prepared.view < vote.view
  if (vote.kind !== 'view-change' || vote.prepared === null) return false
  return prepared === null || prepared.view < vote.prepared.view
}

function resumeFrom(remains: Remains, locked: LockedVote | null): Resume {
  const { entries } = remains
  const messages = new Map<Message['kind'], Verified>()
  const journaled = entries.map((entry) => entry.message)
  for (const message of [...journaled, ...fromLock(remains, locked)]) {
    const before = messages.get(message.kind)
    if (before !== undefined && before.view >= message.view) continue
    messages.set(message.kind, restoreMessage(remains, message))
  }
  const ranks: readonly Rank[] = [...journaled, ...(locked === null ? [] : [locked.vote])]
  return {
    messages: [...messages.values()],
    promised: toRank(ranks.toSorted(compareRanks).at(-1)),
    prepared: highestCertificate(entries, locked),
    blocks: entries.map((entry) => entry.block).filter((block): block is ProposedBlock => !!block),
  }
}

function toRank(rank: Rank | undefined): Rank | null {
  return rank === undefined ? null : { view: rank.view, kind: rank.kind }
}

/** The message of a lock whose journal is gone. A pre-prepare cannot be rebuilt: it only bars a second one. */
function fromLock({ config, entries }: Remains, locked: LockedVote | null): readonly Message[] {
  if (locked === null || config.self === null) return []
  const { vote, signature, prepared } = locked
  const journaled = entries.some(
    ({ message }) =>
      message.kind === vote.kind && message.view === vote.view && sameBody(message, vote),
  )
  if (journaled || vote.kind === 'pre-prepare') return []
  const signed = { signer: config.self, signature }
  if (vote.kind !== 'view-change') return [{ ...vote, ...signed }]
  const certificate = vote.prepared === null ? null : prepared
  return certificate?.view === vote.prepared?.view ? [{ ...vote, ...signed, certificate }] : []
}

function highestCertificate(
  entries: readonly JournalEntry[],
  locked: LockedVote | null,
): PreparedCertificate | null {
  const changes = entries.map(({ message }) =>
    message.kind === 'view-change' ? message.certificate : null,
  )
  const all = [locked?.prepared, ...entries.map((entry) => entry.certificate), ...changes]
  return (
    all
      .filter((certificate) => certificate !== null && certificate !== undefined)
      .toSorted((left, right) => right.view - left.view)[0] ?? null
  )
}
