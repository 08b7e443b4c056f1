// What a journal folder holds after a stop or a crash: its records, a torn tail, or damage that must not be overlooked.
import { join } from 'node:path'
import type { Digest, Height } from '../vm/types.ts'
import { type Disk, nodeDisk } from './disk.ts'
import { EpioneError } from './errors.ts'
import {
  decodeSegmentHeader,
  hasLaterGroup,
  type JournalRecord,
  readRecords,
} from './journal-format.ts'

/** A segment on disk; `end` is where its whole records end, `maxHeight` the highest of their heights. */
export type Segment = {
  readonly index: number
  readonly path: string
  readonly end: number
  readonly maxHeight: Height
}

export type Recovery = {
  readonly records: readonly JournalRecord[]
  readonly segments: readonly Segment[]
  /** The last segment has bytes after its `end`, or no header yet. */
  readonly torn: boolean
}

const namePattern = /^journal-([0-9]{8})\.log$/

export function segmentPath(folder: string, index: number): string {
  return join(folder, `journal-${String(index).padStart(8, '0')}.log`)
}

function damaged(path: string, what: string): EpioneError {
  return new EpioneError({
    code: 'JOURNAL_DAMAGED',
    message: `${path} ${what}`,
    hint: 'remove the journal folder and keep the vote lock: the node then votes by its lock alone',
  })
}

async function listSegments(folder: string, disk: Disk): Promise<readonly number[]> {
  const indices = (await disk.list(folder)).flatMap((name) => {
    const match = namePattern.exec(name)
    return match === null ? [] : [Number(match[1])]
  })
  indices.sort((left, right) => left - right)
  indices.forEach((index, place) => {
    const expected = (indices[0] ?? 0) + place
    if (index !== expected) throw damaged(segmentPath(folder, expected), 'is missing')
  })
  return indices
}

type Reading = {
  readonly chainId: Digest
  readonly folder: string
  readonly disk: Disk
  readonly last: number
}
type ReadSegment = {
  readonly segment: Segment
  readonly records: readonly JournalRecord[]
  readonly torn: boolean
}

/** `before` is the segment ahead of it, undefined for the first that is there. */
async function readSegment(
  { chainId, folder, disk, last }: Reading,
  index: number,
  before: Segment | undefined,
): Promise<ReadSegment> {
  const path = segmentPath(folder, index)
  const bytes = await disk.read(path)
  if (bytes === undefined) throw damaged(path, 'is missing')
  const name = { chainId, index }
  const header = decodeSegmentHeader(bytes, name)
  if (header.kind === 'foreign') throw damaged(path, header.what)
  if (header.kind === 'bad') {
    // A header is synced before the first record is written: without any record, its own writing was cut short.
    if (index !== last || hasLaterGroup(bytes, 0, name)) throw damaged(path, 'has a damaged header')
    return { segment: { index, path, end: 0, maxHeight: 0 }, records: [], torn: true }
  }
  if (before !== undefined && before.end !== header.previousEnd) {
    throw damaged(before.path, `ends at byte ${before.end}, it was ${header.previousEnd} long`)
  }
  const { records, end } = readRecords(bytes, name)
  const torn = end < bytes.length
  if (torn && (index !== last || hasLaterGroup(bytes, end, name))) {
    throw damaged(path, `is damaged at byte ${end}, before records that were written later`)
  }
  const maxHeight = records.reduce((highest, record) => Math.max(highest, record.height), 0)
  return { segment: { index, path, end, maxHeight }, records, torn }
}

/** Throws EpioneError JOURNAL_DAMAGED; changes nothing on disk. */
export async function recoverJournal(
  folder: string,
  chainId: Digest,
  disk: Disk = nodeDisk,
): Promise<Recovery> {
  const indices = await listSegments(folder, disk)
  const reading = { chainId, folder, disk, last: indices.at(-1) ?? 0 }
  const read: ReadSegment[] = []
  for (const index of indices) {
    read.push(await readSegment(reading, index, read.at(-1)?.segment))
  }
  return {
    records: read.flatMap(({ records }) => records),
    segments: read.map(({ segment }) => segment),
    torn: read.at(-1)?.torn ?? false,
  }
}
