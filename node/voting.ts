// The right to vote of this node: its journal and vote lock, and the way back when the lock is lost.
import { compareRanks } from '../consensus/vote.ts'
import { decode } from '../vm/codec.ts'
import type { Digest, Height, PublicKey } from '../vm/types.ts'
import type { Disk } from './disk.ts'
import { unreadable } from './files.ts'
import { homePaths, openHomeLock } from './home.ts'
import { openJournal } from './journal.ts'
import type { JournalRecord } from './journal-format.ts'
import type { Logger } from './logger.ts'
import { createLostLock, type LostLock, type LostLockPorts } from './replica/lost-lock.ts'
import { journalRecordCodec, type Voter } from './replica/promise.ts'
import {
  openVoteLock,
  renewVoteLock,
  type VoteLock,
  type VoteLockOpening,
  type VoteLockState,
} from './vote-lock.ts'

export type VotingParts = {
  readonly home: string
  readonly chainId: Digest
  readonly publicKey: PublicKey
  readonly signDigest: (digest: Uint8Array) => Uint8Array
  readonly log: Logger
  /** Where journal and vote lock are; this machine's if not given. */
  readonly disk?: Disk | undefined
  /** A segment of the journal is sealed when it is larger than this. */
  readonly segmentBytes?: number | undefined
}

export type Voting = {
  /** The consensus key: its seat in a set is this node's. */
  readonly publicKey: PublicKey
  readonly voter: () => Voter | undefined
  /** What the journal held when it was opened. */
  readonly recovered: readonly JournalRecord[]
  /** With a lost lock: asks the others what they have decided, and makes a new lock when the old votes cannot matter any more. */
  readonly regain: (ports: LostLockPorts, connected: readonly PublicKey[]) => Promise<void>
  readonly journalBytes: () => number
  readonly close: () => Promise<void>
}

/**
 * Of two slots one cannot be read. If that was torn, its vote is in the journal, which is synced first; so without a record as
 * new as the readable slot the journal is not what it was, and the unreadable vote may have left.
 */
export function isCovered(
  { last, floor }: Pick<VoteLockState, 'last' | 'floor'>,
  recovered: readonly JournalRecord[],
): boolean {
  const newest = recovered.at(-1)
  if (last === null) return (newest?.height ?? 0) > floor
  if (newest === undefined || newest.height !== last.height) {
    return (newest?.height ?? 0) > last.height
  }
  const { message } = decode(journalRecordCodec, newest.bytes).entry
  return compareRanks(message, last) >= 0
}

async function lockOrLoss(
  opening: VoteLockOpening,
  recovered: readonly JournalRecord[],
): Promise<VoteLock | string> {
  if (opening.kind === 'lost') return opening.reason
  if (!opening.tornSlot || isCovered(opening.lock.state(), recovered)) return opening.lock
  await opening.lock.close()
  return 'a slot is not readable, and the journal does not show its vote'
}

/** Throws EpioneError HOME_LOCKED, STORE_FAILED, JOURNAL_DAMAGED, VOTE_LOCK_DAMAGED or VOTE_LOCK_EXPORTED. */
export async function openVoting(parts: VotingParts): Promise<Voting> {
  const { home, chainId, publicKey, signDigest, log, disk, segmentBytes } = parts
  const paths = homePaths(home)
  const binding = { chainId, publicKey, disk }
  const opening = await openHomeLock(home, binding).catch((error: unknown) => {
    throw unreadable(paths.voteLock, error)
  })
  const config = { folder: paths.journal, chainId, disk, segmentBytes }
  const { journal, recovered } = await openJournal(config).catch(async (error: unknown) => {
    if (opening.kind === 'open') await opening.lock.close()
    throw error
  })
  const found = await lockOrLoss(opening, recovered)
  let lock: VoteLock | undefined = typeof found === 'string' ? undefined : found
  let lost: LostLock | undefined
  let closed = false
  if (typeof found === 'string') {
    log.error({ reason: found }, 'the vote lock is lost: this validator signs nothing for now')
  }

  const renew = async (floor: Height): Promise<void> => {
    const place = { path: paths.voteLock, chainId, publicKey, disk }
    await renewVoteLock(place, floor)
    const renewed = await openVoteLock(place)
    if (renewed.kind === 'open') lock = renewed.lock
    log.warn({ floor }, 'a new vote lock: this validator votes again above the floor')
  }
  /** Blocks may come faster than a lock is made; one is enough. */
  let renewing: Promise<void> | undefined
  return {
    publicKey,
    voter: () => lock && { journal, lock, signDigest },
    recovered,
    journalBytes: () => journal.counters().bytes,
    regain: async (ports, connected) => {
      if (lock !== undefined) return
      lost ??= createLostLock(ports)
      await Promise.all(connected.map(lost.ask))
      const floor = lost.floor()
      if (floor === undefined || closed) return
      renewing ??= renew(floor)
      await renewing
    },
    close: async () => {
      closed = true
      await renewing
      await journal.close()
      await lock?.close()
    },
  }
}
