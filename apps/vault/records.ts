// How records enter a bucket: who may write them, what must be new, and the running sums of the open segment.
import type { EventDraft, Refusal, TxContext } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { toHex } from '../../vm/bytes.ts'
import type { Reader, Writer } from '../../vm/state.ts'
import type { Digest, OrganizationId } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { checkWritable, requireRole } from './committee.ts'
import { mayWrite } from './consents.ts'
import { boxHash } from './deals.ts'
import type { Bucket } from './fields.ts'
import { recordId } from './ids.ts'
import { isCovered, writerOrganization } from './liable.ts'
import type { BatchItem } from './payloads.ts'
import type { BatchHead } from './record-proofs.ts'
import { leaveShares } from './replicated/sums.ts'
import {
  committeeTable,
  ephemeralTable,
  findInvoice,
  getBucket,
  invoiceTable,
  putBucket,
  recordTable,
} from './state.ts'
import { addSums, noSums, subtractSums } from './sums.ts'
import { INVOICE_OWNERS_MAX, type RecordState, type Segment, type Sums } from './values.ts'

/** A record without its proofs. */
export type RecordContent = Omit<BatchItem, 'proof'>

/** What rights and news of a record depend on. */
type RecordPlace = Pick<RecordContent, 'nonce' | 'nullifier' | 'ephemeral' | 'tag' | 'policy'>

/** The open segment of a bucket that nobody has written to. */
export const firstSegment: Segment = { segment: 0, count: 0, sums: noSums, last: null }

function checkNew(
  state: Reader,
  { head, organization }: { readonly head: BatchHead; readonly organization: OrganizationId },
  record: RecordPlace,
): Refusal | undefined {
  const id = recordId({ ...head, nonce: record.nonce })
  if (recordTable.get(state, id) !== undefined) return refuse('RECORD_EXISTS')
  const { nullifier } = record
  const owners = invoiceTable.get(state, nullifier) ?? []
  const isTaken = findInvoice(state, { nullifier, organization }) !== undefined
  if (isTaken || owners.length === INVOICE_OWNERS_MAX) return refuse('NULLIFIER_USED')
  const used = ephemeralTable.get(state, head.committee, toHex(record.ephemeral))
  return used === undefined ? undefined : refuse('EPHEMERAL_USED')
}

/** What may stand only once in one transaction, too. */
function checkDistinct(records: readonly RecordPlace[]): Refusal | undefined {
  const isRepeated = (values: readonly string[]) => new Set(values).size < values.length
  if (isRepeated(records.map(({ nonce }) => nonce))) return refuse('RECORD_EXISTS')
  if (isRepeated(records.map(({ nullifier }) => nullifier))) return refuse('NULLIFIER_USED')
  if (isRepeated(records.map(({ ephemeral }) => toHex(ephemeral)))) return refuse('EPHEMERAL_USED')
  return undefined
}

/** Rights and news of records, whichever way they are shared among an active committee. */
export function authorizeContents(
  state: Reader,
  given: {
    readonly head: BatchHead
    readonly records: readonly RecordPlace[]
  },
  context: TxContext,
): Refusal | undefined {
  const { head, records } = given
  const organization = writerOrganization(state, head)
  if (organization === undefined) return refuse('WRITER_NOT_ALLOWED')
  if (!isCovered(state, head)) return refuse('BOND_TOO_SMALL')
  for (const record of records) {
    const { tag, policy } = record
    if (!mayWrite(state, { tag, policy, organization }, context.timeMs))
      return refuse('GRANT_MISSING')
    const known = checkNew(state, { head, organization }, record)
    if (known !== undefined) return known
  }
  return checkDistinct(records)
}

export function authorizeRecords(
  state: Reader,
  { head, records }: { readonly head: BatchHead; readonly records: readonly RecordContent[] },
  context: TxContext,
): Refusal | undefined {
  const refusal = requireRole(state, { account: head.account, role: 'hospital' }, context)
  if (refusal !== undefined) return refusal
  const closed = checkWritable(state, head, context.timeMs)
  return closed ?? authorizeContents(state, { head, records }, context)
}

function bucketsOf(records: readonly RecordContent[]): readonly (readonly RecordContent[])[] {
  const groups = new Map<string, RecordContent[]>()
  for (const record of records) {
    const key = `${record.tag}/${record.policy}/${record.period}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [record])
    else group.push(record)
  }
  return [...groups.values()]
}

/** Appends records of one bucket to its open segment; each distinct sum is encoded once. */
function append(
  state: Writer,
  { head, records }: { readonly head: BatchHead; readonly records: readonly RecordContent[] },
  context: TxContext,
): void {
  const [first] = records
  if (first === undefined) return
  const { committee, account, epoch } = head
  const bucket: Bucket = { tag: first.tag, policy: first.policy, period: first.period }
  const open = getBucket(state, { committee, bucket }) ?? firstSegment
  // A copy of the vault without the registry, as servers keep it, counts all writers as the dealer.
  const organization =
    writerOrganization(state, head) ?? committeeTable.get(state, committee)?.organization
  assert(organization, 'authorize has found the committee')
  let previous: Digest | null = open.last
  for (const record of records) {
    const id = recordId({ committee, account, nonce: record.nonce })
    const { ephemeral, ciphertext, commitment, document } = record
    const { height, txId } = context
    const content = { ephemeral, ciphertext, commitment, document, ...bucket }
    const place = { committee, epoch, account, segment: open.segment, previous, height, txId }
    recordTable.put(state, { ...content, ...place, boxHash: boxHash(record.box) }, id)
    const owners = invoiceTable.get(state, record.nullifier) ?? []
    invoiceTable.put(state, [...owners, { organization, record: id }], record.nullifier)
    ephemeralTable.put(state, id, committee, toHex(ephemeral))
    previous = id
  }
  const sums: Sums = addSums(open.sums, records)
  const count = open.count + records.length
  putBucket(state, { committee, bucket }, { ...open, count, sums, last: previous })
}

/** Writes records that `authorizeRecords` and the verdict have let pass. */
export function executeRecords(
  state: Writer,
  { head, records }: { readonly head: BatchHead; readonly records: readonly RecordContent[] },
  context: TxContext,
): readonly EventDraft[] {
  for (const group of bucketsOf(records)) append(state, { head, records: group }, context)
  return records.map(({ tag, nonce }) => ({
    recipient: tag,
    kind: 'vault.recorded',
    reference: recordId({ ...head, nonce }),
  }))
}

/** A record no longer counts in the open segment that it is in. */
export function dropRecord(
  state: Writer,
  {
    id,
    record,
    open,
  }: { readonly id: Digest; readonly record: RecordState; readonly open: Segment },
): void {
  const { committee, tag, policy, period } = record
  const sums = subtractSums(open.sums, [record])
  const place = { committee, bucket: { tag, policy, period } }
  putBucket(state, place, { ...open, count: open.count - 1, sums })
  leaveShares(state, { id, record })
}
