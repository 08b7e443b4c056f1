// The last vote signed and the highest prepared certificate under it: what forbids a second, different signature.
import type { PreparedCertificate } from '../consensus/certificate.ts'
import { compareRanks } from '../consensus/vote.ts'
import type { Digest, Height, PublicKey } from '../vm/types.ts'
import { sameBody, type Vote } from '../vm/vote.ts'
import { type Disk, type DiskFile, nodeDisk } from './disk.ts'
import { EpioneError } from './errors.ts'
import type { Exclusive } from './exclusive.ts'
import { createFile, indeterminateWrite, replaceFile } from './files.ts'
import {
  decodeSlot,
  encodeLockFile,
  encodeSlot,
  isExported,
  SLOT_BYTES,
  slotOffset,
  type VoteSlot,
} from './vote-slots.ts'

export type VoteLockState = {
  /** Nothing at or below this height may be signed: 0, or what a lost lock was renewed with. */
  readonly floor: Height
  readonly last: Vote | null
  /** The highest under anything signed at the height of `last`. */
  readonly prepared: PreparedCertificate | null
}

export type VoteRefusal =
  /** At or below the floor, or before the last vote. */
  | 'VOTE_LOWER'
  /** Another body at the position of the last vote. */
  | 'VOTE_DIFFERENT'
  /** A commit or a report that is not what the highest certificate proves, the one given or one given before. */
  | 'CERTIFICATE_MISSING'

export type VoteLock = {
  readonly state: () => VoteLockState
  /**
   * Resolves with ok when the vote may be signed: it is on disk by then. `prepared` is what a commit or a reporting view-change
   * rests on; it need not be given again. The same vote may be recorded again. One call at a time or many: they are taken in
   * order. A rejection (EpioneError STORE_FAILED) is indeterminate and final: the process must stop.
   */
  readonly record: (
    vote: Vote,
    prepared?: PreparedCertificate | null,
  ) => Promise<{ readonly ok: true } | { readonly ok: false; readonly code: VoteRefusal }>
  readonly close: () => Promise<void>
}

export type VoteLockConfig = {
  readonly path: string
  readonly chainId: Digest
  /** The consensus key whose votes it guards. */
  readonly publicKey: PublicKey
  /** This machine's if not given. */
  readonly disk?: Disk | undefined
}

/** `lost`: missing, both slots unreadable, or without the certificate that its vote rests on. Such a replica counts as faulty. */
export type VoteLockOpening =
  | { readonly kind: 'open'; readonly lock: VoteLock; readonly tornSlot: boolean }
  | { readonly kind: 'lost'; readonly reason: string }

/** Whether the last vote says exactly what the highest certificate proves: nothing unproven, nothing hidden (amnesia). */
function isSupported({ last, prepared }: VoteLockState): boolean {
  if (last === null || !restsOnCertificate(last)) return true
  const claim = last.kind === 'view-change' ? last.prepared : last
  if (claim === null || prepared === null) return claim === prepared
  if (prepared.height !== last.height) return false
  return prepared.view === claim.view && prepared.blockId === claim.blockId
}

function restsOnCertificate({ kind }: Vote): boolean {
  return kind === 'commit' || kind === 'view-change'
}

function higher(held: PreparedCertificate | null, given: PreparedCertificate | null) {
  if (held === null || given === null) return given ?? held
  return given.view > held.view ? given : held
}

/** The state after `vote`, the same object if nothing changes, or why it may not be signed. */
export function lockVote(
  state: VoteLockState,
  vote: Vote,
  given: PreparedCertificate | null,
): VoteLockState | VoteRefusal {
  const { floor, last } = state
  if (vote.height <= floor) return 'VOTE_LOWER'
  const sameHeight = last !== null && vote.height === last.height
  if (last !== null && vote.height < last.height) return 'VOTE_LOWER'
  if (sameHeight) {
    const order = compareRanks(vote, last)
    if (order < 0) return 'VOTE_LOWER'
    if (order === 0) return sameBody(vote, last) ? state : 'VOTE_DIFFERENT'
  }
  const own = restsOnCertificate(vote) && given?.height === vote.height ? given : null
  const next = { floor, last: vote, prepared: higher(sameHeight ? state.prepared : null, own) }
  return isSupported(next) ? next : 'CERTIFICATE_MISSING'
}

function emptyFile({ chainId, publicKey }: VoteLockConfig, floor: Height): Uint8Array {
  const slot = { version: 1, chainId, publicKey, floor, last: null, prepared: null } as const
  return encodeLockFile({ ...slot, turn: 0 })
}

/** Writes an empty lock beside a new key; throws EpioneError KEY_EXISTS if there is a file already. */
export async function createVoteLock(config: VoteLockConfig): Promise<void> {
  if (await createFile(config.path, emptyFile(config, 0), config.disk)) return
  throw new EpioneError({
    code: 'KEY_EXISTS',
    message: `${config.path} exists`,
    hint: 'a vote lock is never overwritten; choose another folder for new keys',
  })
}

/** Replaces a lost lock by one that signs nothing at or below `floor`; the caller has satisfied consensus.md, Journal. */
export async function renewVoteLock(config: VoteLockConfig, floor: Height): Promise<void> {
  const { path, disk = nodeDisk } = config
  const guard = disk.hold(path)
  try {
    await replaceFile(path, emptyFile(config, floor), disk)
  } finally {
    guard.release()
  }
}

/** Throws EpioneError VOTE_LOCK_DAMAGED if it belongs to another key or chain. */
export function refuseForeign(slot: VoteSlot, config: VoteLockConfig): void {
  if (slot.chainId === config.chainId && slot.publicKey === config.publicKey) return
  throw new EpioneError({
    code: 'VOTE_LOCK_DAMAGED',
    message: `${config.path} belongs to key ${slot.publicKey} on chain ${slot.chainId}`,
    hint: 'put back the lock made with this key, never one of another node; after a rotation of the key remove vote-lock and journal/ (docs/operations.md, Rotate a consensus key)',
  })
}

function createLock(file: DiskFile, guard: Exclusive, opened: VoteSlot, path: string): VoteLock {
  let slot = opened
  let failure: EpioneError | undefined
  let queue: Promise<unknown> = Promise.resolve()

  const write = async (next: VoteSlot): Promise<void> => {
    try {
      file.write([encodeSlot(next)], slotOffset(next.turn))
      await file.sync()
    } catch (error) {
      failure = indeterminateWrite(path, error)
      throw failure
    }
    slot = next
  }
  const record: VoteLock['record'] = (vote, prepared = null) => {
    const done = queue.then(async () => {
      if (failure !== undefined) throw failure
      const next = lockVote(slot, vote, prepared)
      if (typeof next === 'string') return { ok: false, code: next } as const
      if (next !== slot) await write({ ...slot, ...next, turn: slot.turn + 1 })
      return { ok: true } as const
    })
    queue = done.catch(() => undefined)
    return done
  }
  return {
    state: () => ({ floor: slot.floor, last: slot.last, prepared: slot.prepared }),
    record,
    close: async () => {
      await queue
      await file.close()
      guard.release()
    },
  }
}

/** The slots that are whole and in their own place. */
function slotsIn(bytes: Uint8Array): readonly VoteSlot[] {
  return [0, 1].flatMap((turn) => {
    const offset = slotOffset(turn)
    const slot = decodeSlot(bytes.subarray(offset, offset + SLOT_BYTES))
    return slot !== undefined && slot.turn % 2 === turn ? [slot] : []
  })
}

export type LockFinding =
  | { readonly kind: 'exported'; readonly slot: VoteSlot }
  | { readonly kind: 'good'; readonly slot: VoteSlot; readonly tornSlot: boolean }
  | Extract<VoteLockOpening, { readonly kind: 'lost' }>

/** Throws EpioneError VOTE_LOCK_DAMAGED if it belongs to another key or chain. */
export function judgeLockFile(bytes: Uint8Array | undefined, config: VoteLockConfig): LockFinding {
  if (bytes === undefined) return { kind: 'lost', reason: 'the file is missing' }
  if (bytes.length !== 2 * SLOT_BYTES) {
    return { kind: 'lost', reason: `the file has ${bytes.length} bytes, not ${2 * SLOT_BYTES}` }
  }
  const good = slotsIn(bytes)
  for (const slot of good) refuseForeign(slot, config)
  const slot = good.toSorted((left, right) => right.turn - left.turn)[0]
  if (slot === undefined) return { kind: 'lost', reason: 'no slot is readable' }
  if (good.some(isExported)) return { kind: 'exported', slot }
  if (!isSupported(slot)) {
    return { kind: 'lost', reason: 'the certificate under the last vote is missing' }
  }
  return { kind: 'good', slot, tornSlot: good.length < 2 }
}

export function exportedLock(path: string): EpioneError {
  return new EpioneError({
    code: 'VOTE_LOCK_EXPORTED',
    message: `${path} was exported: this validator votes from another home`,
    hint: 'start the home where the file of epione signer export was imported; this one never signs again',
  })
}

/**
 * Throws EpioneError HOME_LOCKED (another process has it), VOTE_LOCK_DAMAGED (it belongs to another key or chain) or
 * VOTE_LOCK_EXPORTED.
 */
export async function openVoteLock(config: VoteLockConfig): Promise<VoteLockOpening> {
  const { path, disk = nodeDisk } = config
  const guard = disk.hold(path)
  let lock: VoteLock | undefined
  try {
    const finding = judgeLockFile(await disk.read(path), config)
    if (finding.kind === 'exported') throw exportedLock(path)
    if (finding.kind === 'lost') return finding
    const file = await disk.open(path)
    if (file === undefined) return { kind: 'lost', reason: 'the file is missing' }
    lock = createLock(file, guard, finding.slot, path)
    return { kind: 'open', lock, tornSlot: finding.tornSlot }
  } finally {
    if (lock === undefined) guard.release()
  }
}
