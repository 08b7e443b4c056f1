// rep.ack: a server has found the keys of its classes in order and is liable from now on.

import { defineTx, isRefusal } from '../../../vm/app.ts'
import { sample } from '../../../vm/example.ts'
import { checkAck, writeAck } from '../ack.ts'
import { refuse } from '../codes.ts'
import { findReplicated, requireRole } from '../committee.ts'
import { proofUnits } from '../costs.ts'
import { classKeysHash } from '../ids.ts'
import { ackCodec } from '../payloads.ts'
import { TAGS } from '../tags.ts'

export const repAck = defineTx({
  name: 'rep.ack',
  tag: TAGS['rep.ack'],
  summary: 'Acknowledges the keys of the classes of one seat after the complaint window.',
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
    const { account, committee, epoch } = payload
    const refusal = requireRole(state, { account, role: 'helper' }, context)
    if (refusal !== undefined) return refusal
    const found = findReplicated(state, payload)
    if (isRefusal(found)) return found
    const wrong = checkAck(found, payload, context.timeMs)
    if (wrong !== undefined) return wrong
    const { classKeys } = found.deal
    const same = payload.keysHash === classKeysHash({ committee, epoch, classKeys })
    return same ? undefined : refuse('KEYS_DIFFER')
  },
  execute: writeAck,
})
