// Read-only views of the vault for RPC.

import { defineQuery } from '../../vm/app.ts'
import { array, optional, struct } from '../../vm/codec-compound.ts'
import { oneOf, uint } from '../../vm/codec-scalar.ts'
import { sample } from '../../vm/example.ts'
import type { Reader } from '../../vm/state.ts'
import type { Digest } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { committeeQueries } from './committee-queries.ts'
import { exampleBucket } from './examples.ts'
import { bucketCodec, digestField } from './fields.ts'
import { setHash } from './ids.ts'
import { lookUps } from './look-ups.ts'
import { policyQueries } from './policy-queries.ts'
import { firstSegment } from './records.ts'
import { deadlineOf } from './replicated/asked.ts'
import { replicatedQueries } from './replicated/queries.ts'
import {
  consentTable,
  disputedTable,
  findInvoice,
  getBucket,
  getSegment,
  markTable,
  progressTable,
  queryTable,
  recordTable,
  resultTable,
  reversalTable,
  settlementTable,
  usesTable,
  waitingTable,
} from './state.ts'
import {
  consentCodec,
  markCodec,
  organizationField,
  queryCodec,
  recordStateCodec,
  responseCodec,
  resultCodec,
  type Segment,
  settlementCodec,
  usesCodec,
  waitingCodec,
} from './values.ts'

const id = sample('01')

/** Closed segments of one page. */
const SEGMENTS_MAX = 100

const bucket = defineQuery({
  name: 'vault.bucket',
  summary:
    'The open segment of a bucket and its newest closed ones, each with its records counted.',
  parameters: struct({ committee: digestField, bucket: bucketCodec }),
  result: struct({
    open: struct({ segment: uint(), count: uint() }),
    closed: array(struct({ segment: uint(), count: uint(), set: digestField }), SEGMENTS_MAX),
  }),
  example: { committee: id, bucket: exampleBucket },
  run: (state, place) => {
    const { segment: newest, count } = getBucket(state, place) ?? firstSegment
    const closed = []
    for (let segment = newest - 1; segment >= 0 && closed.length < SEGMENTS_MAX; segment--) {
      const asked = getSegment(state, place, segment)
      if (asked === undefined) continue
      const target = { kind: 'segment', bucket: place.bucket, segment } as const
      closed.push({ segment, count: asked.count, set: setHash(place.committee, target) })
    }
    return { open: { segment: newest, count }, closed }
  },
})

/** Records of one page. */
const RECORDS_MAX = 1_024

function walk(
  state: Reader,
  from: Digest | null,
  limit: number,
): { readonly records: readonly Digest[]; readonly next: Digest | null } {
  const records: Digest[] = []
  let at = from
  while (at !== null && records.length < limit) {
    if (markTable.get(state, at) === undefined) records.push(at)
    at = recordTable.get(state, at)?.previous ?? null
  }
  return { records, next: at }
}

const segment = defineQuery({
  name: 'vault.segment',
  summary: 'The records that a segment counts, newest first; pass `next` as `from` for the rest.',
  parameters: struct({
    committee: digestField,
    bucket: bucketCodec,
    segment: uint(),
    from: optional(digestField),
    limit: uint(RECORDS_MAX, 1),
  }),
  result: struct({
    count: uint(),
    records: array(digestField, RECORDS_MAX),
    next: optional(digestField),
  }),
  example: { committee: id, bucket: exampleBucket, segment: 0, from: null, limit: 100 },
  run: (state, { segment: number, from, limit, ...place }) => {
    const open = getBucket(state, place) ?? firstSegment
    const found: Segment | undefined =
      number === open.segment ? open : getSegment(state, place, number)
    if (found === undefined) return refuse('SEGMENT_UNKNOWN')
    return { count: found.count, ...walk(state, from ?? found.last, limit) }
  },
})

const record = defineQuery({
  name: 'vault.record',
  summary: 'A record as the ledger keeps it; whether it is void or pinned, disputed or reversed.',
  parameters: struct({ record: digestField }),
  result: struct({
    record: recordStateCodec,
    mark: optional(markCodec),
    /** The fault of its receipt, if that was proven wrong after somebody had asked for the record. */
    disputed: optional(digestField),
    /** The record that reverses it. */
    reversal: optional(digestField),
  }),
  example: { record: id },
  run: (state, { record: at }) => {
    const found = recordTable.get(state, at)
    if (found === undefined) return refuse('RECORD_UNKNOWN')
    return {
      record: found,
      mark: markTable.get(state, at) ?? null,
      disputed: disputedTable.get(state, at) ?? null,
      reversal: reversalTable.get(state, at) ?? null,
    }
  },
})

const query = defineQuery({
  name: 'vault.query',
  summary: 'A query with its responses and, once there are enough of them, its result.',
  parameters: struct({ query: digestField }),
  result: struct({
    query: queryCodec,
    /** `expired` is past its deadline and not timed out by anybody yet. */
    status: oneOf({ open: 1, ready: 2, 'timed-out': 3, expired: 4 }),
    responses: array(responseCodec, 16),
    result: optional(resultCodec),
    settlement: optional(settlementCodec),
  }),
  example: { query: id },
  run: (state, { query: at }, { timeMs }) => {
    const found = queryTable.get(state, at)
    const progress = progressTable.get(state, at)
    if (found === undefined || progress === undefined) return refuse('QUERY_UNKNOWN')
    const { status, responses } = progress
    return {
      query: found,
      status: status === 'open' && timeMs >= deadlineOf(state, at, found) ? 'expired' : status,
      responses,
      result: resultTable.get(state, at) ?? null,
      settlement: settlementTable.get(state, at) ?? null,
    }
  },
})

const openQueries = defineQuery({
  name: 'vault.openQueries',
  summary: 'Queries of a committee that have no result, expired ones until they are timed out.',
  parameters: struct({ committee: digestField }),
  result: struct({ queries: waitingCodec }),
  example: { committee: id },
  run: (state, { committee: at }) => ({ queries: waitingTable.get(state, at) ?? [] }),
})

const consent = defineQuery({
  name: 'vault.consent',
  summary: 'A consent and how often it was used.',
  parameters: struct({ consent: digestField }),
  result: struct({ consent: consentCodec, uses: usesCodec }),
  example: { consent: id },
  run: (state, { consent: at }) => {
    const found = consentTable.get(state, at)
    const uses = usesTable.get(state, at)
    return found && uses ? { consent: found, uses } : refuse('CONSENT_UNKNOWN')
  },
})

const NULLIFIERS_MAX = 256

const nullifier = defineQuery({
  name: 'vault.nullifier',
  summary: "An organization's records of invoices, null for those that are not recorded.",
  parameters: struct({
    organization: organizationField,
    nullifiers: array(digestField, NULLIFIERS_MAX, 1),
  }),
  result: struct({ records: array(optional(digestField), NULLIFIERS_MAX) }),
  example: { organization: id, nullifiers: [id] },
  run: (state, { organization, nullifiers }) => ({
    records: nullifiers.map((at) => findInvoice(state, { nullifier: at, organization }) ?? null),
  }),
})

export const queries = [
  ...committeeQueries,
  bucket,
  segment,
  record,
  query,
  openQueries,
  consent,
  nullifier,
  ...lookUps,
  ...policyQueries,
  ...replicatedQueries,
]
