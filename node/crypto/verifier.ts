// The verification pool: signatures and proofs of transactions, checked beside the main loop.
import type { Verdict } from '../../vm/app.ts'
import type { Acts } from '../../vm/batch.ts'
import type { Transaction } from '../../vm/transaction.ts'
import type { Digest } from '../../vm/types.ts'

/** One transaction with the values that its items' `facts` name, item by item; an item without facts has an empty list. */
export type VerificationJob = {
  readonly transaction: Transaction
  readonly acts: Acts
  readonly facts: readonly (readonly Uint8Array[] | undefined)[]
}

/** Verdicts on one transaction; `items` has one verdict per payload, and none if the signatures do not hold. */
export type TransactionVerdict = {
  readonly signatures: boolean
  readonly items: readonly Verdict[]
}

export type SignatureCheck = {
  readonly publicKey: Uint8Array
  readonly message: Uint8Array
  readonly signature: Uint8Array
}

export type Verifier = {
  /** Rejects only when the pool is stopped; a crashed worker is replaced and its work done again. */
  readonly verify: (job: VerificationJob) => Promise<TransactionVerdict>
  /** Signatures alone, on the calling thread. */
  readonly verifySignatures: (checks: readonly SignatureCheck[]) => readonly boolean[]
  readonly stop: () => Promise<void>
}

export type VerifierOptions = {
  /** Worker threads for proofs. */
  readonly threads: number
  readonly chainId: Digest
  /** Told of a crashed worker or of an exception inside a verify. */
  readonly onFault?: (fault: {
    readonly kind: 'worker' | 'verify'
    readonly cause: unknown
  }) => void
}
