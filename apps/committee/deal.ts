// dkg.deal: a dealer shares a secret of its own, or in a resharing its old share, with all seats.

import { accept, defineTx, isRefusal, type Refusal, type VerifyInput } from '../../vm/app.ts'
import { equal } from '../../vm/bytes.ts'
import { decode } from '../../vm/codec.ts'
import { BOX_OVERHEAD, verifyEphemeral } from '../../vm/crypto/box.ts'
import { decodeKey, decodeKeys, verifyKey } from '../../vm/crypto/keys.ts'
import type { Reader } from '../../vm/state.ts'
import { lockUntil } from './bonds.ts'
import { refuse } from './codes.ts'
import { dealUnits } from './costs.ts'
import { exampleDeal } from './examples.ts'
import { boxHash } from './ids.ts'
import { type Deal, dealCodec } from './payloads.ts'
import { afterDeals } from './plans.ts'
import { findActing, holdsSeat, requireEpoch } from './seats.ts'
import { committeeTable, dealingTable, offerTable, progressTable } from './state.ts'
import { dealSession } from './statements.ts'
import { TAGS } from './tags.ts'
import type { PlanState, ProgressState } from './values.ts'

function verify({ chainId, payload, facts, crypto: { group } }: VerifyInput<Deal>) {
  const recipients = decodeKeys(
    group,
    facts.map((fact) => decode(offerTable.value, fact).boxKey),
  )
  const E = decodeKey(group, payload.boxPoint)
  if (recipients === undefined || E === undefined) return refuse('POINT_INVALID')
  for (const { commitments } of payload.polynomials)
    if (decodeKeys(group, commitments) === undefined) return refuse('POINT_INVALID')
  const boxes = { E, recipients, session: dealSession(chainId, payload, 'boxes') }
  if (!verifyEphemeral(group, boxes, payload.boxProof)) return refuse('PROOF_BOX')
  for (const { purpose, commitments, proof } of payload.polynomials) {
    const constant = decodeKey(group, commitments[0])
    if (constant === undefined) return refuse('POINT_INVALID')
    const session = dealSession(chainId, payload, `secret-${purpose}`)
    if (!verifyKey(group, { session, key: constant }, proof)) return refuse('PROOF_SECRET')
  }
  return { ok: true } as const
}

function hasFittingSizes({ polynomials, boxes }: Deal, plan: PlanState, seats: number): boolean {
  const boxSize = 32 * plan.purposes.length + BOX_OVERHEAD
  return (
    polynomials.length === plan.purposes.length &&
    polynomials.every(
      ({ purpose, commitments }, i) =>
        purpose === plan.purposes[i] && commitments.length === plan.threshold,
    ) &&
    boxes.length === seats &&
    boxes.every((box) => box.length === boxSize)
  )
}

/** Who may deal in a resharing, and that it deals nothing but its old share. */
function checkOldShare(state: Reader, deal: Deal, previous: number): Refusal | undefined {
  const { account, keyset, index, polynomials } = deal
  const { run } = requireEpoch(state, { keyset, epoch: previous })
  const old = committeeTable.get(state, keyset, previous)
  if (!holdsSeat(run.seats, { account, index }) || !run.acks.includes(index))
    return refuse('NOT_MEMBER')
  const isOld = polynomials.every(({ commitments }, i) => {
    const [constant] = commitments
    const memberKey = old?.keys[i]?.memberKeys[index - 1]
    return constant !== undefined && memberKey !== undefined && equal(constant, memberKey)
  })
  return isOld ? undefined : refuse('SECRET_DIFFERS')
}

/** How many dealings end their window early: those of all who may deal. */
function dealersOf(state: Reader, deal: Deal, epoch: { plan: PlanState; run: ProgressState }) {
  const { previous } = epoch.plan
  if (previous === null) return epoch.run.seats.length
  return requireEpoch(state, { keyset: deal.keyset, epoch: previous }).run.acks.length
}

export const deal = defineTx<Deal>({
  name: 'dkg.deal',
  tag: TAGS['dkg.deal'],
  summary: 'Shares a secret with all seats of an epoch: commitments, their proofs, a box for each.',
  payload: dealCodec,
  example: exampleDeal,
  cost: dealUnits,
  facts: ({ keyset, epoch, recipients }) =>
    recipients.map((account) => offerTable.key(keyset, epoch, account)),
  verify,
  authorize: (state, payload, context) => {
    const found = findActing(state, payload, context)
    if (isRefusal(found)) return found
    const { plan, run, phase } = found
    if (phase === 'offers') return refuse('OFFERS_OPEN')
    if (phase === 'aborted') return refuse('ABORTED')
    if (phase !== 'deals') return refuse('DEALS_CLOSED')
    const { index, recipients } = payload
    if (plan.previous === null && !holdsSeat(run.seats, payload)) return refuse('NOT_MEMBER')
    if (run.dealt.includes(index)) return refuse('DEAL_EXISTS')
    const isInOrder =
      recipients.length === run.seats.length &&
      recipients.every((account, seat) => account === run.seats[seat])
    if (!isInOrder) return refuse('RECIPIENTS_DIFFER')
    if (!hasFittingSizes(payload, plan, run.seats.length)) return refuse('DEAL_SIZE')
    return plan.previous === null ? undefined : checkOldShare(state, payload, plan.previous)
  },
  execute: (state, payload, { timeMs, txId }) => {
    const { account, keyset, epoch, index, boxPoint } = payload
    const { plan, run } = requireEpoch(state, payload)
    const dealt = [...run.dealt, index]
    const isLast = dealt.length === dealersOf(state, payload, { plan, run })
    const ends = isLast ? afterDeals(plan.windows, timeMs) : {}
    progressTable.put(state, { ...run, ...ends, dealt }, keyset, epoch)
    lockUntil(state, { owner: account, plan, untilMs: run.acksEndMs })
    const polynomials = payload.polynomials.map(({ commitments }) => commitments)
    const boxHashes = payload.boxes.map(boxHash)
    dealingTable.put(
      state,
      { account, boxPoint, polynomials, boxHashes, txId },
      keyset,
      epoch,
      index,
    )
    const event = { kind: 'committee.dealt', reference: keyset }
    return accept(...run.seats.map((recipient) => ({ ...event, recipient })))
  },
})
