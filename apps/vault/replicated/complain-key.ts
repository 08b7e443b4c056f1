// rep.complainKey: a server opens the box of a class to everybody; whoever is at fault is recorded, and the deal is over either way.

import { defineTx, isRefusal, type VerifyInput } from '../../../vm/app.ts'
import { assert } from '../../../vm/assert.ts'
import { decode } from '../../../vm/codec.ts'
import { openBoxWith, verifyOpening } from '../../../vm/crypto/box.ts'
import { executionGroup } from '../../../vm/crypto/execution-group.ts'
import { decodeKey } from '../../../vm/crypto/keys.ts'
import { sample } from '../../../vm/example.ts'
import type { Digest } from '../../../vm/types.ts'
import { refuse } from '../codes.ts'
import { findReplicated, holdsSeat, requireRole } from '../committee.ts'
import { abortDeal } from '../complain.ts'
import { judgedUnits } from '../costs.ts'
import { boxHash } from '../deals.ts'
import { repDealTable } from '../state.ts'
import { blank, contentSession } from '../statements.ts'
import { TAGS } from '../tags.ts'
import { boxPlace } from './classes.ts'
import { type RepComplainKey, repComplainKeyCodec } from './payloads.ts'
import { keyBoxContext } from './statements.ts'
import type { RepDealState } from './values.ts'

export function complainKeySession(chainId: Digest, complain: RepComplainKey): Uint8Array {
  const { account, committee: object, epoch } = complain
  return contentSession(
    { chainId, type: 'rep.complainKey', slot: 'opening', account, object, epoch },
    repComplainKeyCodec,
    { ...complain, proof: blank(64) },
  )
}

function verify({ chainId, payload, facts, crypto: { group } }: VerifyInput<RepComplainKey>) {
  const [fact] = facts
  assert(fact !== undefined, 'one fact')
  const deal = decode(repDealTable.value, fact)
  const E = decodeKey(group, deal.boxPoint)
  const recipient = decodeKey(group, deal.boxKeys[payload.index - 1] ?? blank(32))
  const Z = decodeKey(group, payload.opening)
  if (!E || !recipient || !Z) return refuse('POINT_INVALID')
  const place = { E, recipient, session: complainKeySession(chainId, payload) }
  return verifyOpening(group, place, { Z, proof: payload.proof })
    ? ({ ok: true } as const)
    : refuse('PROOF_OPENING')
}

function placeOf(deal: RepDealState, complain: RepComplainKey): number {
  const { threshold, servers } = deal
  const { index, class: holdingClass } = complain
  return boxPlace({ threshold, seats: servers.length }, { holdingClass, index })
}

/** Whether the opened box holds the key that the deal promises for the class. */
function holdsKey(deal: RepDealState, complain: RepComplainKey): boolean {
  const group = executionGroup()
  const E = decodeKey(group, deal.boxPoint)
  const recipient = decodeKey(group, deal.boxKeys[complain.index - 1] ?? blank(32))
  const classKey = decodeKey(group, deal.classKeys[complain.class - 1] ?? blank(32))
  const shared = decodeKey(group, complain.opening)
  assert(E && recipient && classKey && shared, 'verify has decoded the points')
  const place = { E, recipient, context: keyBoxContext(complain) }
  const message = openBoxWith(group, place, { shared, box: complain.box })
  const key = message === undefined ? undefined : group.decodeScalar(message)
  return key !== undefined && group.equal(group.multiplyBase(key), classKey)
}

/** Only before activation: keys that were opened, by a true or a false complaint, are never used. */
export const repComplainKey = defineTx({
  name: 'rep.complainKey',
  tag: TAGS['rep.complainKey'],
  summary: 'Opens the box of one class; owner or complainant is at fault, the deal is aborted.',
  payload: repComplainKeyCodec,
  example: {
    account: sample('01'),
    committee: sample('02'),
    epoch: 1,
    index: 1,
    class: 1,
    box: sample('03', 48),
    opening: sample('04'),
    proof: sample('05', 64),
  },
  cost: judgedUnits,
  facts: ({ committee, epoch }) => [repDealTable.key(committee, epoch)],
  verify,
  authorize: (state, payload, context) => {
    const { account, index, box } = payload
    const refusal = requireRole(state, { account, role: 'helper' }, context)
    if (refusal !== undefined) return refusal
    const found = findReplicated(state, payload)
    if (isRefusal(found)) return found
    const { committee, deal } = found
    if (committee.fault !== null) return refuse('COMMITTEE_ABORTED')
    if (!holdsSeat(deal, { account, index })) return refuse('NOT_MEMBER')
    const place = placeOf(deal, payload)
    if (place < 0) return refuse('CLASS_NOT_HELD')
    if (context.timeMs >= committee.complaintsEndMs) return refuse('COMPLAINTS_CLOSED')
    return deal.boxHashes[place] === boxHash(box) ? undefined : refuse('BOX_DIFFERS')
  },
  execute: (state, payload, { txId }) => {
    const found = findReplicated(state, payload)
    if (isRefusal(found)) return found
    const { committee, deal } = found
    const { account, epoch, committee: object } = payload
    const isFalse = holdsKey(deal, payload)
    const kind = isFalse ? 'false-complaint' : 'bad-share'
    const culprit = isFalse ? account : committee.account
    const fault = { kind, object, epoch, culprit, index: payload.class } as const
    return abortDeal(state, deal, { fault, complainant: account, txId })
  },
})
