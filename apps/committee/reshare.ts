// dkg.reshare: opens an epoch in which the members hand the same keys to another committee or threshold.

import { accept, defineTx, isRefusal, type Refusal, type TxContext } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { sample } from '../../vm/example.ts'
import { SIGNERS_MAX } from '../../vm/limits.ts'
import type { Reader } from '../../vm/state.ts'
import type { AccountId, TimeMs } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { planUnits } from './costs.ts'
import { exampleSizes } from './examples.ts'
import type { Purpose } from './fields.ts'
import { type Reshare, reshareCodec } from './payloads.ts'
import { checkPlan, openEpoch } from './plans.ts'
import { requireEpoch, requireSigner } from './seats.ts'
import { keysetTable, phaseOf } from './state.ts'
import { TAGS } from './tags.ts'
import type { KeysetState } from './values.ts'

/** Who leaves must not foretell a beacon, nor read what a market asks later. */
const NEVER_RESHARED: ReadonlySet<Purpose> = new Set(['beacon', 'market'])

/** The keyset and its epoch in force, if no other one is under way. */
function findActive(
  state: Reader,
  { keyset, epoch }: Reshare,
  timeMs: TimeMs,
): { readonly found: KeysetState; readonly previous: number } | Refusal {
  const found = keysetTable.get(state, keyset)
  if (found === undefined) return refuse('KEYSET_UNKNOWN')
  const newest = requireEpoch(state, { keyset, epoch: found.epoch })
  const phase = phaseOf(newest.plan, newest.run, timeMs)
  const previous = phase === 'active' ? found.epoch : found.active
  if (previous === null) return refuse('KEYSET_INACTIVE')
  if (phase !== 'active' && phase !== 'aborted') return refuse('KEYSET_PENDING')
  return epoch === found.epoch + 1 ? { found, previous } : refuse('EPOCH_WRONG')
}

/** Members with duties: those who acknowledged. */
function activeMembers(
  state: Reader,
  place: { readonly keyset: Reshare['keyset']; readonly epoch: number },
): readonly AccountId[] {
  const { run } = requireEpoch(state, place)
  return run.acks.map((index) => {
    const member = run.seats[index - 1]
    assert(member !== undefined, 'a seat that acknowledged has a holder')
    return member
  })
}

/** So that nobody alone can keep others from resharing. No share is given to anybody by this: each member still deals, or does not. */
function mayOpen(
  state: Reader,
  { keyset }: Reshare,
  by: { readonly sponsor: AccountId; readonly previous: number; readonly context: TxContext },
): boolean {
  const { sponsor, previous, context } = by
  if (context.signers.includes(sponsor)) return true
  const members = activeMembers(state, { keyset, epoch: previous })
  const signing = members.filter((member) => context.signers.includes(member)).length
  const { threshold } = requireEpoch(state, { keyset, epoch: previous }).plan
  return signing >= Math.min(threshold, SIGNERS_MAX)
}

export const reshare = defineTx<Reshare>({
  name: 'dkg.reshare',
  tag: TAGS['dkg.reshare'],
  summary: 'Opens the handing over of a keyset to other members or another threshold.',
  payload: reshareCodec,
  example: { account: sample('01'), keyset: sample('02'), epoch: 2, ...exampleSizes },
  cost: ({ members }) => planUnits(members.length),
  authorize: (state, payload, context) => {
    const refusal = requireSigner(payload.account, context)
    if (refusal !== undefined) return refusal
    const active = findActive(state, payload, context.timeMs)
    if (isRefusal(active)) return active
    const { found, previous } = active
    const { purposes } = requireEpoch(state, { keyset: payload.keyset, epoch: previous }).plan
    if (purposes.some((purpose) => NEVER_RESHARED.has(purpose))) return refuse('RESHARE_PURPOSE')
    if (!mayOpen(state, payload, { sponsor: found.sponsor, previous, context }))
      return refuse('RESHARE_RIGHT')
    return checkPlan(state, payload.keyset, { ...payload, purposes })
  },
  execute: (state, payload, { timeMs, txId }) => {
    const active = findActive(state, payload, timeMs)
    if (isRefusal(active)) return active
    const { found, previous } = active
    const { keyset, epoch } = payload
    const old = requireEpoch(state, { keyset, epoch: previous }).plan
    keysetTable.put(state, { ...found, epoch, active: previous }, keyset)
    const { purposes, bond, threshold } = old
    const terms = { ...payload, previous, purposes, bond, dealings: threshold }
    const events = openEpoch(state, { keyset, epoch, timeMs, txId }, terms)
    const dealers = activeMembers(state, { keyset, epoch: previous })
    const invited = { kind: 'committee.reshared', reference: keyset }
    return accept(...events, ...dealers.map((recipient) => ({ ...invited, recipient })))
  },
})
