// Folders on a disk that changed bytes: a journal gives back what was written up to some point, a vote lock what was locked.
import { isDeepStrictEqual } from 'node:util'
import { EpioneError } from '../../node/errors.ts'
import { openJournal } from '../../node/journal.ts'
import type { JournalRecord } from '../../node/journal-format.ts'
import { createVoteLock, openVoteLock } from '../../node/vote-lock.ts'
import { SLOT_BYTES } from '../../node/vote-slots.ts'
import { concat } from '../../vm/bytes.ts'
import { createRandom } from '../sim/random.ts'
import { createMemoryDisk, type DiskImage } from '../support/memory-disk.ts'
import { idOf } from '../support/toy-chain.ts'
import { type Reading, refusedBy, type Target } from './target.ts'

const chainId = idOf('chain')
const folder = '/journal'
const journal = { folder, chainId, segmentBytes: 300 }

/** Everything that was written reached the medium. */
async function writeJournal(): Promise<{ image: DiskImage; records: readonly JournalRecord[] }> {
  const disk = createMemoryDisk()
  const opened = await openJournal({ ...journal, disk })
  const records: JournalRecord[] = []
  const random = createRandom(3)
  for (let height = 1; height <= 12; height++) {
    const bytes = Uint8Array.from({ length: 10 + random.below(60) }, () => random.below(256))
    const group = [
      { height, bytes },
      ...(height % 3 === 0 ? [{ height, bytes: bytes.slice(1) }] : []),
    ]
    await opened.journal.append(group)
    records.push(...group)
  }
  await opened.journal.close()
  return { image: disk.crash(), records }
}

async function readAll(disk: ReturnType<typeof createMemoryDisk>) {
  const { journal: open, recovered, torn } = await openJournal({ ...journal, disk })
  return {
    open,
    torn,
    records: recovered.map(({ height, bytes }) => ({ height, bytes: bytes.slice() })),
  }
}

/** The number of a file of the folder, then its bytes. */
async function journalTarget(): Promise<Target> {
  const { image, records } = await writeJournal()
  const paths = [...image.files.keys()].filter((path) => path.endsWith('.log')).toSorted()
  const later: JournalRecord = { height: 99, bytes: new Uint8Array([9, 9]) }

  const read = async (input: Uint8Array): Promise<Reading> => {
    const path = paths[(input[0] ?? 0) % paths.length] ?? ''
    const files = new Map(image.files).set(path, input.slice(1))
    const disk = createMemoryDisk({ image: { ...image, files } })
    try {
      const first = await readAll(disk)
      if (!isDeepStrictEqual(first.records, records.slice(0, first.records.length)))
        throw new Error('a record that was never written, or one out of turn')
      await first.open.append([later])
      await first.open.close()
      const second = await readAll(disk)
      if (second.torn || !isDeepStrictEqual(second.records, [...first.records, later]))
        throw new Error('what was appended behind the damage is not what is read')
      return { kind: 'accepted', value: first.records.length }
    } catch (error) {
      return refusedBy([EpioneError], error)
    }
  }
  return {
    name: 'journal-folder',
    form: 'bytes',
    valid: () =>
      paths.map((path, place) => ({
        bytes: concat(Uint8Array.of(place), image.files.get(path) ?? new Uint8Array()),
        value: records.length,
      })),
    read,
  }
}

/** Both slots without most of their zeros, where a change changes nothing: the first one's length, then the two. */
function shortened(file: Uint8Array): Uint8Array {
  const slots = [0, SLOT_BYTES].map((at) => {
    const size = 16 + new DataView(file.buffer, file.byteOffset + at).getUint32(0)
    return file.slice(at, at + size)
  })
  return concat(Uint8Array.of(slots[0]?.length ?? 0), ...slots)
}

function lengthened(input: Uint8Array): Uint8Array {
  const end = 1 + (input[0] ?? 0)
  const file = new Uint8Array(2 * SLOT_BYTES)
  file.set(input.subarray(1, end))
  file.set(input.subarray(end, end + SLOT_BYTES), SLOT_BYTES)
  return file
}

async function voteLockTarget(): Promise<Target> {
  const disk = createMemoryDisk()
  const config = { path: '/lock', chainId, publicKey: idOf('key'), disk }
  await createVoteLock(config)
  const opening = await openVoteLock(config)
  if (opening.kind === 'lost') throw new Error(opening.reason)
  const { lock } = opening
  const written = [lock.state()]
  const images: Uint8Array[] = []
  const keep = async () => {
    written.push(lock.state())
    images.push(shortened((await disk.read(config.path)) ?? new Uint8Array()))
  }
  for (let view = 0; view < 3; view++) {
    await lock.record({ kind: 'prepare', height: 5, view, blockId: idOf('block') })
    await keep()
  }
  await lock.close()

  /** A damaged slot looks like one whose writing was cut short, so the one before it counts; never a third. */
  const read = async (input: Uint8Array): Promise<Reading> => {
    const files = new Map([[config.path, lengthened(input)]])
    const damaged = createMemoryDisk({ image: { files, folders: new Set() } })
    try {
      const found = await openVoteLock({ ...config, disk: damaged })
      if (found.kind === 'lost') return { kind: 'refused', reason: found.reason }
      const state = found.lock.state()
      await found.lock.close()
      if (!written.some((one) => isDeepStrictEqual(one, state)))
        throw new Error(`a vote that was never locked: ${JSON.stringify(state)}`)
      return { kind: 'accepted', value: state }
    } catch (error) {
      return refusedBy([EpioneError], error)
    }
  }
  return {
    name: 'vote-lock-file',
    form: 'bytes',
    valid: () => images.map((bytes, place) => ({ bytes, value: written[place + 1] })),
    read,
  }
}

export async function diskFolderTargets(): Promise<readonly Target[]> {
  return [await journalTarget(), await voteLockTarget()]
}
