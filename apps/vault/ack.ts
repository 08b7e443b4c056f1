// vault.ack: a server has found its share in order and is liable from now on.
import { accept, defineTx } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { extendLock } from '../bank/money.ts'
import { refuse } from './codes.ts'
import { findCommittee, holdsSeat, isRefusal, requireRole } from './committee.ts'
import { proofUnits } from './costs.ts'
import { sample } from './examples.ts'
import { keysHash } from './ids.ts'
import { requireParameters } from './parameters.ts'
import { ackCodec } from './payloads.ts'
import { committeeTable } from './state.ts'
import { TAGS } from './tags.ts'

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
    const { account, index, committee: id, epoch } = payload
    const refusal = requireRole(state, { account, role: 'helper' }, context)
    if (refusal !== undefined) return refusal
    const found = findCommittee(state, payload)
    if (isRefusal(found)) return found
    const { committee, deal } = found
    if (committee.fault !== null) return refuse('COMMITTEE_ABORTED')
    if (!holdsSeat(deal, { account, index })) return refuse('NOT_MEMBER')
    if (context.timeMs < committee.complaintsEndMs) return refuse('COMPLAINTS_OPEN')
    if (context.timeMs >= committee.acksEndMs) return refuse('ACKS_CLOSED')
    if (committee.acks.includes(index)) return refuse('ACK_EXISTS')
    const [key] = deal.commitments
    assert(key !== undefined, 'a deal has commitments')
    const { serverKeys } = deal
    const same = payload.keysHash === keysHash({ committee: id, epoch, key, serverKeys })
    return same ? undefined : refuse('KEYS_DIFFER')
  },
  execute: (state, payload) => {
    const found = findCommittee(state, payload)
    if (isRefusal(found)) return found
    const { committee } = found
    const { account, index, committee: id } = payload
    committeeTable.put(state, { ...committee, acks: [...committee.acks, index] }, id)
    const { currency } = requireParameters(state)
    // A server without a bond, where the genesis allows that, has nothing to lock.
    extendLock(state, { owner: account, currency, untilMs: committee.acksEndMs })
    const acknowledged = { kind: 'vault.acknowledged', reference: account }
    return accept(
      { ...acknowledged, recipient: committee.account },
      { ...acknowledged, recipient: id },
    )
  },
})
