// LevelDB's manifest and table files: which files are alive, and whether every block of a table has its checksum.
import { maskedCrc32c } from './crc32c.ts'

/** Reads the varints and strings of LevelDB's encodings; throws a RangeError beyond the end. */
function createCursor(bytes: Uint8Array) {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]
      if (byte === undefined || scale > 2 ** 49) throw new RangeError('varint')
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }
  const skip = (length: number): void => {
    at += length
    if (at > bytes.length) throw new RangeError('string')
  }
  return {
    varint,
    skip,
    string: () => skip(varint()),
    isAtEnd: () => at === bytes.length,
    at: () => at,
  }
}

export type LiveFiles = {
  readonly tables: ReadonlySet<number>
  /** Logs from this number on are replayed, and the one before it if it has a number. */
  readonly log: number
  readonly previousLog: number
}

/** Applies the version edits of a manifest (db/version_edit.cc); undefined for edits of another form. */
export function readManifest(records: readonly Uint8Array[]): LiveFiles | undefined {
  const tables = new Set<number>()
  const numbers = { log: 0, previousLog: 0 }
  try {
    for (const record of records) applyEdit(record, tables, numbers)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
  return { tables, ...numbers }
}

function applyEdit(
  record: Uint8Array,
  tables: Set<number>,
  numbers: { log: number; previousLog: number },
): void {
  const { varint, string, isAtEnd } = createCursor(record)
  while (!isAtEnd()) {
    const tag = varint()
    if (tag === 1) string()
    else if (tag === 2) numbers.log = varint()
    else if (tag === 3 || tag === 4) varint()
    else if (tag === 9) numbers.previousLog = varint()
    else if (tag === 5) {
      varint()
      string()
    } else if (tag === 6) {
      varint()
      tables.delete(varint())
    } else if (tag === 7) {
      varint()
      tables.add(varint())
      varint()
      string()
      string()
    } else throw new RangeError('tag')
  }
}

type Handle = { readonly offset: number; readonly size: number }

const FOOTER = 48
const TRAILER = 5
const MAGIC = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]

/** The content of a block whose checksum holds. */
function blockAt(file: Uint8Array, { offset, size }: Handle): Uint8Array | undefined {
  const end = offset + size
  if (end + TRAILER > file.length - FOOTER) return undefined
  const view = new DataView(file.buffer, file.byteOffset, file.length)
  if (maskedCrc32c(file.subarray(offset, end + 1)) !== view.getUint32(end + 1, true))
    return undefined
  return file.subarray(offset, end)
}

/** The block handles that are the values of an index block (doc/table_format.md). */
function handlesIn(block: Uint8Array): Handle[] {
  const view = new DataView(block.buffer, block.byteOffset, block.length)
  const restarts = view.getUint32(block.length - 4, true)
  const entries = block.subarray(0, block.length - 4 * (restarts + 1))
  const { varint, skip, isAtEnd } = createCursor(entries)
  const handles: Handle[] = []
  while (!isAtEnd()) {
    varint()
    const ownKey = varint()
    varint()
    skip(ownKey)
    handles.push({ offset: varint(), size: varint() })
  }
  return handles
}

/** Whether every block of a table file is as it was written, and blocks are all that it has. */
export function isTableWhole(file: Uint8Array): boolean {
  try {
    const footer = file.subarray(-FOOTER)
    if (!MAGIC.every((byte, i) => footer[FOOTER - 8 + i] === byte)) return false
    const { varint } = createCursor(footer)
    const meta: Handle = { offset: varint(), size: varint() }
    const index: Handle = { offset: varint(), size: varint() }
    const [metaBlock, indexBlock] = [blockAt(file, meta), blockAt(file, index)]
    if (metaBlock === undefined || indexBlock === undefined) return false
    const blocks = [...handlesIn(indexBlock), ...handlesIn(metaBlock)]
    if (!blocks.every((handle) => blockAt(file, handle) !== undefined)) return false
    const sizes = [...blocks, meta, index].map(({ size }) => size + TRAILER)
    return sizes.reduce((sum, size) => sum + size, FOOTER) === file.length
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
