// Signatures and proofs of a transaction, each checked once on this node; what a proof speaks about is read from the decided state.
import type { Acts } from '../vm/batch.ts'
import type { Reader } from '../vm/state.ts'
import type { Transaction } from '../vm/transaction.ts'
import type { Checked } from './admission.ts'
import type { Clock } from './clock.ts'
import type { TransactionVerdict, VerificationJob } from './crypto/verifier.ts'
import { createCache } from './ledger/cache.ts'

export type VerificationCounters = {
  /** Transactions with proofs that are being checked now. */
  proofsUnderway: number
  signaturesVerified: number
  proofsVerified: number
  servedFromCache: number
  refused: number
}

export type Verification = {
  readonly check: (transaction: Transaction, acts: Acts) => Promise<Checked>
  readonly counters: () => VerificationCounters
}

export type VerificationPorts = {
  readonly verify: (job: VerificationJob) => Promise<TransactionVerdict>
  /** The state after the newest decided block. */
  readonly state: () => Reader
  readonly clock: Clock
  /** Time of the proofs of one transaction. */
  readonly onProofs: (seconds: number) => void
}

/** Verdicts kept: those of a full mempool and of the blocks being decided. */
const VERDICTS_MAX = 40_000

/** The values that each item's proof speaks about; undefined for an item with one that no decided block holds. */
function factsOf(acts: Acts, state: Reader): readonly (readonly Uint8Array[] | undefined)[] {
  return acts.items.map((item) => {
    const values = (acts.type.facts?.(item) ?? []).map((key) => state.get(key))
    return values.every((value) => value !== undefined) ? values : undefined
  })
}

/**
 * A verdict on signatures is kept by the hash of the whole envelope, so that a bad copy says nothing about the id; one on proofs
 * comes with it, because the envelope fixes the id. A refused signature and a proof about unknown facts are forgotten.
 */
export function createVerification(ports: VerificationPorts): Verification {
  const known = createCache<Promise<Checked>>(VERDICTS_MAX)
  const counters: VerificationCounters = {
    proofsUnderway: 0,
    signaturesVerified: 0,
    proofsVerified: 0,
    servedFromCache: 0,
    refused: 0,
  }

  const verify = async (job: VerificationJob): Promise<TransactionVerdict> => {
    if (job.acts.type.verify === undefined) return ports.verify(job)
    const startMs = ports.clock.monotonicMs()
    counters.proofsUnderway += 1
    try {
      return await ports.verify(job)
    } finally {
      counters.proofsUnderway -= 1
      ports.onProofs((ports.clock.monotonicMs() - startMs) / 1_000)
    }
  }

  const run = async (transaction: Transaction, acts: Acts): Promise<Checked> => {
    const facts = factsOf(acts, ports.state())
    const verdict = await verify({ transaction, acts, facts })
    counters.signaturesVerified += transaction.signatures.length
    if (!verdict.signatures) {
      counters.refused += 1
      return { signatures: false, verdicts: undefined }
    }
    if (acts.type.verify !== undefined) counters.proofsVerified += acts.items.length
    return { signatures: true, verdicts: verdict.items }
  }

  return {
    check: async (transaction, acts) => {
      const key = transaction.envelopeHash
      const cached = known.get(key)
      if (cached !== undefined) {
        counters.servedFromCache += 1
        return cached
      }
      const running = run(transaction, acts)
      known.set(key, running)
      const forget = () => known.remove(key)
      const checked = await running.catch((error: unknown) => {
        forget()
        throw error
      })
      const unknown = checked.verdicts?.some((item) => !item.ok && item.code === 'FACT_UNKNOWN')
      if (!checked.signatures || unknown) forget()
      return checked
    },
    counters: () => counters,
  }
}
