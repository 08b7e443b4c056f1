// What a crash leaves of a simulated replica: all that was synced, and the real lock's rule.
import type { CommitCertificate, PreparedCertificate } from '../../consensus/certificate.ts'
import type { JournalEntry } from '../../consensus/journal-entry.ts'
import type { Lock } from '../../consensus/restore.ts'
import type { ProposedBlock } from '../../consensus/types.ts'
import { lockVote } from '../../node/vote-lock.ts'
import type { Vote } from '../../vm/vote.ts'
import { Violation } from './violation.ts'

export type Decided = { readonly block: ProposedBlock; readonly certificate: CommitCertificate }

export type Disk = { chain: Decided[]; journal: JournalEntry[]; lock: Lock }

export function emptyDisk(): Disk {
  return { chain: [], journal: [], lock: { floor: 0, last: null, prepared: null } }
}

/** A refusal means that the engine asked for a signature that the lock forbids. */
export function lock(disk: Disk, vote: Vote, certificate: PreparedCertificate | null): void {
  const next = lockVote(disk.lock, vote, certificate)
  if (typeof next === 'string') throw new Violation(`the vote lock says ${next} to ${vote.kind}`)
  disk.lock = next
}
