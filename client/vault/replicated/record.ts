// Recording invoices in replicated shares: the owner's payloads, a server's check of each record.
import { recordId } from '../../../apps/vault/ids.ts'
import type { BatchHead } from '../../../apps/vault/record-proofs.ts'
import { complainRecordSession } from '../../../apps/vault/replicated/complain-record.ts'
import type {
  RepComplainRecord,
  RepItem,
  RepRecord,
  RepRecordBatch,
} from '../../../apps/vault/replicated/payloads.ts'
import { repItemSession, repRecordSession } from '../../../apps/vault/replicated/record-proofs.ts'
import {
  commitShare,
  noncePoint,
  type Share,
  seedStatement,
  shareFrom,
} from '../../../apps/vault/replicated/statements.ts'
import { blank, receiptContext } from '../../../apps/vault/statements.ts'
import { assert } from '../../../vm/assert.ts'
import { concat, equal, fromHex, toHex, u32, u64 } from '../../../vm/bytes.ts'
import { proveEphemeral, sealBox } from '../../../vm/crypto/box.ts'
import type { Group } from '../../../vm/crypto/group.ts'
import { modulo } from '../../../vm/crypto/integer.ts'
import { proveLinear } from '../../../vm/crypto/sigma.ts'
import type { RangeProver } from '../../../vm/crypto/suite.ts'
import type { Digest, Hex } from '../../../vm/types.ts'
import { decodeSecret, deriveBytes, deriveScalar, type SecretScalar } from '../entropy.ts'
import { requirePoint } from '../points.ts'
import { AMOUNT_LIMIT, documentHash, type Invoice, type Writing } from '../record.ts'
import { tagFor } from '../tags.ts'
import type { ClassSecrets, Sender } from './deal.ts'

/** A record's place: the nonce from which all its shares follow. */
export type NoncePlace = {
  readonly committee: Digest
  readonly epoch: number
  readonly nonce: Hex
}

/** f and g of one class for one record. */
export function deriveShare<P>(group: Group<P>, place: NoncePlace, secret: SecretScalar): Share {
  return shareFrom(group, group.multiply(noncePoint(group, place), decodeSecret(group, secret)))
}

export type RepWriting = Omit<Writing, 'key'> & {
  /** The keys of all classes. */
  readonly secrets: ClassSecrets
}

/**
 * The nonce depends on the writer's secret, fresh bytes and all that the record says: even with a broken random source two amounts
 * never share one. A payload that was sent once is kept and only ever sent again as it is.
 */
function nonceOf({ writerSecret, entropy }: RepWriting, invoice: Invoice): Hex {
  const { amount, tag, policy, period, nullifier } = invoice
  const parts = [
    u64(amount),
    fromHex(tag),
    fromHex(policy),
    u64(BigInt(period)),
    fromHex(nullifier),
  ]
  return toHex(deriveBytes(writerSecret, 'rep-nonce', entropy, ...parts).subarray(0, 16))
}

type Sealed = {
  readonly bare: RepItem
  /** The exponent of E. */
  readonly a: bigint
  /** Σg_c */
  readonly blinding: bigint
}

/** All of a record but its proofs. */
function sealRecord<P>(group: Group<P>, writing: RepWriting, invoice: Invoice): Sealed {
  const { account, committee, epoch, entropy, secrets } = writing
  const { amount, policy, period, nullifier, document } = invoice
  assert(amount >= 0n && amount < AMOUNT_LIMIT, 'an amount is an unsigned 32-bit number')
  const nonce = nonceOf(writing, invoice)
  const place = { committee, epoch, nonce }
  const shares = [...secrets.values()].map((secret) => deriveShare(group, place, secret))
  const total = (part: 'f' | 'g') => shares.reduce((sum, share) => sum + share[part], 0n)
  const blinding = modulo(total('g'), group.order)
  const id = recordId({ account, committee, nonce })
  const salt = deriveBytes(entropy, 'record-salt', fromHex(id)).subarray(0, 16)
  const a = deriveScalar(group, writing.writerSecret, {
    label: 'rep-receipt',
    parts: [entropy, fromHex(id)],
  })
  const E = group.multiplyBase(a)
  const { tag, oneTime } = tagFor(group, invoice, a)
  const recipient = requirePoint(group, fromHex(tag))
  const message = concat(u64(amount), group.encodeScalar(blinding), salt)
  const bare = {
    nonce,
    shares: shares.map((share) => group.encode(commitShare(group, share))),
    offset: group.encodeScalar(modulo(amount - total('f'), group.order)),
    ephemeral: group.encode(E),
    tag,
    policy,
    period,
    nullifier,
    box: sealBox(group, { E, recipient, context: receiptContext(id) }, { a, message }),
    document: document === undefined ? null : documentHash(toHex(salt), document),
    oneTime,
    boxProof: blank(64),
  }
  return { bare, a, blinding }
}

type Tools<P> = { readonly group: Group<P>; readonly range: RangeProver }

/** A record with its own range proof. */
export function buildRepRecord<P>(
  { group, range }: Tools<P>,
  writing: RepWriting,
  invoice: Invoice,
): RepRecord {
  const { chainId, account, committee, epoch, entropy } = writing
  const { bare, a, blinding } = sealRecord(group, writing, invoice)
  const { proof: rangeProof } = range.proveRange([invoice.amount], [blinding])
  const whole = { account, committee, epoch, ...bare, rangeProof }
  return proveRepRecord(group, whole, { chainId, a, random: deriveBytes(entropy, 'receipt-proof') })
}

type BoxSecret = { readonly chainId: Digest; readonly a: bigint; readonly random: Uint8Array }

function proveBox<P>(
  group: Group<P>,
  session: Uint8Array,
  { tag, a, random }: Pick<RepItem, 'tag'> & Pick<BoxSecret, 'a' | 'random'>,
): Uint8Array {
  const recipients = [requirePoint(group, fromHex(tag))]
  return proveEphemeral(group, { E: group.multiplyBase(a), recipients, session }, { a, random })
}

/** The same record with the proof that its writer knows what is behind E; it binds every byte of it. */
export function proveRepRecord<P>(
  group: Group<P>,
  bare: RepRecord,
  { chainId, ...secret }: BoxSecret,
): RepRecord {
  const session = repRecordSession(chainId, bare)
  return { ...bare, boxProof: proveBox(group, session, { ...secret, tag: bare.tag }) }
}

/** The same for one record of a batch. */
export function proveRepItem<P>(
  group: Group<P>,
  { head, bare }: { readonly head: BatchHead; readonly bare: RepItem },
  { chainId, ...secret }: BoxSecret,
): RepItem {
  const session = repItemSession(chainId, head, bare)
  return { ...bare, boxProof: proveBox(group, session, { ...secret, tag: bare.tag }) }
}

/** One to sixteen records under one range proof. */
export function buildRepRecordBatch<P>(
  { group, range }: Tools<P>,
  writing: RepWriting,
  invoices: readonly Invoice[],
): RepRecordBatch {
  const { chainId, account, committee, epoch, entropy } = writing
  const head = { account, committee, epoch }
  const sealed = invoices.map((invoice) => sealRecord(group, writing, invoice))
  const records = sealed.map(({ bare, a }, place) => {
    const random = deriveBytes(entropy, 'receipt-proof', u32(place))
    return proveRepItem(group, { head, bare }, { chainId, a, random })
  })
  const { proof: rangeProof } = range.proveRange(
    invoices.map(({ amount }) => amount),
    sealed.map(({ blinding }) => blinding),
  )
  return { ...head, records, rangeProof }
}

/** The classes of a server whose share of a record is not the one that their key gives: about these it complains. */
export function findBadShares<P>(
  group: Group<P>,
  record: NoncePlace & { readonly shares: readonly Uint8Array[] },
  secrets: ClassSecrets,
): readonly number[] {
  return [...secrets].flatMap(([held, secret]) => {
    const share = commitShare(group, deriveShare(group, record, secret))
    return equal(group.encode(share), record.shares[held - 1] ?? new Uint8Array()) ? [] : [held]
  })
}

/** Opens the share of one class of this record to everybody: a false complaint gives it away for nothing. */
export function buildComplainRecord<P>(
  group: Group<P>,
  record: NoncePlace & { readonly id: Digest },
  sender: Sender & {
    readonly index: number
    readonly class: number
    readonly secret: SecretScalar
  },
): RepComplainRecord {
  const { committee, epoch, id } = record
  const { chainId, account, entropy, index, class: held } = sender
  const w = decodeSecret(group, sender.secret)
  const U = noncePoint(group, record)
  const W = group.multiply(U, w)
  const place = { account, committee, epoch, index, record: id, class: held }
  const bare = { ...place, seed: group.encode(W), proof: blank(64) }
  const points = { X: group.multiplyBase(w), U, W }
  const proof = proveLinear({
    ...seedStatement(complainRecordSession(chainId, bare), points),
    group,
    witness: { w },
    random: deriveBytes(entropy, 'seed-proof'),
    form: 'short',
  })
  return { ...bare, proof }
}
