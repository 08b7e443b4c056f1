// dkg.ack: a member has found its shares in order, derived the keys itself, and is liable from now on.

import { accept, defineTx, isRefusal, type VerifyInput } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { equal } from '../../vm/bytes.ts'
import { decode } from '../../vm/codec.ts'
import { joinCommitments, joinWeights } from '../../vm/crypto/dkg.ts'
import type { Group } from '../../vm/crypto/group.ts'
import { decodeKeys } from '../../vm/crypto/keys.ts'
import { shareKeyOf } from '../../vm/crypto/shamir.ts'
import { refuse } from './codes.ts'
import { ackUnits } from './costs.ts'
import { exampleKey, exampleSeat } from './examples.ts'
import type { Key } from './fields.ts'
import { type Ack, ackCodec } from './payloads.ts'
import { findActing, holdsSeat, requireEpoch } from './seats.ts'
import { committeeTable, dealingTable, planTable, progressTable, qualifiedOf } from './state.ts'
import { TAGS } from './tags.ts'
import type { DealingState, PlanState } from './values.ts'

/** The keys that dealings make, with the key of each of so many seats; undefined if a dealing is none or the sum is no key. */
export function deriveKeys<P>(
  group: Group<P>,
  from: {
    readonly plan: Pick<PlanState, 'previous' | 'purposes'>
    readonly qualified: readonly number[]
    readonly dealings: readonly DealingState[]
  },
  seats: number,
): readonly Key[] | undefined {
  const { plan, qualified, dealings } = from
  const weights = joinWeights(group, plan.previous === null ? 'sum' : 'interpolate', qualified)
  const keys: Key[] = []
  for (const [place, purpose] of plan.purposes.entries()) {
    const decoded = dealings.map(({ polynomials }) => decodeKeys(group, polynomials[place] ?? []))
    const complete = decoded.filter((commitments) => commitments !== undefined)
    if (complete.length < dealings.length) return undefined
    const joint = joinCommitments(group, weights, complete)
    const [key] = joint
    if (key === undefined || group.isIdentity(key)) return undefined
    const memberKeys = Array.from({ length: seats }, (_, seat) =>
      group.encode(shareKeyOf(group, joint, seat + 1)),
    )
    keys.push({ purpose, commitments: joint.map(group.encode), memberKeys })
  }
  return keys
}

function areAscending(indices: readonly number[]): boolean {
  return indices.every((index, place) => place === 0 || index > (indices[place - 1] ?? 0))
}

function isSameKey(left: Key, right: Key | undefined): boolean {
  if (right === undefined || left.purpose !== right.purpose) return false
  const all = (key: Key) => [...key.commitments, ...key.memberKeys]
  return (
    left.commitments.length === right.commitments.length &&
    left.memberKeys.length === right.memberKeys.length &&
    all(left).every((bytes, i) => equal(bytes, all(right)[i] ?? new Uint8Array()))
  )
}

/** The keys travel in the payload, so that joining the dealings is nobody's work inside execution. */
function verify({ payload, facts, crypto: { group } }: VerifyInput<Ack>) {
  const { qualified, keys } = payload
  if (!areAscending(qualified)) return refuse('QUALIFIED_DIFFER')
  const [first, ...rest] = facts
  assert(first !== undefined, 'the plan is a fact')
  const plan = decode(planTable.value, first)
  const dealings = rest.map((fact) => decode(dealingTable.value, fact))
  const seats = keys[0]?.memberKeys.length ?? 0
  const derived = deriveKeys(group, { plan, qualified, dealings }, seats)
  const isSame =
    derived !== undefined &&
    derived.length === keys.length &&
    derived.every((key, i) => isSameKey(key, keys[i]))
  return isSame ? ({ ok: true } as const) : refuse('KEYS_DIFFER')
}

export const ack = defineTx<Ack>({
  name: 'dkg.ack',
  tag: TAGS['dkg.ack'],
  summary: 'Acknowledges the shares of one seat and the keys that they belong to.',
  payload: ackCodec,
  example: { ...exampleSeat, qualified: [1, 2], keys: [exampleKey] },
  cost: ackUnits,
  facts: ({ keyset, epoch, qualified }) => [
    planTable.key(keyset, epoch),
    ...qualified.map((dealer) => dealingTable.key(keyset, epoch, dealer)),
  ],
  verify,
  authorize: (state, payload, context) => {
    const found = findActing(state, payload, context)
    if (isRefusal(found)) return found
    const { plan, run, phase } = found
    if (!holdsSeat(run.seats, payload)) return refuse('NOT_MEMBER')
    if (run.acks.includes(payload.index)) return refuse('ACK_EXISTS')
    if (phase === 'aborted')
      return refuse(context.timeMs < run.acksEndMs ? 'ABORTED' : 'ACKS_CLOSED')
    if (phase === 'active') return refuse('ACKS_CLOSED')
    if (phase !== 'acks') return refuse('COMPLAINTS_OPEN')
    const qualified = qualifiedOf(plan, run) ?? []
    const isSame =
      qualified.length === payload.qualified.length &&
      qualified.every((dealer, i) => dealer === payload.qualified[i])
    if (!isSame) return refuse('QUALIFIED_DIFFER')
    const [key] = payload.keys
    return key?.memberKeys.length === run.seats.length ? undefined : refuse('KEYS_DIFFER')
  },
  execute: (state, payload) => {
    const { account, keyset, epoch, index, qualified, keys } = payload
    const { plan, run } = requireEpoch(state, payload)
    progressTable.put(state, { ...run, acks: [...run.acks, index] }, keyset, epoch)
    if (committeeTable.get(state, keyset, epoch) === undefined) {
      const { threshold } = plan
      committeeTable.put(state, { threshold, members: run.seats, qualified, keys }, keyset, epoch)
    }
    return accept({ recipient: keyset, kind: 'committee.acknowledged', reference: account })
  },
})
