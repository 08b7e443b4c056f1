// Codecs that several payloads and state values of the committee share, and the bounds of its counts.
import type { Codec, Infer } from '../../vm/codec.ts'
import { array, named, struct } from '../../vm/codec-compound.ts'
import { amount, bytes, hex, oneOf, uint } from '../../vm/codec-scalar.ts'
import type { AccountId, Digest, Hex } from '../../vm/types.ts'
import { currencyCodec } from '../bank/state.ts'

/** Members of one committee. */
export const MEMBERS_MAX = 16
/** Keys of one keyset. */
export const PURPOSES_MAX = 6
/** Bound of purposes · threshold · members, so that the heaviest acknowledgement fits half a block. */
export const KEYSET_POINTS_MAX = 256

const DAY_MS = 86_400_000
/** The longest window. */
const WINDOW_MAX_MS = 31 * DAY_MS
/** The shortest: networks on one machine have it, members elsewhere would not take part. */
const WINDOW_MIN_MS = 100

export const accountField: Codec<AccountId> = hex<AccountId>(32)
export const digestField: Codec<Digest> = hex<Digest>(32)
/** Random bytes that make a keyset's id new. */
export const nonceField: Codec<Hex> = hex(16)
/** An encoded group element; whether it decodes is judged with the proofs. */
export const pointField: Codec<Uint8Array> = bytes(32)
/** Knowledge of one scalar: challenge and response. */
export const schnorrField: Codec<Uint8Array> = bytes(64)
export const epochField: Codec<number> = uint(0xffff_ffff, 1)
/** A seat, counted from 1 in the order in which box keys were offered. */
export const indexField: Codec<number> = uint(MEMBERS_MAX, 1)
/** Commitments to one polynomial, constant term first. */
export const commitmentsField = array(pointField, MEMBERS_MAX, 2)
/** One box: a share for each purpose. */
export const boxField: Codec<Uint8Array> = bytes(48, 32 * PURPOSES_MAX + 16)

/** What a key is for. Each purpose answers other questions, so no two share a key. */
export const purposeCodec = oneOf({
  /** Sums of the vault. */
  vault: 1,
  /** Keys of records. */
  records: 2,
  beacon: 3,
  /** Sums over cohorts. */
  market: 4,
  /** Passwords that are hardened by a committee. */
  password: 5,
  /** What a trial keeps closed until its end. */
  trial: 6,
})
export type Purpose = Infer<typeof purposeCodec>

/** Lengths of the four windows; an earlier one may end early, the later ones then begin earlier. */
export const windowsCodec = named(
  'committee-windows',
  struct({
    offerMs: uint(WINDOW_MAX_MS, WINDOW_MIN_MS),
    dealMs: uint(WINDOW_MAX_MS, WINDOW_MIN_MS),
    complaintMs: uint(WINDOW_MAX_MS, WINDOW_MIN_MS),
    ackMs: uint(WINDOW_MAX_MS, WINDOW_MIN_MS),
  }),
)

/** What every member must have in its bond before it takes a seat; the same in all epochs of a keyset. */
export const bondCodec = named('committee-bond', struct({ currency: currencyCodec, amount }))

/** One public key with the polynomial behind it and the key of each seat. */
export const keyCodec = named(
  'committee-public-key',
  struct({
    purpose: purposeCodec,
    /** The first is the public key. */
    commitments: commitmentsField,
    /** X_1 to X_n; the identity where colluding dealers gave a seat of theirs the share 0. */
    memberKeys: array(pointField, MEMBERS_MAX, 2),
  }),
)
export type Key = Infer<typeof keyCodec>
