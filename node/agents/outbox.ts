// What an agent sends, kept in one append-only file: each payload is on disk before it leaves, and leaves unchanged ever after.
import { randomBytes } from 'node:crypto'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { Act } from '../../client/transaction.ts'
import { fromHex, toHex } from '../../vm/bytes.ts'
import { decode, encode, raw } from '../../vm/codec.ts'
import { struct } from '../../vm/codec-compound.ts'
import { uint } from '../../vm/codec-scalar.ts'
import type { Hex, TimeMs } from '../../vm/types.ts'
import { EpioneError, systemCodeOf } from '../errors.ts'
import { indeterminateWrite } from '../files.ts'

/** What makes the body around a payload, so that the same envelope can be made again. */
export type Attempt = { readonly validUntil: TimeMs; readonly salt: Hex }

/** What became of a payload on the ledger. */
export type Outcome = {
  /** Empty if it took effect. */
  readonly code: string
  readonly items: readonly string[]
  readonly height: number
}

export type Entry = {
  readonly act: Act
  readonly attempt: Attempt | undefined
  readonly outcome: Outcome | undefined
}

export type Outbox = {
  readonly get: (key: string) => Entry | undefined
  readonly entries: () => ReadonlyMap<string, Entry>
  /** On disk when it resolves. A key has one payload for ever. */
  readonly keep: (key: string, act: Act) => Promise<void>
  readonly begin: (key: string, validUntil: TimeMs) => Promise<Attempt>
  readonly finish: (key: string, outcome: Outcome) => Promise<void>
  readonly close: () => Promise<void>
}

const hexText = z.custom<Hex>((value) => typeof value === 'string' && value.startsWith('0x'))
const lineSchema = z.union([
  z.strictObject({ key: z.string(), act: hexText }),
  z.strictObject({ key: z.string(), validUntil: z.int(), salt: hexText }),
  z.strictObject({
    key: z.string(),
    code: z.string(),
    items: z.array(z.string()),
    height: z.int(),
  }),
])
type Line = z.infer<typeof lineSchema>

const actCodec = struct({ tag: uint(0xffff), payload: raw })

function apply(entries: Map<string, Entry>, line: Line): void {
  const known = entries.get(line.key)
  if ('act' in line) {
    const act = decode(actCodec, fromHex(line.act))
    if (known === undefined) entries.set(line.key, { act, attempt: undefined, outcome: undefined })
    return
  }
  if (known === undefined) return
  const { key, ...rest } = line
  if ('salt' in rest) entries.set(key, { ...known, attempt: rest })
  else entries.set(key, { ...known, outcome: rest })
}

/** A last line without its end was not yet kept when the process died; anything else that does not fit is damage. */
function readLines(path: string, text: string): Map<string, Entry> {
  const entries = new Map<string, Entry>()
  const lines = text.split('\n').slice(0, -1)
  for (const [index, line] of lines.entries()) {
    try {
      apply(entries, lineSchema.parse(JSON.parse(line)))
    } catch (cause) {
      throw new EpioneError({
        code: 'STORE_DAMAGED',
        message: `${path} line ${index + 1} is damaged`,
        hint: 'restore the file from your backup: what was sent must never be made anew',
        cause,
      })
    }
  }
  return entries
}

/** Appends lines, many of them with one sync. */
function createAppender(path: string, file: FileHandle) {
  let waiting: string[] = []
  let turn: Promise<void> | undefined
  const flush = async (): Promise<void> => {
    // Lines that come while the last ones are synced share the next sync.
    await Promise.resolve()
    const lines = waiting
    waiting = []
    turn = undefined
    try {
      await file.appendFile(lines.join(''))
      await file.datasync()
    } catch (error) {
      throw indeterminateWrite(path, error)
    }
  }
  let last = Promise.resolve()
  return (line: Line): Promise<void> => {
    waiting.push(`${JSON.stringify(line)}\n`)
    turn ??= last = last.then(flush)
    return turn
  }
}

export async function openOutbox(path: string): Promise<Outbox> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT') return ''
    throw error
  })
  const entries = readLines(path, text)
  const file = await open(path, 'a', 0o600)
  const kept = text.slice(0, text.lastIndexOf('\n') + 1)
  await file.truncate(Buffer.byteLength(kept))
  const append = createAppender(path, file)
  const write = (line: Line): Promise<void> => {
    apply(entries, line)
    return append(line)
  }
  return {
    get: (key) => entries.get(key),
    entries: () => entries,
    keep: (key, { tag, payload }) => write({ key, act: toHex(encode(actCodec, { tag, payload })) }),
    begin: async (key, validUntil) => {
      const attempt = { validUntil, salt: toHex(randomBytes(8)) }
      await write({ key, ...attempt })
      return attempt
    },
    finish: (key, { code, items, height }) => write({ key, code, items: [...items], height }),
    close: () => file.close(),
  }
}
