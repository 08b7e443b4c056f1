// dkg.offer: a member takes its seat with a fresh key for the boxes that will bring its shares.

import { accept, defineTx, isRefusal } from '../../vm/app.ts'
import { toHex } from '../../vm/bytes.ts'
import { decodeKey, verifyKey } from '../../vm/crypto/keys.ts'
import { sample } from '../../vm/example.ts'
import { hasBond, lockUntil } from './bonds.ts'
import { refuse } from './codes.ts'
import { proofUnits } from './costs.ts'
import { type Offer, offerCodec } from './payloads.ts'
import { afterOffers } from './plans.ts'
import { findActing, requireEpoch } from './seats.ts'
import { offerTable, onceTable, progressTable } from './state.ts'
import { offerSession } from './statements.ts'
import { TAGS } from './tags.ts'

/** Seats are numbered in ledger order, never chosen: the share of index 0 would be the key itself. */
export const offer = defineTx<Offer>({
  name: 'dkg.offer',
  tag: TAGS['dkg.offer'],
  summary: 'Takes a seat in an epoch with a one-time box key.',
  payload: offerCodec,
  example: {
    account: sample('11'),
    keyset: sample('02'),
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
  authorize: (state, payload, context) => {
    const found = findActing(state, payload, context)
    if (isRefusal(found)) return found
    const { plan, run, phase } = found
    const { account, boxKey } = payload
    if (!plan.members.includes(account)) return refuse('NOT_MEMBER')
    if (run.seats.includes(account)) return refuse('OFFER_EXISTS')
    if (phase !== 'offers') return refuse('OFFERS_CLOSED')
    if (!hasBond(state, account, plan.bond)) return refuse('BOND_TOO_SMALL')
    return onceTable.get(state, toHex(boxKey)) === undefined ? undefined : refuse('KEY_USED')
  },
  execute: (state, payload, { timeMs }) => {
    const { account, keyset, epoch, boxKey } = payload
    const { plan, run } = requireEpoch(state, payload)
    const seats = [...run.seats, account]
    const isLast = seats.length === plan.members.length
    const ends = isLast ? afterOffers(plan.windows, timeMs) : {}
    progressTable.put(state, { ...run, ...ends, seats }, keyset, epoch)
    offerTable.put(state, { boxKey }, keyset, epoch, account)
    lockUntil(state, { owner: account, plan, untilMs: run.acksEndMs })
    onceTable.put(state, keyset, toHex(boxKey))
    return accept({ recipient: keyset, kind: 'committee.offered', reference: account })
  },
})
