// rep.record: one invoice enters the vault as shares that its nonce gives, a public offset, and a range proof of their sum.

import {
  accept,
  defineTx,
  isRefusal,
  type Refusal,
  type TxContext,
  type VerifyInput,
} from '../../../vm/app.ts'
import { assert } from '../../../vm/assert.ts'
import { fromHex } from '../../../vm/bytes.ts'
import { basesOf } from '../../../vm/crypto/bases.ts'
import { verifyEphemeral } from '../../../vm/crypto/box.ts'
import { executionGroup } from '../../../vm/crypto/execution-group.ts'
import type { Group } from '../../../vm/crypto/group.ts'
import { decodeKey, decodeKeys } from '../../../vm/crypto/keys.ts'
import { sample } from '../../../vm/example.ts'
import type { Reader } from '../../../vm/state.ts'
import type { Digest } from '../../../vm/types.ts'
import { lockUntil } from '../bonds.ts'
import { refuse } from '../codes.ts'
import { findReplicated, isActive, requireRole } from '../committee.ts'
import { sharedRecordUnits } from '../costs.ts'
import { exampleRecord } from '../examples.ts'
import { recordId } from '../ids.ts'
import { requireParameters } from '../parameters.ts'
import { PLAIN_BOX_SIZE } from '../receipts.ts'
import { authorizeContents, executeRecords } from '../records.ts'
import { committeeTable, nonceTable, recordTable, sharesTable } from '../state.ts'
import { blank, contentSession } from '../statements.ts'
import { TAGS } from '../tags.ts'
import { type RepRecord, repRecordCodec } from './payloads.ts'
import { enterShares } from './sums.ts'

export function repRecordSession(chainId: Digest, record: RepRecord): Uint8Array {
  const { account, epoch } = record
  return contentSession(
    { chainId, type: 'rep.record', slot: 'box', account, object: recordId(record), epoch },
    repRecordCodec,
    { ...record, boxProof: blank(64), rangeProof: blank(608) },
  )
}

/** δ·H and V = ΣV_c + δ·H, a commitment to the amount whose blinding is Σg_c. */
function commitmentOf<P>(
  group: Group<P>,
  { shares, offset }: { readonly shares: readonly P[]; readonly offset: bigint },
): { readonly masked: P; readonly commitment: P } {
  const masked = group.combine([basesOf(group).H], [offset])
  return { masked, commitment: shares.reduce((sum, share) => group.add(sum, share), masked) }
}

function verify({ chainId, payload, crypto: { group, range } }: VerifyInput<RepRecord>) {
  const shares = decodeKeys(group, payload.shares)
  const E = decodeKey(group, payload.ephemeral)
  const recipient = decodeKey(group, fromHex(payload.tag))
  if (!shares || !E || !recipient) return refuse('POINT_INVALID')
  const offset = group.decodeScalar(payload.offset)
  if (offset === undefined) return refuse('SCALAR_INVALID')
  const place = { E, recipients: [recipient], session: repRecordSession(chainId, payload) }
  if (!verifyEphemeral(group, place, payload.boxProof)) return refuse('PROOF_BOX')
  const commitment = group.encode(commitmentOf(group, { shares, offset }).commitment)
  return range.verifyRange([commitment], payload.rangeProof)
    ? ({ ok: true } as const)
    : refuse('RANGE_PROOF')
}

function authorize(state: Reader, record: RepRecord, context: TxContext): Refusal | undefined {
  const { account, committee: id, nonce } = record
  const refusal = requireRole(state, { account, role: 'hospital' }, context)
  if (refusal !== undefined) return refusal
  const found = findReplicated(state, record)
  if (isRefusal(found)) return found
  if (!isActive(found, context.timeMs)) return refuse('COMMITTEE_INACTIVE')
  const { deal } = found
  if (record.shares.length !== deal.classKeys.length) return refuse('SHARES_COUNT')
  const known = authorizeContents(state, { head: record, records: [record] }, context)
  if (known !== undefined) return known
  return nonceTable.get(state, id, nonce) === undefined ? undefined : refuse('NONCE_USED')
}

const { ciphertext: _, commitment: __, proof: ___, ...exampleContent } = exampleRecord

export const repRecord = defineTx({
  name: 'rep.record',
  tag: TAGS['rep.record'],
  summary: 'Records one invoice in shares that follow from the keys of the classes.',
  payload: repRecordCodec,
  example: {
    ...exampleContent,
    box: sample('0c', PLAIN_BOX_SIZE),
    shares: [sample('10'), sample('11'), sample('12')],
    offset: sample('13'),
    boxProof: sample('14', 64),
  },
  cost: ({ shares }) => sharedRecordUnits(shares.length),
  verify,
  authorize,
  execute: (state, payload, context) => {
    const group = executionGroup()
    const shares = decodeKeys(group, payload.shares)
    const offset = group.decodeScalar(payload.offset)
    assert(shares && offset !== undefined, 'verify has decoded shares and offset')
    const { masked, commitment } = commitmentOf(group, { shares, offset })
    const points = { ciphertext: group.encode(masked), commitment: group.encode(commitment) }
    const events = executeRecords(
      state,
      { head: payload, records: [{ ...payload, ...points }] },
      context,
    )
    const id = recordId(payload)
    const record = recordTable.get(state, id)
    const owner = committeeTable.get(state, payload.committee)?.account
    assert(record && owner, 'the record was just written')
    const complaintsEndMs = context.timeMs + requireParameters(state).complaintWindowMs
    const { nonce } = payload
    const kept = { shares: payload.shares, offset: payload.offset, nonce, complaintsEndMs }
    sharesTable.put(state, kept, id)
    nonceTable.put(state, id, payload.committee, nonce)
    enterShares(state, record, kept)
    lockUntil(state, [owner], complaintsEndMs)
    return accept(...events)
  },
})
