// Every vote that a validator ever signed: its journal is kept from the start, and searched for two bodies in one place.
import { link, mkdir, readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { homePaths } from '../../node/home.ts'
import { readRecords } from '../../node/journal-format.ts'
import { journalRecordCodec } from '../../node/replica/promise.ts'
import { decodeSlot, slotOffset } from '../../node/vote-slots.ts'
import { decode } from '../../vm/codec.ts'
import type { Digest } from '../../vm/types.ts'
import type { ValidatorProcess } from './process.ts'

export type JournalKeeper = {
  /** Gives every segment a second name, under which it outlives its journal. */
  readonly keep: () => Promise<void>
  /** The next segments of this validator are those of a new journal. */
  readonly journalIsGone: (name: string) => void
  readonly stop: () => void
}

const KEEP_MS = 1_000

function keptFolder(home: string): string {
  return join(home, 'journal.kept')
}

/** Names of hard links: what is appended to a segment later is in both. */
export function keepJournals(validators: readonly ValidatorProcess[]): JournalKeeper {
  const lives = new Map<string, number>()
  const keepOne = async ({ name, home }: ValidatorProcess): Promise<void> => {
    const { journal } = homePaths(home)
    const folder = keptFolder(home)
    await mkdir(folder, { recursive: true })
    const segments = await readdir(journal).catch(() => [])
    const prefix = `${lives.get(name) ?? 0}-`
    for (const segment of segments.filter((each) => each.endsWith('.log')))
      await link(join(journal, segment), join(folder, `${prefix}${segment}`)).catch(() => undefined)
  }
  const keep = async (): Promise<void> => {
    await Promise.all(validators.map(keepOne))
  }
  const timer = setInterval(() => void keep().catch(() => undefined), KEEP_MS)
  return {
    keep,
    journalIsGone: (name) => {
      lives.set(name, (lives.get(name) ?? 0) + 1)
    },
    stop: () => clearInterval(timer),
  }
}

type Signed = { readonly kind: string; readonly height: number; readonly view: number }

function place({ kind, height, view }: Signed): string {
  return `${kind} ${height} ${view}`
}

function bodyOf(vote: object): string {
  return 'blockId' in vote
    ? String(vote.blockId)
    : JSON.stringify('prepared' in vote ? vote.prepared : null)
}

async function keptVotes(home: string, chainId: Digest): Promise<readonly Signed[]> {
  const folder = keptFolder(home)
  const votes: Signed[] = []
  for (const name of (await readdir(folder)).toSorted()) {
    const index = Number(/journal-(\d+)\.log$/.exec(basename(name))?.[1] ?? 0)
    const { records } = readRecords(await readFile(join(folder, name)), { chainId, index })
    for (const { bytes } of records) votes.push(decode(journalRecordCodec, bytes).entry.message)
  }
  return votes
}

/** What the two slots of the vote lock hold. */
async function lockVotes(home: string): Promise<readonly Signed[]> {
  const bytes = await readFile(homePaths(home).voteLock)
  return [0, 1].flatMap((turn) => {
    const slot = decodeSlot(bytes.subarray(slotOffset(turn)))
    return slot?.last == null ? [] : [slot.last]
  })
}

/** Checked votes, and those that contradict another one of the same validator. */
export async function searchVotes(
  { home }: ValidatorProcess,
  chainId: Digest,
): Promise<{ readonly votes: number; readonly doubles: readonly string[] }> {
  const votes = [...(await keptVotes(home, chainId)), ...(await lockVotes(home))]
  const bodies = new Map<string, string>()
  const doubles: string[] = []
  for (const vote of votes) {
    const where = place(vote)
    const body = bodyOf(vote)
    const before = bodies.get(where)
    bodies.set(where, before ?? body)
    if (before !== undefined && before !== body) doubles.push(`${where}: ${before} and ${body}`)
  }
  return { votes: votes.length, doubles }
}
