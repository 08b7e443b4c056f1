// The journal of own consensus messages with what they rest on: on disk before they leave.
import { join } from 'node:path'
import type { Digest, Height } from '../vm/types.ts'
import { type Disk, type DiskFile, nodeDisk } from './disk.ts'
import type { EpioneError } from './errors.ts'
import type { Exclusive } from './exclusive.ts'
import { indeterminateWrite, unreadable } from './files.ts'
import { encodeRecord, encodeSegmentHeader, type JournalRecord } from './journal-format.ts'
import { type Recovery, recoverJournal, type Segment, segmentPath } from './journal-recovery.ts'

export type JournalConfig = {
  /** Made if missing; belongs to the journal alone. */
  readonly folder: string
  readonly chainId: Digest
  /** A segment is sealed when it is larger than this. */
  readonly segmentBytes?: number | undefined
  /** This machine's if not given. */
  readonly disk?: Disk | undefined
}

export type Journal = {
  /**
   * On disk when it resolves; calls made meanwhile share one fsync. A rejection (EpioneError STORE_FAILED) is indeterminate and
   * final: the process must stop.
   */
  readonly append: (records: readonly JournalRecord[]) => Promise<void>
  /**
   * Allows records below `height` to be forgotten; called when the block below it is durable in the store. Whole segments go, so
   * a recovery may find lower heights still.
   */
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

export type OpenedJournal = {
  readonly journal: Journal
  /** What was found, in the order written. */
  readonly recovered: readonly JournalRecord[]
  /** Whether the last append of the previous process was cut short; its messages therefore never left. */
  readonly torn: boolean
}

type Waiting = {
  readonly records: readonly JournalRecord[]
  readonly resolve: () => void
  readonly reject: (error: EpioneError) => void
}

type Complete = {
  readonly folder: string
  readonly chainId: Digest
  readonly segmentBytes: number
  readonly disk: Disk
}

const segmentBytesDefault = 8 * 1024 * 1024

/** The open segment at the end of the list. */
type Active = Segment & { readonly file: DiskFile }

class JournalFiles {
  readonly #config: Complete
  #sealed: Segment[]
  #active: Active | undefined
  readonly counters: JournalCounters

  constructor(config: Complete, recovery: Recovery, active: Active | undefined) {
    this.#config = config
    this.#sealed = recovery.segments.slice(0, -1)
    this.#active = active
    this.counters = { appends: 0, syncs: 0, bytes: 0, segments: recovery.segments.length }
  }

  /** Seals a full segment: it was synced with its last append. */
  async #writable(): Promise<Active> {
    const { folder, segmentBytes, disk } = this.#config
    const active = this.#active
    if (active !== undefined && active.end > 0 && active.end <= segmentBytes) return active
    const unborn = active !== undefined && active.end === 0
    await active?.file.close()
    if (active !== undefined && !unborn) this.#sealed.push(active)
    const before = this.#sealed.at(-1)
    const index = (before?.index ?? active?.index ?? 1) + (before === undefined ? 0 : 1)
    this.#active = await createSegment(this.#config, index, before?.end ?? 0)
    await disk.syncFolder(folder)
    this.counters.segments = this.#sealed.length + 1
    return this.#active
  }

  async append(records: readonly JournalRecord[]): Promise<void> {
    const active = await this.#writable()
    const name = { chainId: this.#config.chainId, index: active.index }
    const buffers: Uint8Array[] = []
    let { end, maxHeight } = active
    for (const record of records) {
      const [header, content] = encodeRecord(name, { offset: end, group: active.end }, record)
      buffers.push(header, content)
      end += header.length + content.length
      maxHeight = Math.max(maxHeight, record.height)
    }
    const size = end - active.end
    active.file.write(buffers, active.end)
    await active.file.sync()
    this.#active = { ...active, end, maxHeight }
    this.counters.appends += records.length
    this.counters.syncs += 1
    this.counters.bytes += size
  }

  /** Oldest first and synced one by one, so that a crash leaves no gap. */
  async dropBelow(height: Height): Promise<void> {
    const { disk, folder } = this.#config
    for (;;) {
      const [oldest] = this.#sealed
      if (oldest === undefined || oldest.maxHeight >= height) return
      this.#sealed.shift()
      await disk.unlink(oldest.path)
      await disk.syncFolder(folder)
      this.counters.segments = this.#sealed.length + 1
    }
  }

  async close(): Promise<void> {
    await this.#active?.file.close()
  }
}

async function createSegment(
  { folder, chainId, disk }: Complete,
  index: number,
  previousEnd: number,
): Promise<Active> {
  const path = segmentPath(folder, index)
  const file = await disk.create(path)
  const header = encodeSegmentHeader({ chainId, index }, previousEnd)
  file.write([header], 0)
  await file.sync()
  return { index, path, file, end: header.length, maxHeight: 0 }
}

/** The last segment, open for appending; a torn tail is cut off durably, so that none of it can come back later. */
async function reopenLast({ segments, torn }: Recovery, disk: Disk): Promise<Active | undefined> {
  const last = segments.at(-1)
  const file = last && (await disk.open(last.path))
  if (last === undefined || file === undefined) return undefined
  if (torn) {
    await file.truncate(last.end)
    await file.sync()
  }
  return { ...last, file }
}

function createJournal(files: JournalFiles, folder: string, guard: Exclusive): Journal {
  let waiting: Waiting[] = []
  let running: Promise<void> | undefined
  let failure: EpioneError | undefined
  let dropping: Promise<void> = Promise.resolve()

  const flush = async (): Promise<void> => {
    // Calls of the same turn join the first group.
    await Promise.resolve()
    while (waiting.length > 0) {
      const group = waiting
      waiting = []
      try {
        if (failure !== undefined) throw failure
        await files.append(group.flatMap(({ records }) => records))
        for (const { resolve } of group) resolve()
      } catch (error) {
        const reason = failure ?? indeterminateWrite(folder, error)
        failure = reason
        for (const { reject } of group) reject(reason)
      }
    }
    running = undefined
  }
  return {
    append: (records) => {
      if (records.length === 0) return Promise.resolve()
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      waiting.push({ records, resolve, reject })
      running ??= flush()
      return promise
    },
    dropBelow: (height) => {
      dropping = dropping
        .then(() => files.dropBelow(height))
        .catch((error: unknown) => {
          failure ??= indeterminateWrite(folder, error)
          throw failure
        })
      return dropping
    },
    close: async () => {
      await running
      await dropping.catch(() => undefined)
      await files.close()
      guard.release()
    },
    counters: () => ({ ...files.counters }),
  }
}

/** Throws EpioneError HOME_LOCKED (another process has it), JOURNAL_DAMAGED (what was synced is not there any more) or STORE_FAILED. */
export async function openJournal(config: JournalConfig): Promise<OpenedJournal> {
  const { folder, chainId, disk = nodeDisk, segmentBytes = segmentBytesDefault } = config
  let guard: Exclusive | undefined
  try {
    await disk.makeFolder(folder)
    guard = disk.hold(join(folder, 'journal'))
    const recovery = await recoverJournal(folder, chainId, disk)
    const complete = { folder, chainId, disk, segmentBytes }
    const files = new JournalFiles(complete, recovery, await reopenLast(recovery, disk))
    const journal = createJournal(files, folder, guard)
    return { journal, recovered: recovery.records, torn: recovery.torn }
  } catch (error) {
    guard?.release()
    throw unreadable(folder, error)
  }
}
