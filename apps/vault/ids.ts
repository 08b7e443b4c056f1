// Identifiers of the vault's objects: hashes over who acts and what was drawn, so that nobody can choose one.
import { fromHex } from '../../vm/bytes.ts'
import { encode, type Infer } from '../../vm/codec.ts'
import { array, struct } from '../../vm/codec-compound.ts'
import { id32, oneOf, uint } from '../../vm/codec-scalar.ts'
import { digest } from '../../vm/hash.ts'
import type { AccountId, Digest, Hex } from '../../vm/types.ts'
import {
  accountField,
  type Bucket,
  bucketCodec,
  digestField,
  epochField,
  pointField,
  QUERY_RECORDS_MAX,
  SERVERS_MAX,
  type Target,
} from './fields.ts'

/** The epoch that `vault.init` deals; resharing will count on from it. */
export const FIRST_EPOCH = 1

export function committeeId(of: { readonly account: AccountId; readonly nonce: Hex }): Digest {
  return digest('vault.init', fromHex(of.account), fromHex(of.nonce))
}

export function recordId(of: {
  readonly committee: Digest
  readonly account: AccountId
  readonly nonce: Hex
}): Digest {
  return digest('vault.record', fromHex(of.committee), fromHex(of.account), fromHex(of.nonce))
}

/** A record is reversed once, so its id makes that of its negative. */
export function reversalId(record: Digest): Digest {
  return digest('vault.reverse', fromHex(record))
}

/** The policy of a bucket, whichever committee sums it. */
export function policyId({ tag, policy, period }: Bucket): Digest {
  return digest('policy.agree', encode(bucketCodec, { tag, policy, period }))
}

export function consentId(of: { readonly account: AccountId; readonly nonce: Hex }): Digest {
  return digest('consent.grant', fromHex(of.account), fromHex(of.nonce))
}

const segmentCodec = struct({ committee: digestField, bucket: bucketCodec, segment: uint() })
const recordsCodec = struct({ committee: digestField, records: array(id32, QUERY_RECORDS_MAX) })

function segmentHash(of: {
  readonly committee: Digest
  readonly bucket: Bucket
  readonly segment: number
}): Digest {
  return digest('vault.segment', encode(segmentCodec, of))
}

/** Names what a query asks for; a list of records never has the hash of a segment. */
export function setHash(committee: Digest, target: Target): Digest {
  return target.kind === 'segment'
    ? segmentHash({ committee, bucket: target.bucket, segment: target.segment })
    : digest('vault.set', encode(recordsCodec, { committee, records: target.records }))
}

export function queryId(of: {
  readonly committee: Digest
  readonly account: AccountId
  readonly set: Digest
  readonly answerKey: Uint8Array
}): Digest {
  const { committee, account, set, answerKey } = of
  return digest('query.open', fromHex(committee), fromHex(account), fromHex(set), answerKey)
}

const keysCodec = struct({
  committee: digestField,
  epoch: epochField,
  key: pointField,
  serverKeys: array(pointField, SERVERS_MAX),
})

/** What a server acknowledges: the committee's key and the key of each seat, as it derived them itself. */
export function keysHash(of: {
  readonly committee: Digest
  readonly epoch: number
  readonly key: Uint8Array
  readonly serverKeys: readonly Uint8Array[]
}): Digest {
  return digest('vault.keys', encode(keysCodec, of))
}

const classKeysCodec = struct({
  committee: digestField,
  epoch: epochField,
  classKeys: array(pointField, SERVERS_MAX),
})

/** What a server of a replicated committee acknowledges: the public key of each class. */
export function classKeysHash(of: {
  readonly committee: Digest
  readonly epoch: number
  readonly classKeys: readonly Uint8Array[]
}): Digest {
  return digest('vault.class-keys', encode(classKeysCodec, of))
}

/** What can be held against somebody; the numbers are frozen. */
export const faultKindCodec = oneOf({
  /** A box of a deal does not hold the key that was promised; the dealer. */
  'bad-share': 1,
  /** A complaint about what was right; who complained. */
  'false-complaint': 2,
  /** A share of a record is not what the key of its class gives; the owner. */
  'bad-record': 3,
  /** A scalar answer does not open the sum of its class; the server. */
  'bad-answer': 4,
  /** No answer until the deadline; the server. */
  silence: 5,
  /** A patient's box is garbage, or tells another amount than the record holds; the writer. */
  'bad-receipt': 6,
  /** A dispute about a receipt that is right; who disputed. */
  'false-dispute': 7,
})

const faultCodec = struct({
  kind: faultKindCodec,
  object: digestField,
  epoch: epochField,
  culprit: accountField,
  index: uint(SERVERS_MAX),
})

export type Fault = Infer<typeof faultCodec>

/** One id for one fault, whatever the evidence looks like: the same fault is never punished twice. */
export function faultId({ kind, object, epoch, culprit, index }: Fault): Digest {
  return digest('vault.fault', encode(faultCodec, { kind, object, epoch, culprit, index }))
}
