// Every bound of the ledger's bytes, in one place, with the relations between them.
import { assert } from './assert.ts'

/** Bytes of one encoded envelope. */
export const ENVELOPE_BYTES_MAX = 256 * 1024
/** Bytes of all envelopes of one block. */
export const BLOCK_BYTES_MAX = 4 * 1024 * 1024
/** Transactions of one block. */
export const BLOCK_TRANSACTIONS_MAX = 10_000
/** Co-signers of one envelope. */
export const SIGNERS_MAX = 8
/** Payloads of one batch. */
export const BATCH_ITEMS_MAX = 1_000
/** Events of one transaction (of each item of a batch). */
export const EVENTS_MAX = 64
/** Bytes of an event's reference. */
export const EVENT_REFERENCE_BYTES_MAX = 64
/** Bytes of one state value. */
export const STATE_VALUE_BYTES_MAX = 64 * 1024
/** Characters of one state key. */
export const STATE_KEY_LENGTH_MAX = 512
/** Validators of one set. */
export const VALIDATORS_MAX = 40
/** Heights for which validator sets are kept in the state, and so the greatest age of evidence. */
export const EVIDENCE_HEIGHTS_MAX = 5_000
/** How far ahead of a voter's clock the time of a block may be, in milliseconds. */
export const CLOCK_DRIFT_MAX_MS = 2_000
/** One envelope may take at most this part of the block's budget, so that it still fits in view 1. */
export const ENVELOPE_BUDGET_SHARE = 1 / 2

assert(ENVELOPE_BYTES_MAX < BLOCK_BYTES_MAX / 2, 'two of the largest envelopes must fit in a block')
assert(BATCH_ITEMS_MAX < 2 ** 16, 'an item index is a small integer')
