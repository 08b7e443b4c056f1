// server.offer: a server publishes a fresh key for the box that will bring its share of one committee's key.

import { accept, defineTx } from '../../vm/app.ts'
import { toHex } from '../../vm/bytes.ts'
import { decodeKey, verifyKey } from '../../vm/crypto/keys.ts'
import { sample } from '../../vm/example.ts'
import type { Digest } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { requireRole } from './committee.ts'
import { proofUnits } from './costs.ts'
import { type ServerOffer, serverOfferCodec } from './payloads.ts'
import { committeeTable, offerTable, onceTable, serverTable } from './state.ts'
import { blank, contentSession } from './statements.ts'
import { TAGS } from './tags.ts'

export function offerSession(chainId: Digest, offer: ServerOffer): Uint8Array {
  const { account, committee: object, epoch } = offer
  return contentSession(
    { chainId, type: 'server.offer', slot: 'box-key', account, object, epoch },
    serverOfferCodec,
    { ...offer, proof: blank(64) },
  )
}

/** The committee need not exist: the hospital tells its servers the id beforehand. */
export const serverOffer = defineTx({
  name: 'server.offer',
  tag: TAGS['server.offer'],
  summary: 'Offers a one-time box key for the deal of one committee and epoch.',
  payload: serverOfferCodec,
  example: {
    account: sample('01'),
    committee: sample('02'),
    epoch: 1,
    boxKey: sample('03'),
    proof: sample('04', 64),
  },
  cost: () => proofUnits(2),
  verify: ({ chainId, payload, crypto: { group } }) => {
    const key = decodeKey(group, payload.boxKey)
    if (key === undefined) return refuse('POINT_INVALID')
    const claim = { session: offerSession(chainId, payload), key }
    return verifyKey(group, claim, payload.proof) ? { ok: true } : refuse('PROOF_BOX_KEY')
  },
  authorize: (state, { account, committee, epoch, boxKey }, context) => {
    const refusal = requireRole(state, { account, role: 'helper' }, context)
    if (refusal !== undefined) return refusal
    const server = serverTable.get(state, account)
    if (server === undefined) return refuse('SERVER_UNKNOWN')
    if (server.leavesMs !== null) return refuse('SERVER_LEAVING')
    const dealt = committeeTable.get(state, committee)
    if (dealt !== undefined && dealt.epoch >= epoch) return refuse('EPOCH_WRONG')
    if (offerTable.get(state, account, committee, epoch) !== undefined)
      return refuse('OFFER_EXISTS')
    return onceTable.get(state, toHex(boxKey)) === undefined ? undefined : refuse('KEY_USED')
  },
  execute: (state, { account, committee, epoch, boxKey }) => {
    offerTable.put(state, { boxKey }, account, committee, epoch)
    onceTable.put(state, committee, toHex(boxKey))
    return accept({ recipient: committee, kind: 'vault.offered', reference: account })
  },
})
