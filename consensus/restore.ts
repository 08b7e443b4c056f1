// What a restarted replica may go on with: its journal and its vote lock, or the lock alone.
import type { Height } from '../vm/types.ts'
import { type Vote, voteDigest } from '../vm/vote.ts'
import type { PreparedCertificate, VerifySignature } from './certificate.ts'
import type { Resume } from './engine.ts'
import type { JournalEntry } from './journal-entry.ts'
import type { Message } from './message.ts'
import type { HeightConfig } from './types.ts'
import type { Verified } from './verified.ts'
import { restoreMessage } from './verify.ts'
import { compareRanks } from './vote.ts'

/** The content of the vote lock, of whatever height. */
export type Lock = {
  /** Nothing at or below this height may be signed. */
  readonly floor: Height
  /** Null if nothing was ever signed. */
  readonly last: Vote | null
  /** The highest under anything signed at the height of `last`; a lock that lacks what `last` rests on is lost. */
  readonly prepared: PreparedCertificate | null
}

export type Remains = {
  readonly config: HeightConfig
  readonly verifySignature: VerifySignature
  /** Ed25519 is deterministic (RFC 8032): the vote of a lock is signed again with the same bytes. */
  readonly sign: (digest: Uint8Array) => Uint8Array
  /** The journal's entries of this height, in the order of writing. */
  readonly entries: readonly JournalEntry[]
  readonly lock: Lock
}

export type Restored =
  /**
   * Start with `resume` (null if nothing was signed at this height). Before that the node brings the lock up to the newest
   * journaled vote, if it stopped between the two writes: the engine sends that vote again.
   */
  | { readonly ok: true; readonly resume: Resume | null }
  /** Follow with `self: null` until the chain has reached the lock. */
  | { readonly ok: false; readonly reason: 'LOCK_AHEAD' }

export function restore(remains: Remains): Restored {
  const { config, entries, lock } = remains
  if (config.self === null) return { ok: true, resume: null }
  if (lock.floor >= config.height || (lock.last?.height ?? 0) > config.height) {
    return { ok: false, reason: 'LOCK_AHEAD' }
  }
  const locked = lock.last?.height === config.height ? lock.last : null
  if (locked === null && entries.length === 0) return { ok: true, resume: null }
  return { ok: true, resume: resumeFrom(remains, locked) }
}

function resumeFrom(remains: Remains, locked: Vote | null): Resume {
  const { entries, lock } = remains
  const messages = new Map<Message['kind'], Verified>()
  const journaled = entries.map((entry) => entry.message)
  for (const message of [...journaled, ...fromLock(remains, locked)]) {
    const before = messages.get(message.kind)
    if (before !== undefined && before.view >= message.view) continue
    messages.set(message.kind, restoreMessage(remains, message))
  }
  const votes: readonly Vote[] = locked === null ? journaled : [...journaled, locked]
  const newest = votes.toSorted(compareRanks).at(-1)
  return {
    messages: [...messages.values()],
    promised: newest === undefined ? null : { view: newest.view, kind: newest.kind },
    prepared: highestCertificate(entries, locked === null ? null : lock.prepared),
    blocks: entries.map((entry) => entry.block).filter((block) => block !== null),
  }
}

/** The message of a lock whose journal is gone. A pre-prepare cannot be rebuilt: it only bars a second one. */
function fromLock(remains: Remains, locked: Vote | null): readonly Message[] {
  const { config, entries, lock, sign } = remains
  if (locked === null || config.self === null || locked.kind === 'pre-prepare') return []
  if (entries.some(({ message }) => compareRanks(message, locked) === 0)) return []
  const signature = sign(voteDigest(config.chainId, locked))
  const signed = { signer: config.self, signature }
  if (locked.kind !== 'view-change') return [{ ...locked, ...signed }]
  return [{ ...locked, ...signed, certificate: locked.prepared === null ? null : lock.prepared }]
}

/** Of commits and view-changes: what is under anything signed may never be denied. */
function highestCertificate(
  entries: readonly JournalEntry[],
  locked: PreparedCertificate | null,
): PreparedCertificate | null {
  return [locked, ...entries.map((entry) => entry.certificate)]
    .filter((certificate) => certificate !== null)
    .reduce<PreparedCertificate | null>(
      (highest, next) => (highest !== null && highest.view >= next.view ? highest : next),
      null,
    )
}
