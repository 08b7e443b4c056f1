// Views of committees for RPC: the deal behind a key, and who sits where for every kind of key.
import { defineQuery, isRefusal, type Refusal } from '../../vm/app.ts'
import { array, optional, struct } from '../../vm/codec-compound.ts'
import { bool, oneOf, text, uint } from '../../vm/codec-scalar.ts'
import { sample } from '../../vm/example.ts'
import type { Reader } from '../../vm/state.ts'
import type { Digest, TimeMs } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { committeeStatus, epochInForce, findSeating } from './committee.ts'
import {
  accountField,
  digestField,
  epochField,
  indexField,
  pointField,
  SERVERS_MAX,
  WRITERS_MAX,
} from './fields.ts'
import { findKeysetEpoch } from './keyset.ts'
import { committeeTable, dealTable, keysetTable, publicKeyTable, writerTable } from './state.ts'
import {
  type CommitteeState,
  committeeCodec,
  type DealState,
  dealCodec,
  keysetLinkCodec,
  organizationField,
} from './values.ts'

const id = sample('01')
const status = oneOf({ pending: 1, active: 2, aborted: 3 })

/** A committee over a keyset as it stands in the epoch in force. */
function findTaken(
  state: Reader,
  found: CommitteeState,
  at: { readonly committee: Digest; readonly keyset: Digest; readonly timeMs: TimeMs },
): { readonly committee: CommitteeState; readonly deal: DealState } | Refusal {
  const epoch = epochInForce(state, at.committee, at.timeMs)
  const made = epoch === undefined ? undefined : findKeysetEpoch(state, at.keyset, epoch)
  if (epoch === undefined || made === undefined) return refuse('COMMITTEE_UNKNOWN')
  const { deal, acks, minimum } = made
  return { committee: { ...found, epoch, acks, minimum }, deal }
}

const committee = defineQuery({
  name: 'vault.committee',
  summary:
    'A committee, its newest deal with its status at the time of the block, the epoch in force.',
  parameters: struct({ committee: digestField }),
  result: struct({
    /** Of the newest deal. */
    status,
    /** Over a keyset: that of the epoch in force. */
    committee: committeeCodec,
    /** Over a keyset: without boxes, those are the keyset's. */
    deal: dealCodec,
    keyset: optional(keysetLinkCodec),
    /** Which epoch may be asked; null as long as there is none. */
    inForce: optional(epochField),
  }),
  example: { committee: id },
  run: (state, { committee: at }, { timeMs }) => {
    const found = committeeTable.get(state, at)
    if (found === undefined) return refuse('COMMITTEE_UNKNOWN')
    const keyset = keysetTable.get(state, at) ?? null
    const inForce = epochInForce(state, at, timeMs) ?? null
    if (keyset !== null) {
      const taken = findTaken(state, found, { committee: at, keyset: keyset.keyset, timeMs })
      return isRefusal(taken) ? taken : { ...taken, status: 'active' as const, keyset, inForce }
    }
    const deal = dealTable.get(state, at, found.epoch)
    if (deal === undefined) return refuse('COMMITTEE_UNKNOWN')
    const now = committeeStatus(found, deal.servers.length, timeMs)
    return { status: now, committee: found, deal, keyset, inForce }
  },
})

const seatCodec = struct({
  index: indexField,
  account: accountField,
  organization: organizationField,
  /** Of its share; null with replicated keys, where classes have keys. */
  key: optional(pointField),
  /** Only who acknowledged answers, and is silent if it does not. */
  acknowledged: bool,
})

const seats = defineQuery({
  name: 'vault.seats',
  summary: 'Who holds which seat of a committee of any kind, in one epoch or in the one in force.',
  parameters: struct({ committee: digestField, epoch: optional(epochField) }),
  result: struct({
    kind: oneOf({ dealer: 1, keyset: 2, replicated: 3 }),
    epoch: epochField,
    /** Null as long as there is none. */
    inForce: optional(epochField),
    threshold: uint(SERVERS_MAX),
    currency: text(3, 3),
    /** To which records are encrypted, the same in all epochs; null with replicated keys. */
    key: optional(pointField),
    seats: array(seatCodec, SERVERS_MAX),
    keyset: optional(digestField),
    /** Who may write, and whose bond stands for it. */
    writers: array(struct({ organization: organizationField, account: accountField }), WRITERS_MAX),
  }),
  example: { committee: id, epoch: null },
  run: (state, { committee: at, epoch: asked }, { timeMs }) => {
    const found = committeeTable.get(state, at)
    if (found === undefined) return refuse('COMMITTEE_UNKNOWN')
    const inForce = epochInForce(state, at, timeMs) ?? null
    const epoch = asked ?? inForce ?? found.epoch
    const seating = findSeating(state, { committee: at, epoch })
    if (seating === undefined) return refuse('EPOCH_WRONG')
    const { kind, threshold, servers, organizations, acks, serverKeys } = seating
    const link = keysetTable.get(state, at)
    const names = link?.writers ?? [found.organization]
    const { currency, account } = found
    return {
      kind,
      epoch,
      inForce,
      threshold,
      currency,
      key: publicKeyTable.get(state, at) ?? null,
      seats: servers.map((server, place) => ({
        index: place + 1,
        account: server,
        organization: organizations[place] ?? found.organization,
        key: serverKeys?.[place] ?? null,
        acknowledged: acks.includes(place + 1),
      })),
      keyset: link?.keyset ?? null,
      writers: names.map((organization) => ({
        organization,
        account: writerTable.get(state, at, organization) ?? account,
      })),
    }
  },
})

export const committeeQueries = [committee, seats]
