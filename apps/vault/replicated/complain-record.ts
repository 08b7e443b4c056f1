// rep.complainRecord: a holder of a class opens its seed for one record; a wrong share is held against the owner, at any time.

import {
  accept,
  defineTx,
  isRefusal,
  type Refusal,
  type TxContext,
  type VerifyInput,
} from '../../../vm/app.ts'
import { assert } from '../../../vm/assert.ts'
import { equal } from '../../../vm/bytes.ts'
import { decode } from '../../../vm/codec.ts'
import { executionGroup } from '../../../vm/crypto/execution-group.ts'
import { decodeKey } from '../../../vm/crypto/keys.ts'
import { verifyLinear } from '../../../vm/crypto/sigma.ts'
import { sample } from '../../../vm/example.ts'
import type { Reader, Writer } from '../../../vm/state.ts'
import type { Digest } from '../../../vm/types.ts'
import { refuse } from '../codes.ts'
import { findReplicated, holdsSeat, requireRole } from '../committee.ts'
import { judgedUnits } from '../costs.ts'
import { isKnownFault, recordFault } from '../faults.ts'
import type { Fault } from '../ids.ts'
import { dropRecord } from '../records.ts'
import {
  badRecordTable,
  committeeTable,
  getBucket,
  markTable,
  recordTable,
  repDealTable,
  sharesTable,
} from '../state.ts'
import { blank, contentSession } from '../statements.ts'
import { TAGS } from '../tags.ts'
import { pinningSet, spoilSet } from './asked.ts'
import { classesOf } from './classes.ts'
import { type RepComplainRecord, repComplainRecordCodec } from './payloads.ts'
import { commitShare, noncePoint, seedStatement, shareFrom } from './statements.ts'
import { requireShares } from './sums.ts'

export function complainRecordSession(chainId: Digest, complain: RepComplainRecord): Uint8Array {
  const { account, record: object, epoch } = complain
  return contentSession(
    { chainId, type: 'rep.complainRecord', slot: 'seed', account, object, epoch },
    repComplainRecordCodec,
    { ...complain, proof: blank(64) },
  )
}

function verify({ chainId, payload, facts, crypto: { group } }: VerifyInput<RepComplainRecord>) {
  const [dealFact, sharesFact] = facts
  assert(dealFact && sharesFact, 'two facts')
  const { classKeys } = decode(repDealTable.value, dealFact)
  const { nonce } = decode(sharesTable.value, sharesFact)
  const X = decodeKey(group, classKeys[payload.class - 1] ?? blank(32))
  const W = decodeKey(group, payload.seed)
  if (!X || !W) return refuse('POINT_INVALID')
  const U = noncePoint(group, { ...payload, nonce })
  const statement = seedStatement(complainRecordSession(chainId, payload), { X, U, W })
  return verifyLinear({ ...statement, group, proof: payload.proof, form: 'short' })
    ? ({ ok: true } as const)
    : refuse('PROOF_SEED')
}

/** Whether the share of the class is the one that the seed gives. */
function fitsSeed(state: Reader, complain: RepComplainRecord): boolean {
  const group = executionGroup()
  const seed = decodeKey(group, complain.seed)
  const share = requireShares(state, complain.record).shares[complain.class - 1]
  assert(seed && share, 'verify has decoded the seed')
  return equal(group.encode(commitShare(group, shareFrom(group, seed))), share)
}

function faultOf(state: Reader, complain: RepComplainRecord): Fault {
  const { account, committee, epoch, record: object } = complain
  const owner = committeeTable.get(state, committee)?.account
  assert(owner, 'authorize has found the committee')
  const isFalse = fitsSeed(state, complain)
  const kind = isFalse ? 'false-complaint' : 'bad-record'
  return { kind, object, epoch, culprit: isFalse ? account : owner, index: complain.class }
}

/** A bad record leaves the open segment; a set that was asked for stays as it is and is spoiled. */
function setAside(
  state: Writer,
  { id, fault }: { readonly id: Digest; readonly fault: Digest },
): void {
  const record = recordTable.get(state, id)
  assert(record, 'authorize has found the record')
  if (badRecordTable.get(state, id) !== undefined) return
  badRecordTable.put(state, fault, id)
  if (markTable.get(state, id)?.kind === 'void') return
  const { committee, tag, policy, period } = record
  const open = getBucket(state, { committee, bucket: { tag, policy, period } })
  const set = pinningSet(state, { id, record, open: open?.segment })
  if (set !== undefined) {
    spoilSet(state, { set, fault })
    return
  }
  dropRecord(state, { id, record })
  markTable.put(state, { kind: 'bad', fault }, id)
}

function authorize(
  state: Reader,
  complain: RepComplainRecord,
  context: TxContext,
): Refusal | undefined {
  const { account, index, committee, record } = complain
  const refusal = requireRole(state, { account, role: 'helper' }, context)
  if (refusal !== undefined) return refusal
  const found = findReplicated(state, complain)
  if (isRefusal(found)) return found
  const { deal } = found
  if (!holdsSeat(deal, { account, index })) return refuse('NOT_MEMBER')
  const sizes = { threshold: deal.threshold, seats: deal.servers.length }
  if (!classesOf(sizes, index).includes(complain.class)) return refuse('CLASS_NOT_HELD')
  const known = recordTable.get(state, record)
  if (known?.committee !== committee) return refuse('RECORD_UNKNOWN')
  // The shares of a reversal are the negatives of shares that can be complained about themselves.
  return known.reverses === null ? undefined : refuse('RECORD_REVERSAL')
}

/**
 * The seed opens the share of one class of one record to everybody, true complaint or false. Inside the window the owner pays and
 * the complainant is rewarded; later the owner pays what its bond still holds, and nobody is rewarded.
 */
export const repComplainRecord = defineTx({
  name: 'rep.complainRecord',
  tag: TAGS['rep.complainRecord'],
  summary: 'Opens the seed of one share; owner or complainant is at fault.',
  payload: repComplainRecordCodec,
  example: {
    account: sample('01'),
    committee: sample('02'),
    epoch: 1,
    index: 1,
    record: sample('03'),
    class: 1,
    seed: sample('04'),
    proof: sample('05', 64),
  },
  cost: judgedUnits,
  facts: ({ committee, epoch, record }) => [
    repDealTable.key(committee, epoch),
    sharesTable.key(record),
  ],
  verify,
  authorize,
  execute: (state, complain, context) => {
    const { record: id, account, committee } = complain
    const fault = faultOf(state, complain)
    if (isKnownFault(state, fault)) return refuse('FAULT_KNOWN')
    const shares = sharesTable.get(state, id)
    assert(shares, 'verify had the shares')
    const inTime = context.timeMs < shares.complaintsEndMs
    const isBad = fault.kind === 'bad-record'
    const rewarded = isBad && inTime ? account : null
    const faultId = recordFault(state, fault, { txId: context.txId, rewarded })
    if (isBad) setAside(state, { id, fault: faultId })
    const owner = committeeTable.get(state, committee)?.account ?? account
    const kind = isBad ? 'vault.record-bad' : 'vault.complaint-false'
    const concerned = [...new Set([owner, account])]
    return accept(...concerned.map((recipient) => ({ recipient, kind, reference: id })))
  },
})
