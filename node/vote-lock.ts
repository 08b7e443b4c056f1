// The last vote signed and the highest prepared certificate under it: what forbids a second, different signature.
import { assert } from '../vm/assert.ts'
import type { Digest, Height, PublicKey, View } from '../vm/types.ts'

export type VoteKind = 'view-change' | 'pre-prepare' | 'prepare' | 'commit'

/** The signed part of an own message. The view of a view-change is the new view; its body is what it reports. */
export type Vote =
  | {
      readonly kind: 'pre-prepare' | 'prepare' | 'commit'
      readonly height: Height
      readonly view: View
      readonly body: Digest
    }
  | {
      readonly kind: 'view-change'
      readonly height: Height
      readonly view: View
      readonly body: { readonly view: View; readonly id: Digest } | null
    }

/** The q prepares under a commit, or under what a view-change reports; `bytes` is the engine's encoding of them. */
export type LockedCertificate = {
  readonly view: View
  readonly id: Digest
  readonly bytes: Uint8Array
}

export type VoteLockState = {
  /** Nothing at or below this height may be signed: 0, or what a lost lock was renewed with. */
  readonly floor: Height
  readonly last: Vote | null
  /** The highest under anything signed at the height of `last`. */
  readonly prepared: LockedCertificate | null
}

export type VoteRefusal =
  /** At or below the floor, or before the last vote. */
  | 'VOTE_LOWER'
  /** Another body at the position of the last vote. */
  | 'VOTE_DIFFERENT'
  /** A commit or a report without the certificate that it rests on. */
  | 'CERTIFICATE_MISSING'

export type VoteLock = {
  readonly state: () => VoteLockState
  /**
   * Resolves with ok when the vote may be signed: it is on disk by then. The same vote may be recorded again. A rejection
   * (EpioneError STORE_FAILED) is indeterminate: the process must stop.
   */
  readonly record: (
    vote: Vote,
    prepared?: LockedCertificate,
  ) => Promise<{ readonly ok: true } | { readonly ok: false; readonly code: VoteRefusal }>
  readonly close: () => Promise<void>
}

export type VoteLockConfig = {
  readonly path: string
  readonly chainId: Digest
  /** The consensus key whose votes it guards. */
  readonly publicKey: PublicKey
}

/** `lost`: missing, both slots unreadable, or without the certificate that its vote rests on. Such a replica counts as faulty. */
export type VoteLockOpening =
  | { readonly kind: 'open'; readonly lock: VoteLock; readonly tornSlot: boolean }
  | { readonly kind: 'lost'; readonly reason: string }

/** Writes an empty lock beside a new key; throws EpioneError KEY_EXISTS if there is a file already. */
export async function createVoteLock(config: VoteLockConfig): Promise<void> {
  assert(false, `not built yet for ${config.path}`)
}

/** Replaces a lost lock by one that signs nothing at or below `floor`; the caller has satisfied consensus.md, Journal. */
export async function renewVoteLock(config: VoteLockConfig, floor: Height): Promise<void> {
  assert(false, `not built yet for ${config.path} ${floor}`)
}

/** Throws EpioneError HOME_LOCKED (another process has it) or VOTE_LOCK_DAMAGED (it belongs to another key or chain). */
export async function openVoteLock(config: VoteLockConfig): Promise<VoteLockOpening> {
  assert(false, `not built yet for ${config.path}`)
}
