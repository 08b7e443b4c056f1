// Read-only views of the committee for RPC.

import { defineQuery, isRefusal, type Query } from '../../vm/app.ts'
import { array, optional, struct } from '../../vm/codec-compound.ts'
import { oneOf } from '../../vm/codec-scalar.ts'
import { sample } from '../../vm/example.ts'
import { refuse } from './codes.ts'
import { accountField, digestField, epochField, indexField, MEMBERS_MAX } from './fields.ts'
import { findEpoch } from './seats.ts'
import {
  activeEpoch,
  barTable,
  committeeTable,
  dealingTable,
  faultTable,
  keysetTable,
  offerTable,
  phaseOf,
  qualifiedOf,
} from './state.ts'
import {
  committeeStateCodec,
  dealingCodec,
  faultStateCodec,
  keysetCodec,
  offerStateCodec,
  planCodec,
  progressCodec,
} from './values.ts'

const id = sample('01')

const keyset = defineQuery({
  name: 'committee.keyset',
  summary: 'A keyset: its newest epoch, and the epoch in force at the time of the block if any.',
  parameters: struct({ keyset: digestField }),
  result: struct({
    keyset: keysetCodec,
    active: optional(epochField),
    committee: optional(committeeStateCodec),
  }),
  example: { keyset: id },
  run: (state, { keyset: at }, { timeMs }) => {
    const found = keysetTable.get(state, at)
    if (found === undefined) return refuse('KEYSET_UNKNOWN')
    const active = activeEpoch(state, at, timeMs)
    const committee = active === undefined ? undefined : committeeTable.get(state, at, active)
    return { keyset: found, active: active ?? null, committee: committee ?? null }
  },
})

const epoch = defineQuery({
  name: 'committee.epoch',
  summary: 'One epoch of a keyset: plan, progress, phase at the time of the block, keys if made.',
  parameters: struct({ keyset: digestField, epoch: epochField }),
  result: struct({
    phase: oneOf({ offers: 1, deals: 2, complaints: 3, acks: 4, active: 5, aborted: 6 }),
    plan: planCodec,
    progress: progressCodec,
    /** Whose dealings make the keys, as far as is known; null while they are too few. */
    qualified: optional(array(indexField, MEMBERS_MAX)),
    committee: optional(committeeStateCodec),
  }),
  example: { keyset: id, epoch: 1 },
  run: (state, place, { timeMs }) => {
    const found = findEpoch(state, place)
    if (isRefusal(found)) return found
    const { plan, run } = found
    return {
      phase: phaseOf(plan, run, timeMs),
      plan,
      progress: run,
      qualified: qualifiedOf(plan, run) ?? null,
      committee: committeeTable.get(state, place.keyset, place.epoch) ?? null,
    }
  },
})

const offer = defineQuery({
  name: 'committee.offer',
  summary: 'The box key that a member offered in an epoch; null if it has not.',
  parameters: struct({ keyset: digestField, epoch: epochField, account: accountField }),
  result: struct({ found: optional(offerStateCodec) }),
  example: { keyset: id, epoch: 1, account: id },
  run: (state, at) => ({
    found: offerTable.get(state, at.keyset, at.epoch, at.account) ?? null,
  }),
})

const dealing = defineQuery({
  name: 'committee.dealing',
  summary: 'What a dealer dealt in an epoch, boxes as their hashes; null if it has not.',
  parameters: struct({ keyset: digestField, epoch: epochField, dealer: indexField }),
  result: struct({ found: optional(dealingCodec) }),
  example: { keyset: id, epoch: 1, dealer: 1 },
  run: (state, at) => ({
    found: dealingTable.get(state, at.keyset, at.epoch, at.dealer) ?? null,
  }),
})

const fault = defineQuery({
  name: 'committee.fault',
  summary: 'What was held against whom; null if there is no such fault.',
  parameters: struct({ fault: digestField }),
  result: struct({ found: optional(faultStateCodec) }),
  example: { fault: id },
  run: (state, at) => ({ found: faultTable.get(state, at.fault) ?? null }),
})

const bar = defineQuery({
  name: 'committee.bar',
  summary:
    'The fault for which an account gets no seat of a keyset any more; null if there is none.',
  parameters: struct({ keyset: digestField, account: accountField }),
  result: struct({ fault: optional(digestField) }),
  example: { keyset: id, account: id },
  run: (state, at) => ({ fault: barTable.get(state, at.keyset, at.account) ?? null }),
})

export const queries: readonly Query[] = [keyset, epoch, offer, dealing, fault, bar]
