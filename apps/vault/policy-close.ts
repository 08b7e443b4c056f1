// policy.close: after the time for settling anybody may send what is left in a policy's escrow back to the insurer.

import { accept, defineTx } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { sample } from '../../vm/example.ts'
import { getEscrow } from '../bank/state.ts'
import { refuse } from './codes.ts'
import { requireSigner } from './committee.ts'
import { proofUnits } from './costs.ts'
import { refundFee } from './fees.ts'
import { policyCloseCodec } from './patient-payloads.ts'
import { accumulatorTable, policyTable } from './state.ts'
import { TAGS } from './tags.ts'

/** The patient is told: what was not settled until then is between patient and insurer. */
export const policyClose = defineTx({
  name: 'policy.close',
  tag: TAGS['policy.close'],
  summary: 'Returns the escrow of a policy whose time for settling is over.',
  payload: policyCloseCodec,
  example: { account: sample('01'), policy: sample('02') },
  cost: () => proofUnits(0),
  authorize: (state, { account, policy: id }, context) => {
    const refusal = requireSigner(account, context)
    if (refusal !== undefined) return refusal
    const accumulated = accumulatorTable.get(state, id)
    const terms = accumulated && policyTable.get(state, id, accumulated.version)
    if (terms === undefined) return refuse('POLICY_UNKNOWN')
    if (context.timeMs < terms.settleByMs) return refuse('POLICY_OPEN')
    return getEscrow(state, id) === undefined ? refuse('POLICY_CLOSED') : undefined
  },
  execute: (state, { policy: id }) => {
    const accumulated = accumulatorTable.get(state, id)
    const terms = accumulated && policyTable.get(state, id, accumulated.version)
    assert(terms, 'authorize has found the policy')
    refundFee(state, id)
    const closed = { kind: 'vault.policy-closed', reference: id }
    const concerned = [...new Set([terms.insurer, terms.patient])]
    return accept(...concerned.map((recipient) => ({ ...closed, recipient })))
  },
})
