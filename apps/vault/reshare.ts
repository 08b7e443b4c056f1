// vault.reshare: the hospital that dealt a key deals the same key again, to other servers or with another threshold.

import { accept, defineTx, isRefusal, type Refusal, type TxContext } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { equal } from '../../vm/bytes.ts'
import { sample } from '../../vm/example.ts'
import type { Reader } from '../../vm/state.ts'
import type { Digest } from '../../vm/types.ts'
import { bondOf } from '../bank/state.ts'
import { refuse } from './codes.ts'
import { committeeStatus, epochInForce, requireRole } from './committee.ts'
import { dealUnits } from './costs.ts'
import { checkMembers, offerKeys, openDeal } from './deals.ts'
import { hasFittingSizes, keepDealtKey, verifyDealtKey } from './dealt-key.ts'
import { exampleDealtKey } from './examples.ts'
import { requireParameters } from './parameters.ts'
import { type Reshare, reshareCodec } from './payloads.ts'
import { committeeTable, dealTable, keysetTable, pastTable, publicKeyTable } from './state.ts'
import { blank, contentSession } from './statements.ts'
import { TAGS } from './tags.ts'
import type { CommitteeState } from './values.ts'

export function reshareSession(
  chainId: Digest,
  reshare: Reshare,
  slot: 'boxes' | 'secret',
): Uint8Array {
  const { account, committee: object, epoch } = reshare
  return contentSession(
    { chainId, type: 'vault.reshare', slot, account, object, epoch },
    reshareCodec,
    { ...reshare, boxProof: blank(64), secretProof: blank(64) },
  )
}

/** The committee and its epoch in force, if its key was dealt and no other deal is under way. */
function findDealt(
  state: Reader,
  { committee: id }: Pick<Reshare, 'committee'>,
  timeMs: number,
): { readonly committee: CommitteeState; readonly previous: number } | Refusal {
  const committee = committeeTable.get(state, id)
  const deal = committee && dealTable.get(state, id, committee.epoch)
  if (!committee || !deal || keysetTable.get(state, id)) return refuse('COMMITTEE_UNKNOWN')
  if (committeeStatus(committee, deal.servers.length, timeMs) === 'pending')
    return refuse('RESHARE_PENDING')
  const previous = epochInForce(state, id, timeMs)
  return previous === undefined ? refuse('COMMITTEE_INACTIVE') : { committee, previous }
}

function authorize(state: Reader, reshare: Reshare, context: TxContext): Refusal | undefined {
  const { account, committee: id, epoch, commitments, bond } = reshare
  const refusal = requireRole(state, { account, role: 'hospital' }, context)
  if (refusal !== undefined) return refusal
  if (!hasFittingSizes(reshare)) return refuse('COMMITTEE_SIZE')
  const found = findDealt(state, reshare, context.timeMs)
  if (isRefusal(found)) return found
  if (found.committee.account !== account) return refuse('NOT_DEALER')
  if (epoch !== found.committee.epoch + 1) return refuse('EPOCH_WRONG')
  const key = publicKeyTable.get(state, id)
  const [constant] = commitments
  assert(key && constant, 'a dealt committee has a key, a deal commitments')
  if (!equal(key, constant)) return refuse('SECRET_DIFFERS')
  const { currency, dealerBondMin } = requireParameters(state)
  if (bondOf(state, account, currency).amount + bond < dealerBondMin)
    return refuse('BOND_TOO_SMALL')
  return checkMembers(state, reshare, reshare)
}

/**
 * Complaints and acknowledgements are those of a first deal. Until the acknowledgement window is over, and if too few acknowledge or
 * somebody complains, the committee of before is in force, and it answers what it was asked whatever becomes of this.
 */
export const reshare = defineTx<Reshare>({
  name: 'vault.reshare',
  tag: TAGS['vault.reshare'],
  summary: 'Deals the key of a committee again, for the next epoch.',
  payload: reshareCodec,
  example: {
    account: sample('01'),
    committee: sample('02'),
    epoch: 2,
    ...exampleDealtKey,
    bond: '0',
  },
  cost: ({ servers }) => dealUnits(servers.length),
  facts: (payload) => offerKeys(payload, payload),
  verify: (input) => {
    const { chainId, payload } = input
    return verifyDealtKey(payload, input, (slot) => reshareSession(chainId, payload, slot))
  },
  authorize,
  execute: (state, payload, { timeMs, txId }) => {
    const { committee: id, epoch, servers } = payload
    const found = findDealt(state, payload, timeMs)
    if (isRefusal(found)) return found
    const { committee, previous } = found
    const { currency } = committee
    const opened = openDeal(
      state,
      { ...payload, currency, previous },
      { committee: id, epoch, timeMs },
    )
    if (isRefusal(opened)) return opened
    pastTable.put(state, committee, id, committee.epoch)
    keepDealtKey(state, payload, { committee: id, epoch, opened, txId })
    const dealt = { kind: 'vault.dealt', reference: id }
    return accept(...servers.map((server) => ({ ...dealt, recipient: server })))
  },
})
