// How records enter a bucket: who may write them, what must be new, and the running sums of the open segment.
import type { EventDraft, Refusal, TxContext } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { toHex } from '../../vm/bytes.ts'
import type { Reader, Writer } from '../../vm/state.ts'
import type { Digest, OrganizationId, TimeMs } from '../../vm/types.ts'
import { lockUntil } from './bonds.ts'
import { refuse } from './codes.ts'
import { checkWritable, requireRole } from './committee.ts'
import { mayWrite } from './consents.ts'
import { boxHash } from './deals.ts'
import type { Bucket } from './fields.ts'
import { recordId } from './ids.ts'
import { isCovered, liableFor, writerOrganization } from './liable.ts'
import { requireParameters } from './parameters.ts'
import type { BatchItem } from './payloads.ts'
import type { BatchHead } from './record-proofs.ts'
import { leaveShares } from './replicated/sums.ts'
import {
  ephemeralTable,
  findInvoice,
  getBucket,
  invoiceTable,
  markTable,
  oneTimeTable,
  putBucket,
  recordTable,
} from './state.ts'
import { addSums, noSums, subtractSums } from './sums.ts'
import { INVOICE_OWNERS_MAX, type RecordState, type Segment, type Sums } from './values.ts'

/** A record without its proofs. */
export type RecordContent = Omit<BatchItem, 'proof'>

/** What rights and news of a record depend on. */
type RecordPlace = Pick<
  RecordContent,
  'nonce' | 'nullifier' | 'ephemeral' | 'tag' | 'policy' | 'period' | 'oneTime'
>

/** A sum of so many amounts of 32 bits stays below 2^48. */
export const SEGMENT_RECORDS_MAX = 65_535

/** The open segment of a bucket that nobody has written to. */
export const firstSegment: Segment = {
  segment: 0,
  count: 0,
  reversals: 0,
  sums: noSums,
  last: null,
}

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
  const oneTimeTags = records.flatMap(({ tag, oneTime }) => (oneTime ? [tag] : []))
  return isRepeated(oneTimeTags) ? refuse('TAG_USED') : undefined
}

/** Whether the open segments have room for the records. */
function checkRoom(
  state: Reader,
  committee: Digest,
  records: readonly RecordPlace[],
): Refusal | undefined {
  for (const bucket of bucketsOf(records)) {
    const count = getBucket(state, { committee, bucket: bucket.place })?.count ?? 0
    if (count + bucket.members.length > SEGMENT_RECORDS_MAX) return refuse('SEGMENT_FULL')
  }
  return undefined
}

/** The patient's grant; a one-time tag needs none, since nothing is summed under it that the patient does not name. */
function checkTag(
  state: Reader,
  {
    committee,
    organization,
  }: { readonly committee: Digest; readonly organization: OrganizationId },
  { record, timeMs }: { readonly record: RecordPlace; readonly timeMs: number },
): Refusal | undefined {
  const { tag, policy, oneTime } = record
  if (oneTime)
    return oneTimeTable.get(state, committee, tag) === undefined ? undefined : refuse('TAG_USED')
  const may = mayWrite(state, { tag, policy, organization }, timeMs)
  return may ? undefined : refuse('GRANT_MISSING')
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
  const place = { committee: head.committee, organization }
  for (const record of records) {
    const known =
      checkTag(state, place, { record, timeMs: context.timeMs }) ??
      checkNew(state, { head, organization }, record)
    if (known !== undefined) return known
  }
  return checkDistinct(records) ?? checkRoom(state, head.committee, records)
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

/** Records of one bucket; those under one-time tags are in none. */
function bucketsOf<R extends RecordPlace>(
  records: readonly R[],
): readonly { readonly place: Bucket; readonly members: readonly R[] }[] {
  const groups = new Map<string, { readonly place: Bucket; readonly members: R[] }>()
  for (const record of records) {
    const { tag, policy, period, oneTime } = record
    if (oneTime) continue
    const key = `${tag}/${policy}/${period}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { place: { tag, policy, period }, members: [record] })
    else group.members.push(record)
  }
  return [...groups.values()]
}

type Writing = {
  readonly head: BatchHead
  readonly organization: OrganizationId
  readonly disputesEndMs: TimeMs
  readonly context: TxContext
}

/** Writes one record and the traces of what may not be used again. */
function putRecord(
  state: Writer,
  { head, organization, disputesEndMs, context }: Writing,
  given: { readonly record: RecordContent } & Pick<RecordState, 'segment' | 'previous'>,
): Digest {
  const { record, segment, previous } = given
  const { committee, account, epoch } = head
  const id = recordId({ committee, account, nonce: record.nonce })
  const { ephemeral, ciphertext, commitment, document, tag, policy, period } = record
  const content = { ephemeral, ciphertext, commitment, document, tag, policy, period }
  const { height, txId } = context
  const place = { committee, epoch, account, segment, previous, reverses: null }
  const boxed = { boxHash: boxHash(record.box), disputesEndMs }
  recordTable.put(state, { ...content, ...place, ...boxed, height, txId }, id)
  const owners = invoiceTable.get(state, record.nullifier) ?? []
  invoiceTable.put(state, [...owners, { organization, record: id }], record.nullifier)
  ephemeralTable.put(state, id, committee, toHex(ephemeral))
  if (record.oneTime) oneTimeTable.put(state, id, committee, tag)
  return id
}

/** Appends records of one bucket to its open segment; each distinct sum is encoded once. */
function append(
  state: Writer,
  writing: Writing,
  {
    place: bucket,
    members,
  }: { readonly place: Bucket; readonly members: readonly RecordContent[] },
): void {
  const place = { committee: writing.head.committee, bucket }
  const open = getBucket(state, place) ?? firstSegment
  let previous: Digest | null = open.last
  for (const record of members)
    previous = putRecord(state, writing, { record, segment: open.segment, previous })
  const sums: Sums = addSums(open.sums, members)
  const count = open.count + members.length
  putBucket(state, place, { ...open, count, sums, last: previous })
}

/** Writes records that `authorizeRecords` and the verdict have let pass. */
export function executeRecords(
  state: Writer,
  { head, records }: { readonly head: BatchHead; readonly records: readonly RecordContent[] },
  context: TxContext,
): readonly EventDraft[] {
  const organization = writerOrganization(state, head)
  assert(organization !== undefined, 'authorize has found the writer')
  const disputesEndMs = context.timeMs + requireParameters(state).disputeWindowMs
  const writing = { head, organization, disputesEndMs, context }
  for (const bucket of bucketsOf(records)) append(state, writing, bucket)
  for (const record of records)
    if (record.oneTime) putRecord(state, writing, { record, segment: null, previous: null })
  const owner = liableFor(state, head)
  lockUntil(state, [owner], disputesEndMs)
  return records.map(({ tag, nonce }) => ({
    recipient: tag,
    kind: 'vault.recorded',
    reference: recordId({ ...head, nonce }),
  }))
}

/** Whether the open segment counts the record; one from a set that was given up left its segment long ago. */
export function isCounted(state: Reader, id: Digest, record: RecordState): boolean {
  const open = getBucket(state, { committee: record.committee, bucket: record })
  return markTable.get(state, id) === undefined && open?.segment === record.segment
}

/** Before it gets a mark, a record leaves the open segment, if one counts it. */
export function dropRecord(
  state: Writer,
  { id, record }: { readonly id: Digest; readonly record: RecordState },
): void {
  if (!isCounted(state, id, record)) return
  const { committee, tag, policy, period } = record
  const place = { committee, bucket: { tag, policy, period } }
  const open = getBucket(state, place)
  assert(open !== undefined && open.count > 0, 'the open segment counts the record')
  const sums = subtractSums(open.sums, [record])
  const reversals = open.reversals - (record.reverses === null ? 0 : 1)
  putBucket(state, place, { ...open, count: open.count - 1, reversals, sums })
  leaveShares(state, { id, record })
}
