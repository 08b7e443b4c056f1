// The journal of own consensus messages with what they rest on: on disk before they leave.
import { assert } from '../vm/assert.ts'
import type { Digest, Height } from '../vm/types.ts'

export type JournalRecord = { readonly height: Height; readonly bytes: Uint8Array }

export type JournalConfig = {
  /** Made if missing; belongs to the journal alone. */
  readonly folder: string
  readonly chainId: Digest
  /** A segment is sealed when it is larger than this. */
  readonly segmentBytes?: number
}

export type Journal = {
  /** What was found when it was opened, in the order written; may begin below the heights still needed. */
  readonly recovered: readonly JournalRecord[]
  /** Whether the last append of the previous process was torn (and its message therefore never left). */
  readonly torn: boolean
  /**
   * On disk when it resolves; calls made meanwhile share one fsync. A rejection (EpioneError STORE_FAILED) is indeterminate and
   * final: the process must stop.
   */
  readonly append: (records: readonly JournalRecord[]) => Promise<void>
  /** Allows records below `height` to be forgotten; called when the block below it is durable in the store. */
  readonly dropBelow: (height: Height) => Promise<void>
  readonly close: () => Promise<void>
  readonly counters: () => JournalCounters
}

export type JournalCounters = {
  appends: number
  syncs: number
  bytes: number
  segments: number
}

/** Throws EpioneError HOME_LOCKED (another process has it) or JOURNAL_DAMAGED (what was synced is not there any more). */
export async function openJournal(config: JournalConfig): Promise<Journal> {
  assert(false, `not built yet for ${config.folder}`)
}
