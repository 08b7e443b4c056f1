// What a reader of the journal could be fooled by: any bit of any byte, lengths that lie, records inside of records.
import { writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { systemCodeOf } from '../../node/errors.ts'
import { encodeRecord, encodeSegmentHeader, type JournalRecord } from '../../node/journal-format.ts'
import { recoverJournal, segmentPath } from '../../node/journal-recovery.ts'

const chainId = `0x${'c1'.repeat(32)}` as const
const name = { chainId, index: 1 }

function record(height: number, content: Uint8Array | string): JournalRecord {
  return { height, bytes: typeof content === 'string' ? Buffer.from(content) : content }
}

/** A segment with each group of records as one append. */
function segment(groups: readonly (readonly JournalRecord[])[]) {
  const parts: Uint8Array[] = [encodeSegmentHeader(name, 0)]
  const starts: number[] = []
  let offset = parts[0]?.length ?? 0
  for (const group of groups) {
    const first = offset
    for (const one of group) {
      const encoded = encodeRecord(name, { offset, group: first }, one)
      starts.push(offset)
      parts.push(...encoded)
      offset += encoded[0].length + encoded[1].length
    }
  }
  return { bytes: Buffer.concat(parts), starts }
}

/** Reads the segment; 'refused' is JOURNAL_DAMAGED. */
function createReader(t: Test) {
  const folder = t.testdir({})
  return async (bytes: Uint8Array): Promise<readonly JournalRecord[] | 'refused'> => {
    writeFileSync(segmentPath(folder, 1), bytes)
    try {
      return (await recoverJournal(folder, chainId)).records
    } catch (error) {
      if (systemCodeOf(error) === 'JOURNAL_DAMAGED') return 'refused'
      throw error
    }
  }
}

function isPrefix(found: readonly JournalRecord[], all: readonly JournalRecord[]): boolean {
  return found.every(
    ({ height, bytes }, place) =>
      height === all[place]?.height && Buffer.from(bytes).equals(all[place].bytes),
  )
}

const three = [record(1, 'first'), record(2, 'second, longer'), record(2, 'x')]

t.test(
  'every bit of a log of three records: a prefix or a refusal, never another record',
  async (t) => {
    const read = createReader(t)
    for (const groups of [three.map((one) => [one]), [three]]) {
      const { bytes, starts } = segment(groups)
      const durable = groups.length === 1 ? starts[0] : starts[2]
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        const at = bit >> 3
        const flipped = Buffer.from(bytes)
        flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit & 7))
        const found = await read(flipped)
        const isLastGroup = at >= (durable ?? 0)
        const good = found === 'refused' ? !isLastGroup : isLastGroup && isPrefix(found, three)
        if (!good) t.fail(`bit ${bit} of ${groups.length} groups: ${JSON.stringify(found)}`)
      }
    }
  },
)

t.test('every length that the last record could claim: a prefix', async (t) => {
  const read = createReader(t)
  const { bytes, starts } = segment(three.map((one) => [one]))
  const place = (starts[2] ?? 0) + 12
  for (let length = 0; length < 300; length++) {
    if (length === 1) continue
    const lying = Buffer.concat([bytes, Buffer.alloc(300)])
    lying.writeUInt32BE(length, place)
    const found = await read(lying)
    t.ok(found !== 'refused' && found.length === 2 && isPrefix(found, three), `${length}`)
  }
})

t.test('a record inside of a torn one is none', async (t) => {
  const read = createReader(t)
  const outer = 60 + 28 + 5
  const content = outer + 28
  const inner = encodeRecord(name, { offset: content, group: outer }, record(9, 'inner'))
  const { bytes } = segment([[record(1, 'first')], [record(2, Buffer.concat(inner))]])
  t.equal((await read(bytes)).length, 2, 'whole, it is content')
  for (let at = outer; at < content; at++) {
    const torn = Buffer.from(bytes)
    torn[at] = (torn[at] ?? 0) ^ 255
    const found = await read(torn)
    t.ok(
      found !== 'refused' && found.length === 1 && isPrefix(found, [record(1, 'first')]),
      `${at}`,
    )
  }
})

t.test('a record that was appended twice, or moved, is no second one', async (t) => {
  const read = createReader(t)
  const { bytes, starts } = segment(three.map((one) => [one]))
  const last = bytes.subarray(starts[2])
  const twice = await read(Buffer.concat([bytes, last]))
  t.ok(twice !== 'refused' && twice.length === 3)
  const swapped = Buffer.concat([
    bytes.subarray(0, starts[1]),
    last,
    bytes.subarray(starts[1], starts[2]),
  ])
  const found = await read(swapped)
  t.ok(found !== 'refused' && found.length === 1 && isPrefix(found, three), 'only what is in place')
})
