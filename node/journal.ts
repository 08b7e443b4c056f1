// The journal of own consensus messages with what they rest on: on disk before they leave.
import { writevSync } from 'node:fs'
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Digest, Height } from '../vm/types.ts'
import type { EpioneError } from './errors.ts'
import { type Exclusive, holdExclusively } from './exclusive.ts'
import { indeterminateWrite, syncFolder } from './files.ts'
import { encodeRecord, encodeSegmentHeader, type JournalRecord } from './journal-format.ts'
import { type Recovery, recoverJournal, type Segment, segmentPath } from './journal-recovery.ts'

export type JournalConfig = {
  /** Made if missing; belongs to the journal alone. */
  readonly folder: string
  readonly chainId: Digest
  /** A segment is sealed when it is larger than this. */
  readonly segmentBytes?: number
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

const segmentBytesDefault = 8 * 1024 * 1024

/** The open segment at the end of the list. */
type Active = Segment & { readonly file: FileHandle }

class JournalFiles {
  readonly #config: Required<JournalConfig>
  #sealed: Segment[]
  #active: Active | undefined
  readonly counters: JournalCounters

  constructor(config: Required<JournalConfig>, recovery: Recovery, active: Active | undefined) {
    this.#config = config
    this.#sealed = recovery.segments.slice(0, -1)
    this.#active = active
    this.counters = { appends: 0, syncs: 0, bytes: 0, segments: recovery.segments.length }
  }

  /** Seals a full segment: it was synced with its last append. */
  async #writable(): Promise<Active> {
    const { folder, segmentBytes } = this.#config
    const active = this.#active
    if (active !== undefined && active.end > 0 && active.end <= segmentBytes) return active
    const unborn = active !== undefined && active.end === 0
    await active?.file.close()
    if (active !== undefined && !unborn) this.#sealed.push(active)
    const before = this.#sealed.at(-1)
    const index = (before?.index ?? active?.index ?? 1) + (before === undefined ? 0 : 1)
    this.#active = await createSegment(this.#config, index, before?.end ?? 0)
    await syncFolder(folder)
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
    // Into the page cache at once; a detour over the thread pool costs more than the copy.
    if (writevSync(active.file.fd, buffers, active.end) !== size) throw new Error('short write')
    await active.file.datasync()
    this.#active = { ...active, end, maxHeight }
    this.counters.appends += records.length
    this.counters.syncs += 1
    this.counters.bytes += size
  }

  /** Oldest first and synced one by one, so that a crash leaves no gap. */
  async dropBelow(height: Height): Promise<void> {
    for (;;) {
      const [oldest] = this.#sealed
      if (oldest === undefined || oldest.maxHeight >= height) return
      this.#sealed.shift()
      await unlink(oldest.path)
      await syncFolder(this.#config.folder)
      this.counters.segments = this.#sealed.length + 1
    }
  }

  async close(): Promise<void> {
    await this.#active?.file.close()
  }
}

async function createSegment(
  { folder, chainId }: Required<JournalConfig>,
  index: number,
  previousEnd: number,
): Promise<Active> {
  const path = segmentPath(folder, index)
  const file = await open(path, 'w+', 0o600)
  const header = encodeSegmentHeader({ chainId, index }, previousEnd)
  await file.write(header, 0, header.length, 0)
  await file.sync()
  return { index, path, file, end: header.length, maxHeight: 0 }
}

/** The last segment, open for appending; a torn tail is cut off durably, so that none of it can come back later. */
async function reopenLast({ segments, torn }: Recovery): Promise<Active | undefined> {
  const last = segments.at(-1)
  if (last === undefined) return undefined
  const file = await open(last.path, 'r+')
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
      dropping = dropping.then(() => files.dropBelow(height))
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

/** Throws EpioneError HOME_LOCKED (another process has it) or JOURNAL_DAMAGED (what was synced is not there any more). */
export async function openJournal(config: JournalConfig): Promise<OpenedJournal> {
  await mkdir(config.folder, { recursive: true, mode: 0o700 })
  const guard = holdExclusively(join(config.folder, 'journal'))
  try {
    const recovery = await recoverJournal(config.folder, config.chainId)
    const complete = { segmentBytes: segmentBytesDefault, ...config }
    const files = new JournalFiles(complete, recovery, await reopenLast(recovery))
    const journal = createJournal(files, config.folder, guard)
    return { journal, recovered: recovery.records, torn: recovery.torn }
  } catch (error) {
    guard.release()
    throw error
  }
}
