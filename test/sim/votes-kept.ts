// What vote lock and journal of a machine hold, read from its files as a start would find them after a crash.
import { type JournalRecord, readRecords } from '../../node/journal-format.ts'
import { decodeSlot, SLOT_BYTES, type VoteSlot } from '../../node/vote-slots.ts'
import { durableFiles, type Home, paths } from './home.ts'
import type { World } from './world.ts'

/** The slots that are whole; undefined without a lock. */
export function lockSlots(home: Home): readonly VoteSlot[] | undefined {
  for (const [path, bytes] of durableFiles(home)) {
    if (path !== paths.voteLock) continue
    return [0, 1].flatMap((turn) => decodeSlot(bytes.subarray(turn * SLOT_BYTES)) ?? [])
  }
  return undefined
}

export function newestVote(slots: readonly VoteSlot[] | undefined): VoteSlot['last'] {
  return slots?.toSorted((left, right) => right.turn - left.turn)[0]?.last ?? null
}

/** In the order of writing. */
export function journalRecords({ chain }: World, home: Home): readonly JournalRecord[] {
  const { chainId } = chain.genesis
  return [...durableFiles(home)]
    .flatMap(([path, bytes]) => {
      const index = /journal-([0-9]+)\.log$/.exec(path)?.[1]
      return index === undefined ? [] : [{ index: Number(index), bytes }]
    })
    .toSorted((left, right) => left.index - right.index)
    .flatMap(({ index, bytes }) => readRecords(bytes, { chainId, index }).records)
}
