// dkg.start: names who is to make the keys of a keyset, one for each purpose, and begins the first window.

import { accept, defineTx, type Refusal } from '../../vm/app.ts'
import { sample } from '../../vm/example.ts'
import type { Reader } from '../../vm/state.ts'
import type { Digest, TimeMs } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { planUnits } from './costs.ts'
import { exampleSizes } from './examples.ts'
import { keysetId } from './ids.ts'
import { type Start, startCodec } from './payloads.ts'
import { checkPlan, openEpoch } from './plans.ts'
import { requireEpoch, requireSigner } from './seats.ts'
import { keysetTable, phaseOf } from './state.ts'
import { TAGS } from './tags.ts'

/** A keyset without keys may be tried again; one with keys never gets others under the same id. */
function checkEpoch(
  state: Reader,
  { keyset, epoch }: { readonly keyset: Digest; readonly epoch: number },
  timeMs: TimeMs,
): Refusal | undefined {
  const found = keysetTable.get(state, keyset)
  if (found === undefined) return epoch === 1 ? undefined : refuse('EPOCH_WRONG')
  const { plan, run } = requireEpoch(state, { keyset, epoch: found.epoch })
  const phase = phaseOf(plan, run, timeMs)
  if (found.active !== null || phase === 'active') return refuse('KEYSET_ACTIVE')
  if (phase !== 'aborted') return refuse('KEYSET_PENDING')
  return epoch === found.epoch + 1 ? undefined : refuse('EPOCH_WRONG')
}

/** Anybody may start one: it costs its members nothing, and none takes part that does not want to. */
export const start = defineTx<Start>({
  name: 'dkg.start',
  tag: TAGS['dkg.start'],
  summary:
    'Names the members who are to make new keys together, and opens the window of the offers.',
  payload: startCodec,
  example: {
    account: sample('01'),
    nonce: sample('02', 16),
    epoch: 1,
    purposes: ['vault'],
    bond: { currency: 'USD', amount: '100000' },
    ...exampleSizes,
  },
  cost: ({ members }) => planUnits(members.length),
  authorize: (state, payload, context) => {
    const { account, epoch, purposes } = payload
    const refusal = requireSigner(account, context)
    if (refusal !== undefined) return refusal
    if (new Set(purposes).size < purposes.length) return refuse('PURPOSES')
    const keyset = keysetId(payload)
    return checkEpoch(state, { keyset, epoch }, context.timeMs) ?? checkPlan(state, keyset, payload)
  },
  execute: (state, payload, { timeMs, txId }) => {
    const keyset = keysetId(payload)
    const { account, epoch, minimum } = payload
    const terms = { ...payload, previous: null, dealings: minimum }
    keysetTable.put(state, { sponsor: account, epoch, active: null }, keyset)
    return accept(...openEpoch(state, { keyset, epoch, timeMs, txId }, terms))
  },
})
