// Recording invoices: the writer's payloads, and the patient's look into the receipt.
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { recordId } from '../../apps/vault/ids.ts'
import type { BatchItem, RecordBatch, VaultRecord } from '../../apps/vault/payloads.ts'
import { blindingFrom, SEED_SIZE, saltFrom } from '../../apps/vault/receipts.ts'
import { batchItemSession, recordSession } from '../../apps/vault/record-proofs.ts'
import { blank, receiptContext, recordStatement } from '../../apps/vault/statements.ts'
import { assert } from '../../vm/assert.ts'
import { asciiBytes, concat, equal, fromHex, toHex, u32, u64 } from '../../vm/bytes.ts'
import { sealBox } from '../../vm/crypto/box.ts'
import { commit, encrypt } from '../../vm/crypto/commitment.ts'
import type { Group } from '../../vm/crypto/group.ts'
import { proveLinear } from '../../vm/crypto/sigma.ts'
import type { RangeProver } from '../../vm/crypto/suite.ts'
import { digest } from '../../vm/hash.ts'
import type { AccountId, Digest, Hex } from '../../vm/types.ts'
import { deriveBytes, type Entropy, type SecretScalar } from './entropy.ts'
import { requirePoint } from './points.ts'
import { type BoxedRecord, openReceipt, type Receipt } from './receipt.ts'
import { tagFor } from './tags.ts'

/** Amounts are below this many minor units. */
export const AMOUNT_LIMIT = 2n ** 32n

/** The same invoice always gives the same nullifier, and only who has the secret can tell which. */
export function invoiceNullifier(prfSecret: Uint8Array, invoice: string): Digest {
  assert(prfSecret.length >= 32, 'a PRF secret has 32 bytes')
  const name = new TextEncoder().encode(invoice)
  return toHex(
    hmac(sha256, prfSecret, concat(asciiBytes('epione/invoice/v1'), u32(name.length), name)),
  )
}

/** The hash of a document under the salt that the patient finds in the receipt. */
export function documentHash(salt: Hex, document: Uint8Array): Digest {
  return digest('vault.document', fromHex(salt), document)
}

export type Invoice = {
  readonly amount: bigint
  /** The patient's tag; with a scan key, the spend key from which the record's own tag is derived. */
  readonly tag: Hex
  readonly scanKey?: Hex
  readonly policy: Hex
  readonly period: number
  readonly nullifier: Digest
  readonly document?: Uint8Array
}

/** Who writes, and into which committee. */
export type Writing = {
  readonly chainId: Digest
  readonly account: AccountId
  readonly committee: Digest
  readonly epoch: number
  /** The committee's key, A_0. */
  readonly key: Uint8Array
  /** 32 bytes that the writer keeps. */
  readonly writerSecret: Uint8Array
  /** 32 fresh bytes for these records. */
  readonly entropy: Entropy
}

type Sealed = { readonly bare: Omit<BatchItem, 'proof'>; readonly r: bigint }

/**
 * The seed of r depends on the writer's secret, fresh bytes, the record, its amount and its tag: even with a broken random source two amounts
 * never share an r. A payload that was sent once is kept and only ever sent again as it is.
 */
function sealRecord<P>(
  group: Group<P>,
  writing: Writing,
  { invoice, place }: { readonly invoice: Invoice; readonly place: number },
): Sealed {
  const { account, committee, entropy, writerSecret } = writing
  const { amount, policy, period, nullifier, document } = invoice
  assert(amount >= 0n && amount < AMOUNT_LIMIT, 'an amount is an unsigned 32-bit number')
  const drawn = (label: string) => deriveBytes(entropy, label, u32(place)).subarray(0, 16)
  const nonce = toHex(drawn('record-nonce'))
  const id = recordId({ account, committee, nonce })
  const fresh = deriveBytes(entropy, 'record-r', u32(place))
  const parts = [fresh, fromHex(id), u64(amount), fromHex(invoice.tag)]
  const seed = deriveBytes(writerSecret, 'record-seed', ...parts).subarray(0, SEED_SIZE)
  const r = blindingFrom(group, { seed, record: id })
  const { R, C } = encrypt(group, requirePoint(group, writing.key), { amount, r })
  const { tag, oneTime } = tagFor(group, invoice, r)
  const recipient = requirePoint(group, fromHex(tag))
  const message = concat(u32(Number(amount)), seed)
  const box = sealBox(group, { E: R, recipient, context: receiptContext(id) }, { a: r, message })
  const bare = {
    nonce,
    ephemeral: group.encode(R),
    ciphertext: group.encode(C),
    commitment: group.encode(commit(group, amount, r)),
    tag,
    policy,
    period,
    nullifier,
    box,
    document:
      document === undefined ? null : documentHash(toHex(saltFrom({ seed, record: id })), document),
    oneTime,
  }
  return { bare, r }
}

function pointsOf<P>(
  group: Group<P>,
  key: Uint8Array,
  record: Pick<BatchItem, 'ephemeral' | 'ciphertext' | 'commitment'>,
) {
  return {
    K: requirePoint(group, key),
    R: requirePoint(group, record.ephemeral),
    V: requirePoint(group, record.commitment),
    C: requirePoint(group, record.ciphertext),
  }
}

/** One record with its own range proof. */
export function buildRecord<P>(
  { group, range }: { readonly group: Group<P>; readonly range: RangeProver },
  writing: Writing,
  invoice: Invoice,
): VaultRecord {
  const { chainId, account, committee, epoch, key } = writing
  const { amount } = invoice
  const sealed = sealRecord(group, writing, { invoice, place: 0 })
  const { r } = sealed
  const { proof: rangeProof } = range.proveRange([amount], [r])
  const bare = { account, committee, epoch, ...sealed.bare, proof: blank(96), rangeProof }
  const random = deriveBytes(writing.entropy, 'record-proof', u32(0))
  return proveRecord(group, bare, { chainId, key, amount, r, random })
}

/** The same record with the proof that its points hold one amount; it binds every byte of it, the box included. */
export function proveRecord<P>(
  group: Group<P>,
  bare: VaultRecord,
  secret: {
    readonly chainId: Digest
    readonly key: Uint8Array
    readonly amount: bigint
    readonly r: bigint
    readonly random: Uint8Array
  },
): VaultRecord {
  const { chainId, key, amount, r, random } = secret
  const proof = proveLinear({
    ...recordStatement(group, recordSession(chainId, bare), pointsOf(group, key, bare)),
    group,
    witness: { d: amount, r },
    random,
    form: 'short',
  })
  return { ...bare, proof }
}

/** One to sixteen records under one range proof. */
export function buildRecordBatch<P>(
  { group, range }: { readonly group: Group<P>; readonly range: RangeProver },
  writing: Writing,
  invoices: readonly Invoice[],
): RecordBatch {
  const { chainId, account, committee, epoch } = writing
  const head = { account, committee, epoch }
  const sealed = invoices.map((invoice, place) => sealRecord(group, writing, { invoice, place }))
  const records = sealed.map((one, place) => {
    const session = batchItemSession(chainId, head, { ...one.bare, proof: blank(96) })
    const proof = proveLinear({
      ...recordStatement(group, session, pointsOf(group, writing.key, one.bare)),
      group,
      witness: { d: invoices[place]?.amount ?? 0n, r: one.r },
      random: deriveBytes(writing.entropy, 'record-proof', u32(place)),
      form: 'short',
    })
    return { ...one.bare, proof }
  })
  const amounts = invoices.map(({ amount }) => amount)
  const { proof: rangeProof } = range.proveRange(
    amounts,
    sealed.map(({ r }) => r),
  )
  return { ...head, records, rangeProof }
}

/** The ids of the records of a payload, in order. */
export function recordIds(
  payload: Pick<RecordBatch, 'account' | 'committee'> & {
    readonly records: readonly Pick<BatchItem, 'nonce'>[]
  },
): readonly Digest[] {
  const { account, committee, records } = payload
  return records.map(({ nonce }) => recordId({ account, committee, nonce }))
}

/**
 * The receipt in a record's box; undefined if it is garbage or tells another amount than the commitment holds, which the patient can
 * take up with the hospital.
 */
export function readReceipt<P>(
  group: Group<P>,
  record: BoxedRecord,
  tagSecret: SecretScalar,
): Receipt | undefined {
  const receipt = openReceipt(group, record, tagSecret)
  const r = receipt && group.decodeScalar(fromHex(receipt.r))
  if (r === undefined) return undefined
  return equal(group.encode(group.multiplyBase(r)), record.ephemeral) ? receipt : undefined
}
