// What the proofs of records in shares say, and their verification: boxes one by one, the range of a whole batch at once.
import { isRefusal, type Refusal, type Verdict, type VerifyInput } from '../../../vm/app.ts'
import { fromHex } from '../../../vm/bytes.ts'
import { basesOf } from '../../../vm/crypto/bases.ts'
import { verifyEphemeral } from '../../../vm/crypto/box.ts'
import type { Group, Point } from '../../../vm/crypto/group.ts'
import { decodeKey, decodeKeys } from '../../../vm/crypto/keys.ts'
import type { Digest } from '../../../vm/types.ts'
import { refuse } from '../codes.ts'
import { recordId } from '../ids.ts'
import { type BatchHead, verifyAmounts } from '../record-proofs.ts'
import { blank, contentSession } from '../statements.ts'
import {
  type RepItem,
  type RepRecord,
  type RepRecordBatch,
  repItemCodec,
  repRecordCodec,
} from './payloads.ts'

export function repRecordSession(chainId: Digest, record: RepRecord): Uint8Array {
  const { account, epoch } = record
  return contentSession(
    { chainId, type: 'rep.record', slot: 'box', account, object: recordId(record), epoch },
    repRecordCodec,
    { ...record, boxProof: blank(64), rangeProof: blank(608) },
  )
}

export function repItemSession(
  chainId: Digest,
  { account, committee, epoch }: BatchHead,
  item: RepItem,
): Uint8Array {
  const object = recordId({ account, committee, nonce: item.nonce })
  return contentSession(
    { chainId, type: 'rep.recordBatch', slot: 'box', account, object, epoch },
    repItemCodec,
    { ...item, boxProof: blank(64) },
  )
}

/** δ·H and V = ΣV_c + δ·H, a commitment to the amount whose blinding is Σg_c. */
export function sharedCommitment<P>(
  group: Group<P>,
  { shares, offset }: { readonly shares: readonly P[]; readonly offset: bigint },
): { readonly masked: P; readonly commitment: P } {
  const masked = group.combine([basesOf(group).H], [offset])
  return { masked, commitment: shares.reduce((sum, share) => group.add(sum, share), masked) }
}

/** The commitment of a record whose points decode and whose writer knows what is behind E. */
function checkBoxed(
  group: Group<Point>,
  record: RepItem,
  session: () => Uint8Array,
): Uint8Array | Refusal {
  const shares = decodeKeys(group, record.shares)
  const E = decodeKey(group, record.ephemeral)
  const recipient = decodeKey(group, fromHex(record.tag))
  if (!shares || !E || !recipient) return refuse('POINT_INVALID')
  const offset = group.decodeScalar(record.offset)
  if (offset === undefined) return refuse('SCALAR_INVALID')
  const place = { E, recipients: [recipient], session: session() }
  if (!verifyEphemeral(group, place, record.boxProof)) return refuse('PROOF_BOX')
  return group.encode(sharedCommitment(group, { shares, offset }).commitment)
}

export function verifyRepRecord(input: VerifyInput<RepRecord>): Verdict {
  const { chainId, payload, crypto } = input
  const session = () => repRecordSession(chainId, payload)
  const commitment = checkBoxed(crypto.group, payload, session)
  if (isRefusal(commitment)) return commitment
  return verifyAmounts(crypto, [commitment], payload)
}

export function verifyRepRecordBatch(input: VerifyInput<RepRecordBatch>): Verdict {
  const { chainId, payload, crypto } = input
  const commitments: Uint8Array[] = []
  for (const record of payload.records) {
    const session = () => repItemSession(chainId, payload, record)
    const commitment = checkBoxed(crypto.group, record, session)
    if (isRefusal(commitment)) return commitment
    commitments.push(commitment)
  }
  return verifyAmounts(crypto, commitments, payload)
}
