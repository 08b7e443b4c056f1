// vault.init: a hospital deals the key of a new committee; the polynomial stays with it, the shares travel in boxes.

import { accept, defineTx, isRefusal } from '../../vm/app.ts'
import { sample } from '../../vm/example.ts'
import type { Digest } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { requireRole } from './committee.ts'
import { dealUnits } from './costs.ts'
import { authorizeDeal, firstPlace, offerKeys, openDeal } from './deals.ts'
import { hasFittingSizes, keepDealtKey, verifyDealtKey } from './dealt-key.ts'
import { exampleDealtKey } from './examples.ts'
import { committeeId, FIRST_EPOCH } from './ids.ts'
import { type Init, initCodec } from './payloads.ts'
import { publicKeyTable } from './state.ts'
import { blank, contentSession } from './statements.ts'
import { TAGS } from './tags.ts'

export function initSession(chainId: Digest, init: Init, slot: 'boxes' | 'secret'): Uint8Array {
  const { account } = init
  return contentSession(
    { chainId, type: 'vault.init', slot, account, object: committeeId(init), epoch: FIRST_EPOCH },
    initCodec,
    { ...init, boxProof: blank(64), secretProof: blank(64) },
  )
}

export const init = defineTx<Init>({
  name: 'vault.init',
  tag: TAGS['vault.init'],
  summary: 'Deals the key of a new committee of servers.',
  payload: initCodec,
  example: {
    account: sample('01'),
    nonce: sample('02', 16),
    ...exampleDealtKey,
    currency: 'USD',
    bond: '0',
  },
  cost: ({ servers }) => dealUnits(servers.length),
  facts: (payload) => offerKeys(payload, firstPlace(payload)),
  verify: (input) => {
    const { chainId, payload } = input
    return verifyDealtKey(payload, input, (slot) => initSession(chainId, payload, slot))
  },
  authorize: (state, payload, context) => {
    const { account } = payload
    const refusal = requireRole(state, { account, role: 'hospital' }, context)
    if (refusal !== undefined) return refusal
    return hasFittingSizes(payload) ? authorizeDeal(state, payload) : refuse('COMMITTEE_SIZE')
  },
  execute: (state, payload, { timeMs, txId }) => {
    const place = firstPlace(payload)
    const opened = openDeal(state, { ...payload, previous: null }, { ...place, timeMs })
    if (isRefusal(opened)) return opened
    keepDealtKey(state, payload, { ...place, opened, txId })
    const { committee } = place
    publicKeyTable.put(state, payload.commitments[0] ?? blank(32), committee)
    const dealt = { kind: 'vault.dealt', reference: committee }
    return accept(...payload.servers.map((server) => ({ ...dealt, recipient: server })))
  },
})
