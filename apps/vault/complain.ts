// vault.complain: a server opens its box to everybody; whoever is at fault is recorded, and the deal is over either way.

import { type Accepted, accept, defineTx, isRefusal, type VerifyInput } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { decode } from '../../vm/codec.ts'
import { openBoxWith, verifyOpening } from '../../vm/crypto/box.ts'
import { executionGroup } from '../../vm/crypto/execution-group.ts'
import { decodeKey } from '../../vm/crypto/keys.ts'
import { sample } from '../../vm/example.ts'
import type { Writer } from '../../vm/state.ts'
import type { AccountId, Digest } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { findCommittee, holdsSeat, requireRole } from './committee.ts'
import { proofUnits } from './costs.ts'
import { boxHash } from './deals.ts'
import { recordFault } from './faults.ts'
import type { Fault } from './ids.ts'
import { type Complain, complainCodec } from './payloads.ts'
import { committeeTable, dealTable } from './state.ts'
import { blank, contentSession, dealBoxContext } from './statements.ts'
import { TAGS } from './tags.ts'
import type { DealState } from './values.ts'

export function complainSession(chainId: Digest, complain: Complain): Uint8Array {
  const { account, committee: object, epoch } = complain
  return contentSession(
    { chainId, type: 'vault.complain', slot: 'opening', account, object, epoch },
    complainCodec,
    { ...complain, proof: blank(64) },
  )
}

function verify({ chainId, payload, facts, crypto: { group } }: VerifyInput<Complain>) {
  const [fact] = facts
  assert(fact !== undefined, 'one fact')
  const deal = decode(dealTable.value, fact)
  const E = decodeKey(group, deal.boxPoint)
  const recipient = decodeKey(group, deal.boxKeys[payload.index - 1] ?? blank(32))
  const Z = decodeKey(group, payload.opening)
  if (!E || !recipient || !Z) return refuse('POINT_INVALID')
  const place = { E, recipient, session: complainSession(chainId, payload) }
  return verifyOpening(group, place, { Z, proof: payload.proof })
    ? ({ ok: true } as const)
    : refuse('PROOF_OPENING')
}

/** Whether the opened box holds the share that the public key of the seat promises. */
function holdsShare(deal: DealState, complain: Complain): boolean {
  const { index, box } = complain
  const group = executionGroup()
  const E = decodeKey(group, deal.boxPoint)
  const recipient = decodeKey(group, deal.boxKeys[index - 1] ?? blank(32))
  const serverKey = decodeKey(group, deal.serverKeys[index - 1] ?? blank(32))
  const shared = decodeKey(group, complain.opening)
  assert(E && recipient && serverKey && shared, 'verify has decoded the points')
  const place = { E, recipient, context: dealBoxContext(complain) }
  const message = openBoxWith(group, place, { shared, box })
  const share = message === undefined ? undefined : group.decodeScalar(message)
  return share !== undefined && group.equal(group.multiplyBase(share), serverKey)
}

type Aborting = {
  readonly fault: Fault
  readonly complainant: AccountId
  readonly txId: Digest
}

/** The deal is over, whoever is at fault: a share that was opened is never used. */
export function abortDeal(
  state: Writer,
  { servers }: Pick<DealState, 'servers'>,
  { fault, complainant, txId }: Aborting,
): Accepted {
  const committee = committeeTable.get(state, fault.object)
  assert(committee !== undefined, 'authorize has found the committee')
  const rewarded = fault.kind === 'false-complaint' ? null : complainant
  const id = recordFault(state, fault, { txId, rewarded })
  committeeTable.put(state, { ...committee, fault: id }, fault.object)
  const aborted = { kind: 'vault.aborted', reference: fault.object }
  const concerned = [committee.account, ...servers]
  return accept(...concerned.map((recipient) => ({ ...aborted, recipient })))
}

/**
 * Only before activation: a share that was opened, by a true or a false complaint, is never used. Judging needs one decryption and
 * one multiplication of the base, so it happens in execution.
 */
export const complain = defineTx({
  name: 'vault.complain',
  tag: TAGS['vault.complain'],
  summary: 'Opens the box of one seat; dealer or complainant is at fault, the deal is aborted.',
  payload: complainCodec,
  example: {
    account: sample('01'),
    committee: sample('02'),
    epoch: 1,
    index: 1,
    box: sample('03', 48),
    opening: sample('04'),
    proof: sample('05', 64),
  },
  cost: () => proofUnits(18),
  facts: ({ committee, epoch }) => [dealTable.key(committee, epoch)],
  verify,
  authorize: (state, payload, context) => {
    const { account, index, box } = payload
    const refusal = requireRole(state, { account, role: 'helper' }, context)
    if (refusal !== undefined) return refusal
    const found = findCommittee(state, payload)
    if (isRefusal(found)) return found
    const { committee, deal } = found
    if (committee.fault !== null) return refuse('COMMITTEE_ABORTED')
    if (!holdsSeat(deal, { account, index })) return refuse('NOT_MEMBER')
    if (context.timeMs >= committee.complaintsEndMs) return refuse('COMPLAINTS_CLOSED')
    return deal.boxHashes[index - 1] === boxHash(box) ? undefined : refuse('BOX_DIFFERS')
  },
  execute: (state, payload, { txId }) => {
    const found = findCommittee(state, payload)
    if (isRefusal(found)) return found
    const { committee, deal } = found
    const { index, epoch, committee: object } = payload
    const refuted = holdsShare(deal, payload)
    const kind = refuted ? ('false-complaint' as const) : ('bad-share' as const)
    const culprit = refuted ? payload.account : committee.account
    const fault = { kind, object, epoch, culprit, index }
    return abortDeal(state, deal, { fault, complainant: payload.account, txId })
  },
})
