// dkg.complain: a member opens one of its boxes to everybody; dealer or member is at fault, and the dealing counts no more.

import { accept, defineTx, isRefusal, type VerifyInput } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { decode } from '../../vm/codec.ts'
import { BOX_OVERHEAD, verifyOpening } from '../../vm/crypto/box.ts'
import { openShares } from '../../vm/crypto/dkg.ts'
import { executionGroup } from '../../vm/crypto/execution-group.ts'
import { decodeKey, decodeKeys } from '../../vm/crypto/keys.ts'
import { sample } from '../../vm/example.ts'
import type { Reader } from '../../vm/state.ts'
import type { Digest } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { complainUnits } from './costs.ts'
import { exampleSeat } from './examples.ts'
import { recordFault } from './faults.ts'
import { boxHash } from './ids.ts'
import { type Complain, complainCodec } from './payloads.ts'
import { findActing, holdsSeat, requireEpoch } from './seats.ts'
import { dealingTable, offerTable, progressTable } from './state.ts'
import { boxContext, complainSession } from './statements.ts'
import { TAGS } from './tags.ts'

function verify({ chainId, payload, facts, crypto: { group } }: VerifyInput<Complain>) {
  const [dealing, offer] = facts
  assert(dealing !== undefined && offer !== undefined, 'two facts')
  const E = decodeKey(group, decode(dealingTable.value, dealing).boxPoint)
  const recipient = decodeKey(group, decode(offerTable.value, offer).boxKey)
  const Z = decodeKey(group, payload.opening)
  if (!E || !recipient || !Z) return refuse('POINT_INVALID')
  const place = { E, recipient, session: complainSession(chainId, payload) }
  return verifyOpening(group, place, { Z, proof: payload.proof })
    ? ({ ok: true } as const)
    : refuse('PROOF_OPENING')
}

/** Whether the opened box holds what the dealer committed to. */
function isRefuted(state: Reader, complain: Complain, chainId: Digest): boolean {
  const { account, keyset, epoch, index, dealer, box } = complain
  const group = executionGroup()
  const dealing = dealingTable.get(state, keyset, epoch, dealer)
  const E = decodeKey(group, dealing?.boxPoint)
  const recipient = decodeKey(group, offerTable.get(state, keyset, epoch, account)?.boxKey)
  const shared = decodeKey(group, complain.opening)
  assert(dealing && E && recipient && shared, 'verify has decoded the points')
  const polynomials = dealing.polynomials.map((commitments) => {
    const points = decodeKeys(group, commitments)
    assert(points !== undefined, 'verification of the dealing has decoded its points')
    return points
  })
  const context = boxContext({ chainId, keyset, epoch, dealer, index })
  const place = { E, recipient, context, index, polynomials }
  return openShares(group, place, { shared, box }) !== undefined
}

/**
 * Only before activation: a dealing of which a share was opened, by a true or a false complaint, makes no key. One decryption and a few
 * multiplications of public points decide, so it happens in execution.
 */
export const complain = defineTx<Complain>({
  name: 'dkg.complain',
  tag: TAGS['dkg.complain'],
  summary:
    'Opens a box of one seat; dealer or complainant is at fault, the dealing counts no more.',
  payload: complainCodec,
  example: {
    ...exampleSeat,
    dealer: 2,
    box: sample('03', 48),
    opening: sample('04'),
    proof: sample('05', 64),
  },
  cost: ({ box }) => complainUnits(Math.ceil((box.length - BOX_OVERHEAD) / 32)),
  facts: ({ account, keyset, epoch, dealer }) => [
    dealingTable.key(keyset, epoch, dealer),
    offerTable.key(keyset, epoch, account),
  ],
  verify,
  authorize: (state, payload, context) => {
    const found = findActing(state, payload, context)
    if (isRefusal(found)) return found
    const { run, phase } = found
    const { keyset, epoch, index, dealer, box } = payload
    if (!holdsSeat(run.seats, payload)) return refuse('NOT_MEMBER')
    const dealing = dealingTable.get(state, keyset, epoch, dealer)
    if (dealing === undefined) return refuse('DEAL_UNKNOWN')
    if (run.opened.includes(dealer)) return refuse('DEAL_OPENED')
    if (phase !== 'deals' && phase !== 'complaints') return refuse('COMPLAINTS_CLOSED')
    return dealing.boxHashes[index - 1] === boxHash(box) ? undefined : refuse('BOX_DIFFERS')
  },
  execute: (state, payload, { chainId, txId }) => {
    const { account, keyset, epoch, index, dealer } = payload
    const { plan, run } = requireEpoch(state, payload)
    const dealing = dealingTable.get(state, keyset, epoch, dealer)
    assert(dealing !== undefined, 'authorize has found the dealing')
    const refuted = isRefuted(state, payload, chainId)
    const kind = refuted ? ('false-complaint' as const) : ('bad-share' as const)
    const culprit = refuted ? account : dealing.account
    const found = { kind, object: keyset, epoch, culprit, index }
    const fault = recordFault(state, found, { txId, complainant: account, plan })
    const culprits = run.culprits.includes(culprit) ? run.culprits : [...run.culprits, culprit]
    const opened = [...run.opened, dealer]
    progressTable.put(state, { ...run, opened, culprits }, keyset, epoch)
    const event = { kind: 'committee.fault', reference: fault }
    const concerned = [...new Set([dealing.account, ...run.seats, keyset])]
    return accept(...concerned.map((recipient) => ({ ...event, recipient })))
  },
})
