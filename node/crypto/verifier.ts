// The verification of transactions: signatures on the calling thread, proofs in worker threads.
import { refuseWith, type Verdict } from '../../vm/app.ts'
import type { Acts } from '../../vm/batch.ts'
import type { Transaction } from '../../vm/transaction.ts'
import type { Digest } from '../../vm/types.ts'
import { verifyDigest, verifySignature } from './ed25519.ts'
import type { ProofAnswer, ProofTask, VerifierSetup } from './verifier-messages.ts'
import { createWorkerPool } from './worker-pool.ts'

/**
 * One transaction with the values that its items' `facts` name, item by item; undefined where the state lacks one. Without a
 * proof to be checked none are asked for.
 */
export type VerificationJob = {
  readonly transaction: Transaction
  readonly acts: Acts
  readonly facts: readonly (readonly Uint8Array[] | undefined)[]
}

/** Verdicts on one transaction; `items` has one verdict per payload, and none if a signature does not hold. */
export type TransactionVerdict = {
  readonly signatures: boolean
  /** FACT_UNKNOWN where facts are missing, INTERNAL where `verify` threw. */
  readonly items: readonly Verdict[]
}

export type SignatureCheck = {
  readonly publicKey: Uint8Array
  readonly message: Uint8Array
  readonly signature: Uint8Array
}

/** Something that must not happen, for the log: a dead worker, or an exception inside a `verify`. */
export type VerifierFault = { readonly kind: 'worker' | 'verify'; readonly cause: unknown }

export type Verifier = {
  /**
   * At once where signatures are all there is to check. Else rejects with an EpioneError when the pool stops, or when a worker
   * died three times over this transaction.
   */
  readonly verify: (job: VerificationJob) => TransactionVerdict | Promise<TransactionVerdict>
  /** Signatures alone, on the calling thread: handing one to a worker costs more than checking it. */
  readonly verifySignatures: (checks: readonly SignatureCheck[]) => readonly boolean[]
  readonly stop: () => Promise<void>
}

export type VerifierOptions = {
  /** Worker threads for proofs, started when the first proofs come. */
  readonly threads: number
  readonly chainId: Digest
  readonly onFault: (fault: VerifierFault) => void
  /** A module with an `appList`, where it is not that of this chain. */
  readonly apps?: URL
}

function holdSignatures({ id, body, signatures }: Transaction): boolean {
  for (const [index, { publicKey }] of body.signers.entries()) {
    const signature = signatures[index]
    if (signature === undefined || !verifyDigest(publicKey, id, signature)) return false
  }
  return true
}

const SOUND: Verdict = { ok: true }
/** Of one act without a proof, which is nearly every transaction. */
const SIGNED: TransactionVerdict = { signatures: true, items: [SOUND] }
const FACT_UNKNOWN: Verdict = refuseWith('FACT_UNKNOWN')

/** Posting a view would clone all of the buffer below it. */
function taskOf({ transaction, facts }: VerificationJob): ProofTask {
  return {
    envelope: transaction.bytes.slice(),
    facts: facts.map((values) => values?.map((value) => value.slice())),
  }
}

export function createVerifier(options: VerifierOptions): Verifier {
  const { chainId, apps, onFault } = options
  const setup: VerifierSetup = { chainId, apps: apps?.href }
  const pool = createWorkerPool<ProofTask, ProofAnswer>({
    script: new URL('./verifier.worker.ts', import.meta.url),
    setup,
    threads: options.threads,
    onCrash: (cause) => onFault({ kind: 'worker', cause }),
  })
  const verifyProofs = async (job: VerificationJob): Promise<TransactionVerdict> => {
    const { items, faults } = await pool.run(taskOf(job), job.acts.cost)
    for (const cause of faults) onFault({ kind: 'verify', cause })
    return { signatures: true, items }
  }
  return {
    verify: (job) => {
      const { acts, facts, transaction } = job
      if (!holdSignatures(transaction)) return { signatures: false, items: [] }
      if (acts.type.verify === undefined)
        return acts.batch ? { signatures: true, items: acts.items.map(() => SOUND) } : SIGNED
      if (facts.every((values) => values === undefined))
        return { signatures: true, items: acts.items.map(() => FACT_UNKNOWN) }
      return verifyProofs(job)
    },
    verifySignatures: (checks) =>
      checks.map(({ publicKey, message, signature }) =>
        verifySignature(publicKey, message, signature),
      ),
    stop: pool.stop,
  }
}
