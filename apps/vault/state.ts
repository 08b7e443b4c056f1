// The vault's state: the only file that knows its keys.
import { defineTable, type Reader, type Writer } from '../../vm/state.ts'
import type { Digest, OrganizationId } from '../../vm/types.ts'
import { accountField, type Bucket, digestField, pointField } from './fields.ts'
import { vaultParametersCodec } from './genesis.ts'
import { accumulatorCodec, policyCodec } from './policy-values.ts'
import {
  askedSetCodec,
  type ClassSums,
  classSumsCodec,
  recordSharesCodec,
  repDealCodec,
  repProgressCodec,
  scalarBoxCodec,
} from './replicated/values.ts'
import { VAULT } from './tags.ts'
import {
  committeeCodec,
  consentCodec,
  dealCodec,
  faultStateCodec,
  grantCodec,
  invoiceCodec,
  keysetLinkCodec,
  markCodec,
  offerCodec,
  progressCodec,
  queryCodec,
  recordStateCodec,
  resultCodec,
  type Segment,
  segmentCodec,
  serverCodec,
  settlementCodec,
  silencesCodec,
  usesCodec,
  waitingCodec,
} from './values.ts'

export const parametersTable = defineTable(VAULT, 'par', vaultParametersCodec)

/** srv/<account> */
export const serverTable = defineTable(VAULT, 'srv', serverCodec)

/** offer/<server>/<committee>/<epoch>, immutable */
export const offerTable = defineTable(VAULT, 'offer', offerCodec)

/** cm/<committee> */
export const committeeTable = defineTable(VAULT, 'cm', committeeCodec)

/** cm/<committee>/<epoch>, immutable */
export const dealTable = defineTable(VAULT, 'cm', dealCodec)

/** past/<committee>/<epoch>: the windows and acknowledgements of an epoch after which another was dealt, immutable. */
export const pastTable = defineTable(VAULT, 'past', committeeCodec)

/** ks/<committee>: the keyset behind a committee that nobody dealt, and who writes for it. */
export const keysetTable = defineTable(VAULT, 'ks', keysetLinkCodec)

/** wrt/<committee>/<organization>: the account whose bond stands for what the organization wrote, kept when it no longer writes. */
export const writerTable = defineTable(VAULT, 'wrt', accountField)

/** pub/<committee>: the key to which its records are encrypted, the same in all epochs. */
export const publicKeyTable = defineTable(VAULT, 'pub', pointField)

/** grant/<tag> */
export const grantTable = defineTable(VAULT, 'grant', grantCodec)

/** rec/<record>, immutable */
export const recordTable = defineTable(VAULT, 'rec', recordStateCodec)

/** mark/<record>; a record without one belongs to its segment. */
export const markTable = defineTable(VAULT, 'mark', markCodec)

const bucketTable = defineTable(VAULT, 'bkt', segmentCodec)

const segmentTable = defineTable(VAULT, 'seg', segmentCodec)

type BucketPlace = { readonly committee: Digest; readonly bucket: Bucket }

function bucketParts({ committee, bucket }: BucketPlace): readonly (string | number)[] {
  return [committee, bucket.tag, bucket.policy, bucket.period]
}

/** bkt/<committee>/<tag>/<policy>/<period>: the open segment. */
export function getBucket(state: Reader, place: BucketPlace): Segment | undefined {
  return bucketTable.get(state, ...bucketParts(place))
}

export function putBucket(state: Writer, place: BucketPlace, value: Segment): void {
  bucketTable.put(state, value, ...bucketParts(place))
}

/** seg/<committee>/<tag>/<policy>/<period>/<segment>: a segment that was asked for, immutable. */
export function getSegment(
  state: Reader,
  place: BucketPlace,
  segment: number,
): Segment | undefined {
  return segmentTable.get(state, ...bucketParts(place), segment)
}

export function putSegment(state: Writer, place: BucketPlace, value: Segment): void {
  segmentTable.put(state, value, ...bucketParts(place), value.segment)
}

/**
 * inv/<nullifier>: the record of an invoice for each organization that has one, so that nobody stops an invoice by copying its
 * nullifier from the mempool. Other applications that pay invoices refuse by it too.
 */
export const invoiceTable = defineTable(VAULT, 'inv', invoiceCodec)

export function findInvoice(
  state: Reader,
  of: { readonly nullifier: Digest; readonly organization: OrganizationId },
): Digest | undefined {
  const owners = invoiceTable.get(state, of.nullifier) ?? []
  return owners.find(({ organization }) => organization === of.organization)?.record
}

/** eph/<committee>/<R>: the record that used R. */
export const ephemeralTable = defineTable(VAULT, 'eph', digestField)

/** key/<point>: the object of a one-time key, box keys and answer keys alike. */
export const onceTable = defineTable(VAULT, 'key', digestField)

/** cons/<consent>, immutable */
export const consentTable = defineTable(VAULT, 'cons', consentCodec)

/** use/<consent> */
export const usesTable = defineTable(VAULT, 'use', usesCodec)

/** qry/<query>, immutable */
export const queryTable = defineTable(VAULT, 'qry', queryCodec)

/** ans/<query> */
export const progressTable = defineTable(VAULT, 'ans', progressCodec)

/** res/<query>, immutable */
export const resultTable = defineTable(VAULT, 'res', resultCodec)

/** stl/<query>: a commitment that is proven to open to the result. */
export const settlementTable = defineTable(VAULT, 'stl', settlementCodec)

/** open/<committee>: queries without a result, expired ones until somebody times them out. */
export const waitingTable = defineTable(VAULT, 'open', waitingCodec)

/** fault/<fault> */
export const faultTable = defineTable(VAULT, 'fault', faultStateCodec)

/** rep/<committee>/<epoch>: the deal of a replicated committee, immutable. */
export const repDealTable = defineTable(VAULT, 'rep', repDealCodec)

/** shr/<record>: the shares of a record, immutable; records of other committees have none. */
export const sharesTable = defineTable(VAULT, 'shr', recordSharesCodec)

/** non/<committee>/<nonce>: the record of a nonce. */
export const nonceTable = defineTable(VAULT, 'non', digestField)

const segmentSharesTable = defineTable(VAULT, 'sum', classSumsCodec)

/** sum/<committee>/<tag>/<policy>/<period>/<segment>: the shares of the records that the segment counts. */
export function getSegmentShares(
  state: Reader,
  place: BucketPlace,
  segment: number,
): ClassSums | undefined {
  return segmentSharesTable.get(state, ...bucketParts(place), segment)
}

export function putSegmentShares(
  state: Writer,
  { segment, ...place }: BucketPlace & { readonly segment: number },
  value: ClassSums,
): void {
  segmentSharesTable.put(state, value, ...bucketParts(place), segment)
}

/** ask/<query>: the shares of the set that was asked for, immutable. */
export const askedSharesTable = defineTable(VAULT, 'ask', classSumsCodec)

/** rpl/<query>: the answers of a replicated committee. */
export const repProgressTable = defineTable(VAULT, 'rpl', repProgressCodec)

/** box/<query>/<class>/<seat>: a scalar answer, immutable. */
export const scalarBoxTable = defineTable(VAULT, 'box', scalarBoxCodec)

/** set/<set>: what became of a set that was asked for. */
export const askedSetTable = defineTable(VAULT, 'set', askedSetCodec)

/** bad/<record>: the first fault of a record. */
export const badRecordTable = defineTable(VAULT, 'bad', digestField)

/** disp/<record>: the fault of a receipt that was proven wrong after the record was asked for. */
export const disputedTable = defineTable(VAULT, 'disp', digestField)

/** rev/<record>: the record that reverses it. */
export const reversalTable = defineTable(VAULT, 'rev', digestField)

/** pol/<policy>/<version>: terms, immutable. */
export const policyTable = defineTable(VAULT, 'pol', policyCodec)

/** acc/<policy>: the accumulated sum, and what was paid or promised of it. */
export const accumulatorTable = defineTable(VAULT, 'acc', accumulatorCodec)

/** sgs/<set>: the query by which a segment was paid for. */
export const paidSegmentTable = defineTable(VAULT, 'sgs', digestField)

/** one/<committee>/<tag>: the record of a one-time tag. */
export const oneTimeTable = defineTable(VAULT, 'one', digestField)

/** mute/<account>: how often a server was silent. */
export const silenceTable = defineTable(VAULT, 'mute', silencesCodec)

/** Forgets a query that has its result or was timed out. */
export function stopWaiting(state: Writer, committee: Digest, query: Digest): void {
  const waiting = waitingTable.get(state, committee) ?? []
  const rest = waiting.filter((entry) => entry.query !== query)
  if (rest.length < waiting.length) waitingTable.put(state, rest, committee)
}
