// The journal: what was synced is there after a crash, or the journal refuses; never a wrong record.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import t, { type Test } from 'tap'
import { type Journal, openJournal } from '../../node/journal.ts'
import {
  encodeRecord,
  encodeSegmentHeader,
  type JournalRecord,
  RECORD_BYTES_MAX,
  SEGMENT_HEADER_BYTES,
} from '../../node/journal-format.ts'
import { recoverJournal, segmentPath } from '../../node/journal-recovery.ts'

const chainId = `0x${'c1'.repeat(32)}` as const
const name = { chainId, index: 1 }

function record(height: number, size = 20): JournalRecord {
  return { height, bytes: new Uint8Array(size).fill(height) }
}

/** Three records, each its own append; `ends` are the offsets after each. */
const log = [record(1), record(2, 33), record(2, 7)]
const header = encodeSegmentHeader(name, 0)

function image(records: readonly JournalRecord[]): { bytes: Buffer; ends: number[] } {
  const parts: Uint8Array[] = [header]
  const ends: number[] = []
  let offset = header.length
  for (const each of records) {
    const encoded = encodeRecord(name, { offset, group: offset }, each)
    parts.push(...encoded)
    offset += encoded[0].length + encoded[1].length
    ends.push(offset)
  }
  return { bytes: Buffer.concat(parts), ends }
}

const whole = image(log)

type Outcome = readonly JournalRecord[] | 'JOURNAL_DAMAGED'

function folderWith(t: Test, bytes: Uint8Array, index = 1): string {
  const folder = t.testdir({})
  writeFileSync(segmentPath(folder, index), bytes)
  return folder
}

async function recovered(folder: string): Promise<Outcome> {
  try {
    return (await recoverJournal(folder, chainId)).records
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'JOURNAL_DAMAGED') {
      return 'JOURNAL_DAMAGED'
    }
    throw error
  }
}

function plain(outcome: Outcome): unknown {
  if (outcome === 'JOURNAL_DAMAGED') return outcome
  return outcome.map(({ height, bytes }) => [height, Buffer.from(bytes).toString('hex')])
}

async function filled(folder: string, groups: readonly (readonly JournalRecord[])[]) {
  const { journal } = await openJournal({ folder, chainId })
  for (const group of groups) await journal.append(group)
  await journal.close()
}

t.test(
  'what was appended comes back in order, and appending goes on after a restart',
  async (t) => {
    const folder = join(t.testdir({}), 'journal')
    await filled(folder, [[log[0] as JournalRecord], log.slice(1)])
    await filled(folder, [[record(3)]])
    const { journal, recovered: found, torn } = await openJournal({ folder, chainId })
    t.strictSame(plain(found), plain([...log, record(3)]))
    t.equal(torn, false)
    await journal.close()
  },
)

t.test('appends of one moment share one fsync', async (t) => {
  const { journal } = await openJournal({ folder: t.testdir({}), chainId })
  await Promise.all(log.map((each) => journal.append([each])))
  t.match(journal.counters(), { appends: 3, syncs: 1 })
  await journal.close()
})

t.test('cut at every byte: the whole records before the cut, and appending repairs', async (t) => {
  for (let size = 0; size < whole.bytes.length; size++) {
    const folder = folderWith(t, whole.bytes.subarray(0, size))
    const expected = log.filter((_, place) => (whole.ends[place] ?? 0) <= size)
    t.strictSame(plain(await recovered(folder)), plain(expected), `cut to ${size} bytes`)
    if (size % 5 > 0) continue
    await filled(folder, [[record(9)]])
    t.strictSame(plain(await recovered(folder)), plain([...expected, record(9)]))
  }
})

t.test(
  'a flip of any bit is found: before the last append it refuses, in it it is torn',
  async (t) => {
    const lastStart = whole.ends[1] ?? 0
    const folder = t.testdir({})
    for (let at = 0; at < whole.bytes.length; at++) {
      for (const bit of [1, 16, 128]) {
        const bytes = Buffer.from(whole.bytes)
        bytes[at] = (bytes[at] ?? 0) ^ bit
        writeFileSync(segmentPath(folder, 1), bytes)
        const expected = at < lastStart ? 'JOURNAL_DAMAGED' : log.slice(0, 2)
        const found = await recovered(folder)
        if (JSON.stringify(plain(found)) === JSON.stringify(plain(expected))) continue
        t.strictSame(plain(found), plain(expected), `bit ${bit} of byte ${at}`)
      }
    }
  },
)

t.test(
  'a torn group is dropped from its first broken record on, even if a later one is whole',
  async (t) => {
    const folder = t.testdir({})
    await filled(folder, [[record(1)], [record(2), record(3)]])
    const path = segmentPath(folder, 1)
    const bytes = readFileSync(path)
    const second = SEGMENT_HEADER_BYTES + 48
    bytes[second + 40] = 0xff
    writeFileSync(path, bytes)
    t.strictSame(plain(await recovered(folder)), plain([record(1)]))
    const opened = await openJournal({ folder, chainId })
    t.equal(opened.torn, true)
    await opened.journal.append([record(2)])
    await opened.journal.close()
    t.strictSame(
      plain(await recovered(folder)),
      plain([record(1), record(2)]),
      'the whole record behind the torn one does not come back',
    )
  },
)

t.test('lengths that lie, no length, foreign and future formats', async (t) => {
  const lying = (length: number): Buffer => {
    const bytes = Buffer.from(whole.bytes)
    bytes.writeUInt32BE(length, (whole.ends[1] ?? 0) + 12)
    return bytes
  }
  for (const length of [0, 6, 8, 0x7fffffff, 0xffffffff]) {
    t.strictSame(plain(await recovered(folderWith(t, lying(length)))), plain(log.slice(0, 2)))
  }
  const zeros = Buffer.concat([whole.bytes, new Uint8Array(4096)])
  t.strictSame(plain(await recovered(folderWith(t, zeros))), plain(log), 'a tail of zeros')
  t.strictSame(plain(await recovered(folderWith(t, new Uint8Array(0)))), [], 'an empty file')
  t.equal(await recovered(folderWith(t, whole.bytes, 2)), 'JOURNAL_DAMAGED', 'renamed')
  const other = encodeSegmentHeader({ chainId: `0x${'c2'.repeat(32)}` as const, index: 1 }, 0)
  const foreign = Buffer.concat([other, whole.bytes.subarray(header.length)])
  t.equal(await recovered(folderWith(t, foreign)), 'JOURNAL_DAMAGED', 'of another chain')
  await t.rejects(recoverJournal(folderWith(t, other), chainId), /another chain/)
  const future = Buffer.from(header)
  future.writeUInt32BE(2, 8)
  future.writeUInt32BE(crc32(future.subarray(0, -4)), SEGMENT_HEADER_BYTES - 4)
  await t.rejects(recoverJournal(folderWith(t, future), chainId), /format 2, this version reads 1/)
})

t.test('a record of another chain at the right place is no record', async (t) => {
  const other = { chainId: `0x${'c2'.repeat(32)}` as const, index: 1 }
  const place = { offset: header.length, group: header.length }
  const bytes = Buffer.concat([header, ...encodeRecord(other, place, record(1))])
  t.strictSame(plain(await recovered(folderWith(t, bytes))), [])
})

t.test('a whole record of a group that was given up does not follow a newer one', async (t) => {
  const first = encodeRecord(name, { offset: header.length, group: header.length }, record(1))
  const end = header.length + first[0].length + first[1].length
  const stale = encodeRecord(name, { offset: end, group: header.length - 1 }, record(2))
  const found = await recovered(folderWith(t, Buffer.concat([header, ...first, ...stale])))
  t.strictSame(plain(found), plain([record(1)]))
})

t.test('the largest record fits, a larger one and an empty one are bugs', async (t) => {
  const folder = t.testdir({})
  const place = { offset: header.length, group: header.length }
  await filled(folder, [[record(1, RECORD_BYTES_MAX)]])
  const found = await recovered(folder)
  t.equal(found === 'JOURNAL_DAMAGED' ? 0 : found[0]?.bytes.length, RECORD_BYTES_MAX)
  t.throws(() => encodeRecord(name, place, record(1, RECORD_BYTES_MAX + 1)), /RECORD_BYTES_MAX/)
  t.throws(() => encodeRecord(name, place, record(1, 0)), /RECORD_BYTES_MAX/)
})

async function rotating(folder: string): Promise<Journal> {
  const { journal } = await openJournal({ folder, chainId, segmentBytes: 200 })
  for (let height = 1; height <= 20; height++) await journal.append([record(height)])
  return journal
}

function segmentsIn(folder: string): string[] {
  return readdirSync(folder).filter((file) => file.endsWith('.log'))
}

t.test('whole segments below a height are forgotten, never a record at or above it', async (t) => {
  const folder = t.testdir({})
  const journal = await rotating(folder)
  t.equal(journal.counters().segments, 7)
  await journal.dropBelow(12)
  t.equal(segmentsIn(folder).length, journal.counters().segments)
  await journal.close()
  const { journal: again, recovered: found } = await openJournal({ folder, chainId })
  const heights = found.map(({ height }) => height)
  t.equal(heights[0], 10, 'begins with the segment of height 12')
  t.equal(heights.at(-1), 20)
  t.equal(heights.length, 21 - (heights[0] ?? 0))
  await again.dropBelow(100)
  await again.append([record(21)])
  t.equal(segmentsIn(folder).length, 1, 'the open segment stays')
  await again.close()
})

t.test('a sealed segment that is missing, shortened or damaged refuses', async (t) => {
  const source = t.testdir({})
  await (await rotating(source)).close()
  const files = segmentsIn(source)
  const damage: Record<string, (path: string) => void> = {
    missing: (path) => rmSync(path),
    'a record short': (path) => writeFileSync(path, readFileSync(path).subarray(0, -48)),
    'a byte short': (path) => writeFileSync(path, readFileSync(path).subarray(0, -1)),
    'a byte longer': (path) => writeFileSync(path, readFileSync(path), { flag: 'a' }),
    'a bit flipped': (path) => {
      const bytes = readFileSync(path)
      bytes[bytes.length - 1] = 0x55
      writeFileSync(path, bytes)
    },
  }
  for (const [what, inflict] of Object.entries(damage)) {
    const folder = join(source, what)
    mkdirSync(folder)
    for (const file of files) copyFileSync(join(source, file), join(folder, file))
    inflict(segmentPath(folder, 3))
    t.equal(await recovered(folder), 'JOURNAL_DAMAGED', what)
  }
})

t.test('a crash while a new segment is begun loses nothing', async (t) => {
  const folder = t.testdir({})
  await (await rotating(folder)).close()
  const count = segmentsIn(folder).length
  const begun = encodeSegmentHeader({ chainId, index: count + 1 }, 252)
  for (const size of [0, 1, SEGMENT_HEADER_BYTES - 1]) {
    writeFileSync(segmentPath(folder, count + 1), begun.subarray(0, size))
    const { journal, recovered: found } = await openJournal({ folder, chainId })
    t.equal(found.length, 20)
    await journal.append([record(21)])
    await journal.close()
    const after = await recovered(folder)
    t.equal(after.length, 21)
    rmSync(segmentPath(folder, count + 1))
  }
})

t.test('a second opener is refused, also after the first was killed it opens again', async (t) => {
  const folder = t.testdir({})
  const { journal } = await openJournal({ folder, chainId })
  await t.rejects(openJournal({ folder, chainId }), { code: 'HOME_LOCKED' })
  await journal.close()
  const source = `const { openJournal } = await import(${JSON.stringify(
    new URL('../../node/journal.ts', import.meta.url).href,
  )})
    await openJournal({ folder: ${JSON.stringify(folder)}, chainId: '${chainId}' })
    for (let round = 0; round < 5; round++) {
      gc()
      await new Promise((resolve) => setImmediate(resolve))
    }
    process.stdout.write('open')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', source])
  await once(child.stdout, 'data')
  await t.rejects(openJournal({ folder, chainId }), { code: 'HOME_LOCKED' })
  child.kill('SIGKILL')
  await once(child, 'exit')
  const again = await openJournal({ folder, chainId })
  await again.journal.close()
})

t.test('a failed write is final', async (t) => {
  const { journal } = await openJournal({ folder: t.testdir({}), chainId })
  await journal.append([record(1)])
  await journal.close()
  await t.rejects(journal.append([record(2)]), { code: 'STORE_FAILED' })
  await t.rejects(journal.append([record(2)]), { code: 'STORE_FAILED' })
})
