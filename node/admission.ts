// The way of a transaction into this node: form, chain, time, duplicates, keys, room, then signatures and proofs.

import type { Verdict } from '../vm/app.ts'
import { type Acts, decodeActs } from '../vm/batch.ts'
import { CodecError } from '../vm/codec.ts'
import { envelopeBudget, type Rules } from '../vm/rules.ts'
import type { Reader } from '../vm/state.ts'
import { decodeTransaction, type Transaction } from '../vm/transaction.ts'
import type { Digest, Height, TimeMs } from '../vm/types.ts'
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
      /** Undefined if the envelope has none, or was not looked at. */
      readonly id?: Digest | undefined
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
  /** Whether a block that could still be younger than the transaction holds it. */
  readonly isInWindow: (id: Digest) => boolean
  /** The same for blocks of any age; asked only about what has expired. */
  readonly isDecided: (id: Digest) => boolean
  /** Signatures are checked at once; only proofs need a promise, the same one for every copy that comes meanwhile. */
  readonly check: (transaction: Transaction, acts: Acts) => Checked | Promise<Checked>
  readonly mempool: Mempool
  readonly nowMs: () => TimeMs
}

export type AdmissionSource = { readonly own: boolean }

type Refused = Extract<Admission, { kind: 'refused' }>

type Decoded = { readonly transaction: Transaction; readonly acts: Acts }

/** How long a client is to stay away from a node that is full. */
export function retryAfterMs({ parameters }: Rules): number {
  return Math.max(200, 4 * parameters.minIntervalMs)
}

function decodeEnvelope(rules: Rules, envelope: Uint8Array): Decoded | Refused {
  let id: Digest | undefined
  try {
    const transaction = decodeTransaction(envelope)
    id = transaction.id
    if (transaction.body.chainId !== rules.chainId) {
      return refusal('TX_OTHER_CHAIN', `this chain is ${rules.chainId}`, id)
    }
    return { transaction, acts: decodeActs(rules.types, transaction) }
  } catch (error) {
    if (!(error instanceof CodecError)) throw error
    return refusal('TX_MALFORMED', error.message, id)
  }
}

function refusal(code: AdmissionCode, detail: string, id: Digest | undefined): Refused {
  return { kind: 'refused', code, detail, id, retryAfterMs: undefined }
}

type Fault = { readonly code: AdmissionCode; readonly detail: string }

/** What needs no cryptography: time, weight, keys, room. */
function createCheapCheck(ports: AdmissionPorts) {
  const { rules, mempool } = ports
  const { windowMs } = rules.parameters
  const budget = envelopeBudget(rules.parameters)
  const { isActiveKey } = rules.list.identity
  return ({ transaction, acts }: Decoded, source: AdmissionSource): Fault | undefined => {
    const { body, bytes } = transaction
    const { validUntil } = body
    const { timeMs, state } = ports.head()
    if (validUntil <= timeMs) {
      const detail = `the chain is at ${timeMs}, it was valid until ${validUntil}`
      return { code: 'TX_EXPIRED', detail }
    }
    if (validUntil > Math.max(ports.nowMs(), timeMs) + windowMs) {
      const detail = `validUntil may lie at most ${windowMs} ms ahead`
      return { code: 'TX_TOO_FAR_AHEAD', detail }
    }
    if (acts.cost > budget) {
      const detail = `it costs ${acts.cost} units, an envelope may cost ${budget}`
      return { code: 'TX_TOO_HEAVY', detail }
    }
    const stranger = body.signers.find((signer) => !isActiveKey(state, signer, timeMs))
    if (stranger !== undefined) {
      const detail = `${stranger.publicKey} is no active key of ${stranger.account}`
      return { code: 'TX_KEY_NOT_ACTIVE', detail }
    }
    const payer = body.signers[0]?.account ?? '0x'
    const size = { bytes: bytes.length, units: acts.cost }
    const noRoom = source.own ? mempool.clientRoom(payer, size) : mempool.room(payer, size)
    return noRoom === undefined ? undefined : { code: 'BUSY', detail: noRoom }
  }
}

const nobody: readonly object[] = []

/** What signatures and proofs have to say. */
function faultOf({ signatures, verdicts }: Checked, acts: Acts): Fault | undefined {
  if (!signatures) return { code: 'TX_BAD_SIGNATURE', detail: 'a signature does not hold' }
  const failed = acts.batch ? undefined : verdicts?.find((verdict) => !verdict.ok)
  if (failed === undefined || failed.ok) return undefined
  return { code: 'TX_PROOF_REFUSED', detail: failed.code }
}

/** One admission for each envelope of a portion, in their order; a promise only where proofs are checked, in other threads. */
export type Admit = (
  envelopes: readonly Uint8Array[],
  source: AdmissionSource,
) => readonly (Admission | Promise<Admission>)[]

/** What has only signatures and proofs before it, at its place in the portion. */
type Due = { readonly decoded: Decoded; readonly place: number }

/**
 * One envelope is checked once at a time: a second copy waits for the verdict of the first. The steps are taken for a whole portion
 * one after the other: a signature leaves nothing of other code in the processor's caches.
 */
export function createAdmission(ports: AdmissionPorts): Admit {
  const { rules, mempool, isInWindow, isDecided } = ports
  const underway = new WeakMap<Promise<Checked>, Promise<Admission>>()
  const checkCheap = createCheapCheck(ports)

  const refused = ({ code, detail }: Fault, id: Digest): Refused => {
    const waitMs = code === 'BUSY' ? retryAfterMs(rules) : undefined
    return { kind: 'refused', code, detail, id, retryAfterMs: waitMs }
  }
  const known = (id: Digest): Admission | undefined => {
    if (mempool.get(id) !== undefined) return { kind: 'known', id, committed: false }
    return isInWindow(id) ? { kind: 'known', id, committed: true } : undefined
  }
  const add = ({ transaction, acts }: Decoded, checked: Checked, source: AdmissionSource) => {
    const { id } = transaction
    const fault = faultOf(checked, acts)
    if (fault !== undefined) return refused(fault, id)
    const waiting: Waiting = {
      transaction,
      acts,
      verdicts: checked.verdicts,
      arrivedMs: ports.nowMs(),
      arrivedAt: ports.head().height,
      own: source.own,
      holders: nobody,
    }
    if (mempool.add(waiting)) return { kind: 'admitted', id } as const
    return refused({ code: 'BUSY', detail: 'MEMPOOL_FULL' }, id)
  }

  /** What is known or refused without cryptography. */
  const look = (decoded: Decoded, source: AdmissionSource): Admission | undefined => {
    const { id } = decoded.transaction
    const before = known(id)
    if (before !== undefined) return before
    const fault = checkCheap(decoded, source)
    if (fault?.code === 'TX_EXPIRED' && isDecided(id)) return { kind: 'known', id, committed: true }
    return fault === undefined ? undefined : refused(fault, id)
  }
  const admitChecked = (
    decoded: Decoded,
    checked: Checked | Promise<Checked>,
    source: AdmissionSource,
  ): Admission | Promise<Admission> => {
    if (!(checked instanceof Promise)) return add(decoded, checked, source)
    const running = underway.get(checked)
    if (running !== undefined) return running
    const { id } = decoded.transaction
    const admission = checked
      // Another copy, or a block with it, may have come meanwhile.
      .then((verdict) => (verdict.signatures && known(id)) || add(decoded, verdict, source))
    underway.set(checked, admission)
    return admission
  }
  const checkAll = (
    due: readonly Due[],
    admissions: (Admission | Promise<Admission>)[],
    source: AdmissionSource,
  ): void => {
    const checks: (Checked | Promise<Checked>)[] = []
    for (const { decoded } of due) checks.push(ports.check(decoded.transaction, decoded.acts))
    for (const [index, { decoded, place }] of due.entries()) {
      const checked = checks[index]
      if (checked !== undefined) admissions[place] = admitChecked(decoded, checked, source)
    }
  }

  return (envelopes, source) => {
    const admissions: (Admission | Promise<Admission>)[] = []
    let due: Due[] = []
    let ids = new Set<Digest>()
    for (const [place, envelope] of envelopes.entries()) {
      const decoded = decodeEnvelope(rules, envelope)
      if ('kind' in decoded) {
        admissions[place] = decoded
        continue
      }
      const { id } = decoded.transaction
      if (ids.has(id)) {
        checkAll(due, admissions, source)
        due = []
        ids = new Set()
      }
      const outcome = look(decoded, source)
      if (outcome !== undefined) {
        admissions[place] = outcome
        continue
      }
      due.push({ decoded, place })
      ids.add(id)
    }
    checkAll(due, admissions, source)
    return admissions
  }
}
