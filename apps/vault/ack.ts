// vault.ack: a server has found its share in order and is liable from now on.

import { accept, defineTx, isRefusal, type Outcome, type Refusal } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { sample } from '../../vm/example.ts'
import type { Writer } from '../../vm/state.ts'
import type { TimeMs } from '../../vm/types.ts'
import { extendLock } from '../bank/money.ts'
import { refuse } from './codes.ts'
import { findCommittee, holdsSeat, requireRole } from './committee.ts'
import { proofUnits } from './costs.ts'
import { keysHash } from './ids.ts'
import { requireParameters } from './parameters.ts'
import { type Ack, ackCodec } from './payloads.ts'
import { committeeTable } from './state.ts'
import { TAGS } from './tags.ts'
import type { CommitteeState, Seats } from './values.ts'

/** Seat and windows of an acknowledgement; whether the acknowledged keys are those of the deal is asked by its type. */
export function checkAck(
  { committee, deal }: { readonly committee: CommitteeState; readonly deal: Seats },
  { account, index }: Pick<Ack, 'account' | 'index'>,
  timeMs: TimeMs,
): Refusal | undefined {
  if (committee.fault !== null) return refuse('COMMITTEE_ABORTED')
  if (!holdsSeat(deal, { account, index })) return refuse('NOT_MEMBER')
  if (timeMs < committee.complaintsEndMs) return refuse('COMPLAINTS_OPEN')
  if (timeMs >= committee.acksEndMs) return refuse('ACKS_CLOSED')
  return committee.acks.includes(index) ? refuse('ACK_EXISTS') : undefined
}

/** The server is liable from now on. */
export function writeAck(state: Writer, payload: Ack): Outcome {
  const { account, index, committee: id } = payload
  const committee = committeeTable.get(state, id)
  if (committee === undefined) return refuse('COMMITTEE_UNKNOWN')
  committeeTable.put(state, { ...committee, acks: [...committee.acks, index] }, id)
  const { currency } = requireParameters(state)
  // A server without a bond, where the genesis allows that, has nothing to lock.
  extendLock(state, { owner: account, currency, untilMs: committee.acksEndMs })
  const acknowledged = { kind: 'vault.acknowledged', reference: account }
  return accept(
    { ...acknowledged, recipient: committee.account },
    { ...acknowledged, recipient: id },
  )
}

export const ack = defineTx({
  name: 'vault.ack',
  tag: TAGS['vault.ack'],
  summary: 'Acknowledges the share of one seat after the complaint window.',
  payload: ackCodec,
  example: {
    account: sample('01'),
    committee: sample('02'),
    epoch: 1,
    index: 1,
    keysHash: sample('03'),
  },
  cost: () => proofUnits(0),
  authorize: (state, payload, context) => {
    const { account, committee: id, epoch } = payload
    const refusal = requireRole(state, { account, role: 'helper' }, context)
    if (refusal !== undefined) return refusal
    const found = findCommittee(state, payload)
    if (isRefusal(found)) return found
    const wrong = checkAck(found, payload, context.timeMs)
    if (wrong !== undefined) return wrong
    const [key] = found.deal.commitments
    assert(key !== undefined, 'a deal has commitments')
    const { serverKeys } = found.deal
    const same = payload.keysHash === keysHash({ committee: id, epoch, key, serverKeys })
    return same ? undefined : refuse('KEYS_DIFFER')
  },
  execute: writeAck,
})
