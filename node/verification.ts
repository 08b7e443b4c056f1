// Signatures and proofs of a transaction, each checked once on this node; what a proof speaks about is read from the decided state.
import type { Acts } from '../vm/batch.ts'
import { equal } from '../vm/bytes.ts'
import type { Reader } from '../vm/state.ts'
import type { Transaction } from '../vm/transaction.ts'
import type { AdmissionPorts, Checked } from './admission.ts'
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
  readonly check: AdmissionPorts['check']
  readonly counters: () => VerificationCounters
}

export type VerificationPorts = {
  /** A promise only for what other threads check. */
  readonly verify: (job: VerificationJob) => TransactionVerdict | Promise<TransactionVerdict>
  /** The state after the newest decided block. */
  readonly state: () => Reader
  readonly clock: Clock
  /** Time of the proofs of one transaction. */
  readonly onProofs: (seconds: number) => void
}

/** Verdicts on proofs that are kept: those of a full mempool and of the blocks being decided. */
const VERDICTS_MAX = 40_000

const noFacts: VerificationJob['facts'] = []

/** The values that each item's proof speaks about; undefined for an item with one that no decided block holds. */
function factsOf(acts: Acts, state: () => Reader): VerificationJob['facts'] {
  const { facts, verify } = acts.type
  if (verify === undefined) return noFacts
  if (facts === undefined) return acts.items.map(() => [])
  return acts.items.map((item) => {
    const values = facts(item).map((key) => state().get(key))
    return values.every((value) => value !== undefined) ? values : undefined
  })
}

/** A verdict with the signatures that it is about: another copy of the transaction may have others. */
type Known = {
  readonly signatures: Transaction['signatures']
  readonly checked: Checked | Promise<Checked>
}

function isAbout({ signatures }: Known, transaction: Transaction): boolean {
  return signatures.every((signature, place) =>
    equal(signature, transaction.signatures[place] ?? none),
  )
}
const none = new Uint8Array()

/**
 * A verdict on proofs is kept by id and signatures, which together are the whole envelope, so that a bad copy says nothing about
 * the id. A refused signature and a proof about unknown facts are forgotten; and where signatures are all, the mempool keeps the
 * transaction instead: nobody asks for a verdict on what waits or was decided.
 */
export function createVerification(ports: VerificationPorts): Verification {
  const known = createCache<Known>(VERDICTS_MAX)
  const counters: VerificationCounters = {
    proofsUnderway: 0,
    signaturesVerified: 0,
    proofsVerified: 0,
    servedFromCache: 0,
    refused: 0,
  }

  const conclude = (job: VerificationJob, { signatures, items }: TransactionVerdict): Checked => {
    const { transaction, acts } = job
    counters.signaturesVerified += transaction.signatures.length
    if (!signatures) counters.refused += 1
    else if (acts.type.verify !== undefined) counters.proofsVerified += acts.items.length
    return { signatures, verdicts: signatures ? items : undefined }
  }

  /** Keeps a verdict that is not to be asked for again. */
  const keep = ({ id, signatures }: Transaction, checked: Checked): void => {
    const isUnsettled = checked.verdicts?.some((item) => !item.ok && item.code === 'FACT_UNKNOWN')
    if (isUnsettled === false) known.set(id, { signatures, checked })
  }

  /** Forgets that a verdict is to come, if none has come that is kept. */
  const dropUnderway = (transaction: Transaction): void => {
    const held = known.get(transaction.id)
    if (held?.checked instanceof Promise && isAbout(held, transaction)) known.remove(transaction.id)
  }

  const awaitProofs = async (
    job: VerificationJob,
    verdict: Promise<TransactionVerdict>,
  ): Promise<Checked> => {
    const startMs = ports.clock.monotonicMs()
    counters.proofsUnderway += 1
    try {
      const checked = conclude(job, await verdict)
      keep(job.transaction, checked)
      return checked
    } finally {
      dropUnderway(job.transaction)
      counters.proofsUnderway -= 1
      ports.onProofs((ports.clock.monotonicMs() - startMs) / 1_000)
    }
  }

  return {
    check: (transaction, acts) => {
      const { id, signatures } = transaction
      const held = known.get(id)
      if (held !== undefined && isAbout(held, transaction)) {
        counters.servedFromCache += 1
        return held.checked
      }
      const job = { transaction, acts, facts: factsOf(acts, ports.state) }
      const verdict = ports.verify(job)
      if (!(verdict instanceof Promise)) return conclude(job, verdict)
      const checked = awaitProofs(job, verdict)
      known.set(id, { signatures, checked })
      return checked
    },
    counters: () => counters,
  }
}
