// The way of a transaction into this node: form, chain, time, duplicates, keys, room, then signatures and proofs.

import type { Verdict } from '../vm/app.ts'
import { type Acts, decodeActs } from '../vm/batch.ts'
import { CodecError } from '../vm/codec.ts'
import { digest } from '../vm/hash.ts'
import { envelopeBudget, type Rules } from '../vm/rules.ts'
import type { Reader } from '../vm/state.ts'
import { decodeTransaction, type Transaction } from '../vm/transaction.ts'
import type { Digest, Height, TimeMs } from '../vm/types.ts'
import { createCache } from './ledger/cache.ts'
import type { Mempool, Waiting } from './mempool.ts'

/** Why a transaction is not taken; the closed list that clients see. */
export type AdmissionCode =
  | 'TX_MALFORMED'
  | 'TX_OTHER_CHAIN'
  | 'TX_EXPIRED'
  | 'TX_TOO_FAR_AHEAD'
  | 'TX_TOO_HEAVY'
  | 'TX_KEY_NOT_ACTIVE'
  | 'TX_BAD_SIGNATURE'
  | 'TX_PROOF_REFUSED'
  | 'BUSY'

export type Admission =
  | { readonly kind: 'admitted'; readonly id: Digest }
  /** Known already, waiting or in a block of the window. */
  | { readonly kind: 'known'; readonly id: Digest; readonly committed: boolean }
  | {
      readonly kind: 'refused'
      readonly code: AdmissionCode
      readonly detail: string
      readonly retryAfterMs: number | undefined
    }

/** The outcome of signatures and proofs of one transaction. */
export type Checked = {
  readonly signatures: boolean
  /** One for each item; undefined while a fact is unknown. */
  readonly verdicts: readonly Verdict[] | undefined
}

export type AdmissionPorts = {
  readonly rules: Rules
  readonly head: () => { readonly height: Height; readonly timeMs: TimeMs; readonly state: Reader }
  readonly isInWindow: (id: Digest) => boolean
  readonly check: (transaction: Transaction, acts: Acts) => Promise<Checked>
  readonly mempool: Mempool
  readonly nowMs: () => TimeMs
}

export type AdmissionSource = { readonly own: boolean }

type Refused = Extract<Admission, { kind: 'refused' }>

function refused(code: AdmissionCode, detail: string, retryAfterMs?: number): Refused {
  return { kind: 'refused', code, detail, retryAfterMs }
}

type Decoded = { readonly transaction: Transaction; readonly acts: Acts }

function decodeEnvelope(rules: Rules, envelope: Uint8Array): Decoded | Refused {
  try {
    const transaction = decodeTransaction(envelope)
    if (transaction.body.chainId !== rules.chainId) {
      return refused('TX_OTHER_CHAIN', `this chain is ${rules.chainId}`)
    }
    return { transaction, acts: decodeActs(rules.types, transaction) }
  } catch (error) {
    if (!(error instanceof CodecError)) throw error
    return refused('TX_MALFORMED', error.message)
  }
}

/** What needs no cryptography: time, weight, keys, room. */
function checkCheap(ports: AdmissionPorts, { transaction, acts }: Decoded): Refused | undefined {
  const { rules, mempool } = ports
  const { body } = transaction
  const head = ports.head()
  const { windowMs, minIntervalMs } = rules.parameters
  if (body.validUntil <= head.timeMs) {
    return refused(
      'TX_EXPIRED',
      `the chain is at ${head.timeMs}, it was valid until ${body.validUntil}`,
    )
  }
  if (body.validUntil > Math.max(ports.nowMs(), head.timeMs) + windowMs) {
    return refused('TX_TOO_FAR_AHEAD', `validUntil may lie at most ${windowMs} ms ahead`)
  }
  const budget = envelopeBudget(rules.parameters)
  if (acts.cost > budget) {
    return refused('TX_TOO_HEAVY', `it costs ${acts.cost} units, an envelope may cost ${budget}`)
  }
  for (const signer of body.signers) {
    if (!rules.list.identity.isActiveKey(head.state, signer, head.timeMs)) {
      return refused(
        'TX_KEY_NOT_ACTIVE',
        `${signer.publicKey} is no active key of ${signer.account}`,
      )
    }
  }
  const payer = body.signers[0]?.account ?? '0x'
  const noRoom = mempool.room(payer, { bytes: transaction.bytes.length, units: acts.cost })
  if (noRoom !== undefined) return refused('BUSY', noRoom, Math.max(200, 4 * minIntervalMs))
  return undefined
}

export type Admit = (envelope: Uint8Array, source: AdmissionSource) => Promise<Admission>

const RECENT_MAX = 40_000

/** One envelope is checked once at a time: a second copy waits for the verdict of the first. */
export function createAdmission(ports: AdmissionPorts): Admit {
  const underway = new Map<Digest, Promise<Admission>>()
  /** Envelopes that were admitted, so that a copy costs one hash. */
  const recent = createCache<Digest>(RECENT_MAX)

  const checkAndAdd = async (decoded: Decoded, source: AdmissionSource): Promise<Admission> => {
    const { transaction, acts } = decoded
    const { id } = transaction
    const checked = await ports.check(transaction, acts)
    if (!checked.signatures) return refused('TX_BAD_SIGNATURE', 'a signature does not hold')
    const failed = checked.verdicts?.find((verdict) => !verdict.ok)
    if (failed !== undefined && !failed.ok && !acts.batch) {
      return refused('TX_PROOF_REFUSED', failed.code)
    }
    if (ports.isInWindow(id)) return { kind: 'known', id, committed: true }
    const waiting: Waiting = {
      transaction,
      acts,
      verdicts: checked.verdicts,
      arrivedMs: ports.nowMs(),
      arrivedAt: ports.head().height,
      own: source.own,
    }
    if (ports.mempool.add(waiting)) {
      recent.set(transaction.envelopeHash, id)
      return { kind: 'admitted', id }
    }
    if (ports.mempool.get(id) !== undefined) return { kind: 'known', id, committed: false }
    return refused('BUSY', 'MEMPOOL_FULL', 200)
  }

  return async (envelope, source) => {
    const hash = digest('envelope', envelope)
    const before = recent.get(hash)
    if (before !== undefined && ports.mempool.get(before) !== undefined) {
      return { kind: 'known', id: before, committed: false }
    }
    const decoded = decodeEnvelope(ports.rules, envelope)
    if ('kind' in decoded) return decoded
    const { id, envelopeHash } = decoded.transaction
    if (ports.mempool.get(id) !== undefined) return { kind: 'known', id, committed: false }
    if (ports.isInWindow(id)) return { kind: 'known', id, committed: true }
    const early = checkCheap(ports, decoded)
    if (early !== undefined) return early
    const running = underway.get(envelopeHash)
    if (running !== undefined) return running
    const admission = checkAndAdd(decoded, source).finally(() => underway.delete(envelopeHash))
    underway.set(envelopeHash, admission)
    return admission
  }
}

/** The id of an envelope that may be of any form; undefined if it has none. */
export function transactionIdOf(envelope: Uint8Array): Digest | undefined {
  try {
    return decodeTransaction(envelope).id
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}
