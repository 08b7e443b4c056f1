// A vote lock that moves to another machine, and the decision to sign again without one: what operators do by hand.

import { dirname } from 'node:path'
import { z } from 'zod'
import { fromHex, toHex } from '../vm/bytes.ts'
import type { Height } from '../vm/types.ts'
import { nodeDisk } from './disk.ts'
import { EpioneError } from './errors.ts'
import { replaceFile } from './files.ts'
import {
  exportedLock,
  judgeLockFile,
  type LockFinding,
  refuseForeign,
  renewVoteLock,
  type VoteLockConfig,
} from './vote-lock.ts'
import {
  decodeSlot,
  encodeLockFile,
  encodeSlot,
  isExported,
  markExported,
  SLOT_BYTES,
  type VoteSlot,
} from './vote-slots.ts'

/** For people the first lines, for programs the last: a slot with its checksum, zeros left out. */
const transferSchema = z.strictObject({
  kind: z.literal('epione-vote-lock'),
  version: z.literal(1),
  chainId: z.string(),
  publicKey: z.string(),
  lock: z.string().regex(/^0x([0-9a-f]{2})+$/),
})

function refused(message: string, hint: string): EpioneError {
  return new EpioneError({ code: 'VOTE_LOCK_IN_USE', message, hint })
}

function encodeTransfer(slot: VoteSlot): Uint8Array {
  const bytes = encodeSlot(slot)
  const used = bytes.findLastIndex((byte) => byte !== 0) + 1
  const { chainId, publicKey } = slot
  const content = { kind: 'epione-vote-lock', version: 1, chainId, publicKey } as const
  const text = JSON.stringify({ ...content, lock: toHex(bytes.subarray(0, used)) }, null, 2)
  return new TextEncoder().encode(`${text}\n`)
}

function decodeTransfer(file: string, bytes: Uint8Array): VoteSlot {
  const invalid = (message: string) =>
    new EpioneError({
      code: 'INPUT_INVALID',
      message: `${file}: ${message}`,
      hint: 'give the file that epione signer export wrote, as it was written',
    })
  let lock: string
  try {
    lock = transferSchema.parse(JSON.parse(new TextDecoder().decode(bytes))).lock
  } catch {
    throw invalid('no exported vote lock')
  }
  const written = fromHex(lock as `0x${string}`)
  if (written.length > SLOT_BYTES) throw invalid('too long')
  const padded = new Uint8Array(SLOT_BYTES)
  padded.set(written)
  const slot = decodeSlot(padded)
  if (slot === undefined || isExported(slot)) throw invalid('damaged')
  return slot
}

async function whileHeld<T>(
  config: VoteLockConfig,
  run: (finding: LockFinding, isThere: boolean) => Promise<T>,
): Promise<T> {
  const { path, disk = nodeDisk } = config
  const guard = disk.hold(path)
  try {
    const bytes = await disk.read(path)
    return await run(judgeLockFile(bytes, config), bytes !== undefined)
  } finally {
    guard.release()
  }
}

/**
 * Writes the lock to `out` and disables it here for good. A crash on the way leaves the old lock as it was, or a disabled one
 * with `<out>.draft` beside it, which is whole.
 */
export async function exportVoteLock(config: VoteLockConfig, out: string): Promise<VoteSlot> {
  const { path, disk = nodeDisk } = config
  return whileHeld(config, async (finding) => {
    if (finding.kind === 'exported') throw exportedLock(path)
    if (finding.kind === 'lost') {
      throw new EpioneError({
        code: 'VOTE_LOCK_DAMAGED',
        message: `${path} cannot be exported: ${finding.reason}`,
        hint: 'a lost lock is not moved: start the node, which waits until it may sign again',
      })
    }
    if ((await disk.read(out)) !== undefined) {
      throw new EpioneError({
        code: 'INPUT_INVALID',
        message: `${out} exists`,
        hint: 'name a new file; an exported lock is never overwritten',
      })
    }
    const draft = `${out}.draft`
    await replaceFile(draft, encodeTransfer(finding.slot), disk)
    await replaceFile(path, encodeLockFile(markExported(finding.slot)), disk)
    await disk.rename(draft, out)
    await disk.syncFolder(dirname(out))
    return finding.slot
  })
}

/** Takes over an exported lock where there is none, or where this lock was exported before it moved on. */
export async function importVoteLock(config: VoteLockConfig, file: string): Promise<VoteSlot> {
  const { path, disk = nodeDisk } = config
  const bytes = await disk.read(file)
  const slot = decodeTransfer(file, bytes ?? new Uint8Array())
  refuseForeign(slot, { ...config, path: file })
  return whileHeld(config, async (finding, isThere) => {
    if (finding.kind === 'exported' && finding.slot.turn >= slot.turn) {
      throw refused(
        `${file} is what this home exported, or older`,
        'import it on the other machine; from there it can be exported back',
      )
    }
    if (finding.kind === 'good') {
      throw refused(`${path} is a vote lock in use`, 'import into a home without one')
    }
    if (finding.kind === 'lost' && isThere) {
      throw refused(
        `${path} is damaged and may be newer`,
        'see Lost vote locks in docs/operations.md',
      )
    }
    // Above the turns of the disabled file, so that this home's own export may go back there.
    await replaceFile(path, encodeLockFile({ ...slot, turn: slot.turn + 3 }), disk)
    return slot
  })
}

/**
 * A new lock that signs nothing at or below `floor`, in the place of one that is missing or damaged. `announce` is told why the
 * old one is lost, and awaited, before anything is written.
 */
export async function resetVoteLock(
  config: VoteLockConfig,
  floor: Height,
  announce: (lost: string) => Promise<void> = async () => undefined,
): Promise<string> {
  const reason = await whileHeld(config, async (finding) => {
    if (finding.kind === 'exported') throw exportedLock(config.path)
    if (finding.kind === 'good') {
      throw refused(`${config.path} is intact`, 'start the node; only a lost lock is reset')
    }
    await announce(finding.reason)
    return finding.reason
  })
  await renewVoteLock(config, floor)
  return reason
}
