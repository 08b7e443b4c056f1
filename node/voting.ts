// The right to vote of this node: its journal and vote lock, and the way back when the lock is lost.
import type { Digest, Height, PublicKey } from '../vm/types.ts'
import type { Disk } from './disk.ts'
import { homePaths, openHomeLock } from './home.ts'
import { openJournal } from './journal.ts'
import type { JournalRecord } from './journal-format.ts'
import type { Logger } from './logger.ts'
import { createLostLock, type LostLock, type LostLockPorts } from './replica/lost-lock.ts'
import type { Voter } from './replica/promise.ts'
import { openVoteLock, renewVoteLock, type VoteLock } from './vote-lock.ts'

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

/** Throws EpioneError HOME_LOCKED, JOURNAL_DAMAGED or VOTE_LOCK_DAMAGED. */
export async function openVoting(parts: VotingParts): Promise<Voting> {
  const { home, chainId, publicKey, signDigest, log, disk, segmentBytes } = parts
  const paths = homePaths(home)
  const opening = await openHomeLock(home, { chainId, publicKey, disk })
  const config = { folder: paths.journal, chainId, disk, segmentBytes }
  const { journal, recovered } = await openJournal(config).catch(async (error: unknown) => {
    if (opening.kind === 'open') await opening.lock.close()
    throw error
  })
  let lock: VoteLock | undefined = opening.kind === 'open' ? opening.lock : undefined
  let lost: LostLock | undefined
  let closed = false
  if (opening.kind === 'lost') {
    const { reason } = opening
    log.error({ reason }, 'the vote lock is lost: this validator signs nothing for now')
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
