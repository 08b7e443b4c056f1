// The vault's section of the genesis file.
import type { Infer } from '../../vm/codec.ts'
import { struct } from '../../vm/codec-compound.ts'
import { amount, text, uint } from '../../vm/codec-scalar.ts'

/** Bound of the genesis parameter. */
export const OPEN_QUERIES_MAX = 256

/** Fixed with the genesis. Windows are block times in milliseconds. */
export const vaultParametersCodec = struct({
  /** The least number of records that a query may sum without the consent's waiver. */
  minimumSetSize: uint(1_000, 1),
  complaintWindowMs: uint(31 * 86_400_000, 100),
  ackWindowMs: uint(31 * 86_400_000, 1_000),
  /** From `query.open` to the last response. */
  queryDeadlineMs: uint(31 * 86_400_000, 1_000),
  /** Open queries per committee. */
  openQueriesMax: uint(OPEN_QUERIES_MAX, 1),
  /** Currency of bonds. */
  currency: text(3, 3, /^[A-Z]{3}$/),
  serverBondMin: amount,
  dealerBondMin: amount,
  /** From a record to the last dispute of its receipt: people look at it, so weeks rather than hours. */
  disputeWindowMs: uint(366 * 86_400_000, 100),
  /** What a patient loses who disputes a receipt that is right. */
  disputeDeposit: amount,
})
export type VaultParameters = Infer<typeof vaultParametersCodec>
