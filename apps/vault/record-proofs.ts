// What the proofs of records say, and their verification: records one by one, the range of a whole batch at once.

import type { Verdict, VerifyInput } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { fromHex } from '../../vm/bytes.ts'
import { decode } from '../../vm/codec.ts'
import type { Point } from '../../vm/crypto/group.ts'
import { decodeKey } from '../../vm/crypto/keys.ts'
import { verifyLinear } from '../../vm/crypto/sigma.ts'
import type { CryptoSuite } from '../../vm/crypto/suite.ts'
import type { AccountId, Digest } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { recordId } from './ids.ts'
import {
  type BatchItem,
  batchItemCodec,
  type RecordBatch,
  recordCodec,
  type VaultRecord,
} from './payloads.ts'
import { publicKeyTable } from './state.ts'
import { blank, contentSession, recordStatement } from './statements.ts'

export function recordSession(chainId: Digest, record: VaultRecord): Uint8Array {
  const { account, epoch } = record
  return contentSession(
    { chainId, type: 'vault.record', slot: 'record', account, object: recordId(record), epoch },
    recordCodec,
    { ...record, proof: blank(96), rangeProof: blank(608) },
  )
}

/** Fields of a batch that each of its records is bound to. */
export type BatchHead = {
  readonly account: AccountId
  readonly committee: Digest
  readonly epoch: number
}

export function batchItemSession(
  chainId: Digest,
  { account, committee, epoch }: BatchHead,
  item: BatchItem,
): Uint8Array {
  const object = recordId({ account, committee, nonce: item.nonce })
  return contentSession(
    { chainId, type: 'vault.recordBatch', slot: 'record', account, object, epoch },
    batchItemCodec,
    { ...item, proof: blank(96) },
  )
}

type RecordPoints = { readonly K: Point; readonly R: Point; readonly V: Point; readonly C: Point }

/** K of the committee, and R, V, C of each record; undefined if one does not decode or is the identity. */
function pointsOf(
  { group }: CryptoSuite,
  fact: Uint8Array | undefined,
  records: readonly Pick<
    BatchItem,
    'ephemeral' | 'ciphertext' | 'commitment' | 'tag' | 'oneTime'
  >[],
): readonly RecordPoints[] | undefined {
  assert(fact !== undefined, 'one fact')
  const K = decodeKey(group, decode(publicKeyTable.value, fact))
  if (K === undefined) return undefined
  const points: RecordPoints[] = []
  for (const { ephemeral, ciphertext, commitment, tag, oneTime } of records) {
    // Other tags have a grant, whose proof has shown that they are keys.
    if (oneTime && decodeKey(group, fromHex(tag)) === undefined) return undefined
    const R = decodeKey(group, ephemeral)
    const V = decodeKey(group, commitment)
    const C = decodeKey(group, ciphertext)
    if (!R || !V || !C) return undefined
    points.push({ K, R, V, C })
  }
  return points
}

/** Whether all committed amounts are in range. */
export function verifyAmounts(
  { range }: Pick<CryptoSuite, 'range'>,
  commitments: readonly Uint8Array[],
  { rangeProof }: { readonly rangeProof: Uint8Array },
): Verdict {
  return range.verifyRange(commitments, rangeProof) ? { ok: true } : refuse('RANGE_PROOF')
}

export function verifyRecord(input: VerifyInput<VaultRecord>): Verdict {
  const { chainId, payload, facts, crypto } = input
  const { group } = crypto
  const [points] = pointsOf(crypto, facts[0], [payload]) ?? []
  if (points === undefined) return refuse('POINT_INVALID')
  const statement = recordStatement(group, recordSession(chainId, payload), points)
  if (!verifyLinear({ ...statement, group, proof: payload.proof, form: 'short' }))
    return refuse('PROOF_RECORD')
  return verifyAmounts(crypto, [payload.commitment], payload)
}

export function verifyRecordBatch(input: VerifyInput<RecordBatch>): Verdict {
  const { chainId, payload, facts, crypto } = input
  const { group } = crypto
  const points = pointsOf(crypto, facts[0], payload.records)
  if (points === undefined) return refuse('POINT_INVALID')
  for (const [index, record] of payload.records.entries()) {
    const own = points[index]
    assert(own !== undefined, 'points of every record')
    const statement = recordStatement(group, batchItemSession(chainId, payload, record), own)
    if (!verifyLinear({ ...statement, group, proof: record.proof, form: 'short' }))
      return refuse('PROOF_RECORD')
  }
  const commitments = payload.records.map(({ commitment }) => commitment)
  return verifyAmounts(crypto, commitments, payload)
}
