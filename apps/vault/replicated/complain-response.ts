// rep.complainResponse: the insurer opens a scalar answer to everybody; a wrong one is held against the server and its class asked again.

import {
  accept,
  defineTx,
  type Refusal,
  type TxContext,
  type VerifyInput,
} from '../../../vm/app.ts'
import { assert } from '../../../vm/assert.ts'
import { equal } from '../../../vm/bytes.ts'
import { decode } from '../../../vm/codec.ts'
import { openBoxWith, verifyOpening } from '../../../vm/crypto/box.ts'
import { executionGroup } from '../../../vm/crypto/execution-group.ts'
import { decodeKey } from '../../../vm/crypto/keys.ts'
import { sample } from '../../../vm/example.ts'
import type { Reader, Writer } from '../../../vm/state.ts'
import type { AccountId, Digest } from '../../../vm/types.ts'
import { lockDeposit, lockServers, openedMs } from '../bonds.ts'
import { refuse } from '../codes.ts'
import { requireRole } from '../committee.ts'
import { judgedUnits } from '../costs.ts'
import { boxHash } from '../deals.ts'
import { isKnownFault, recordFault } from '../faults.ts'
import { OPEN_QUERIES_MAX } from '../genesis.ts'
import type { Fault } from '../ids.ts'
import { requireParameters } from '../parameters.ts'
import {
  askedSharesTable,
  progressTable,
  queryTable,
  repDealTable,
  repProgressTable,
  scalarBoxTable,
  waitingTable,
} from '../state.ts'
import { blank, contentSession } from '../statements.ts'
import { TAGS } from '../tags.ts'
import { type RepComplainResponse, repComplainResponseCodec } from './payloads.ts'
import { commitShare, scalarBoxContext } from './statements.ts'

export function complainResponseSession(
  chainId: Digest,
  complain: RepComplainResponse,
): Uint8Array {
  const { account, query: object, epoch } = complain
  return contentSession(
    { chainId, type: 'rep.complainResponse', slot: 'opening', account, object, epoch },
    repComplainResponseCodec,
    { ...complain, proof: blank(64) },
  )
}

function verify({ chainId, payload, facts, crypto: { group } }: VerifyInput<RepComplainResponse>) {
  const [queryFact, boxFact] = facts
  assert(queryFact && boxFact, 'two facts')
  const recipient = decodeKey(group, decode(queryTable.value, queryFact).answerKey)
  const E = decodeKey(group, decode(scalarBoxTable.value, boxFact).boxPoint)
  const Z = decodeKey(group, payload.opening)
  if (!E || !recipient || !Z) return refuse('POINT_INVALID')
  const place = { E, recipient, session: complainResponseSession(chainId, payload) }
  return verifyOpening(group, place, { Z, proof: payload.proof })
    ? ({ ok: true } as const)
    : refuse('PROOF_OPENING')
}

/** S and T in an opened box; undefined for everything that is not two scalars. */
function readSums(message: Uint8Array | undefined) {
  const group = executionGroup()
  if (message?.length !== 64) return undefined
  const f = group.decodeScalar(message.subarray(0, 32))
  const g = group.decodeScalar(message.subarray(32))
  return f === undefined || g === undefined ? undefined : { f, g }
}

/** Whether the opened box holds what ΣV_c of its class commits to. */
function holdsSums(state: Reader, complain: RepComplainResponse): boolean {
  const { query, class: held, index, box } = complain
  const group = executionGroup()
  const answer = scalarBoxTable.get(state, query, held, index)
  const asked = queryTable.get(state, query)
  const sum = askedSharesTable.get(state, query)?.shares[held - 1]
  assert(answer && asked && sum, 'authorize has found the answer')
  const E = decodeKey(group, answer.boxPoint)
  const recipient = decodeKey(group, asked.answerKey)
  const shared = decodeKey(group, complain.opening)
  assert(E && recipient && shared, 'verify has decoded the points')
  const place = { E, recipient, context: scalarBoxContext(complain) }
  const sums = readSums(openBoxWith(group, place, { shared, box }))
  return sums !== undefined && equal(group.encode(commitShare(group, sums)), sum)
}

function serverOf(state: Reader, { committee, epoch, index }: RepComplainResponse): AccountId {
  const server = repDealTable.get(state, committee, epoch)?.servers[index - 1]
  assert(server, 'an answer comes from a seat')
  return server
}

/** The class waits again, for as long as a new query would. */
function reopen(
  state: Writer,
  { query: id, class: held, committee, epoch }: RepComplainResponse,
  untilMs: number,
): void {
  const progress = progressTable.get(state, id)
  const before = repProgressTable.get(state, id)
  assert(progress && before, 'authorize has found the query')
  if (progress.status === 'timed-out') return
  const deadlineMs = Math.max(before.deadlineMs, untilMs)
  const answers = before.answers.filter((answer) => answer.class !== held)
  repProgressTable.put(state, { deadlineMs, answers }, id)
  progressTable.put(state, { ...progress, status: 'open' }, id)
  const waiting = (waitingTable.get(state, committee) ?? []).filter(({ query }) => query !== id)
  // Where the list is full the query waits all the same; only the view of open queries does not show it.
  if (waiting.length < OPEN_QUERIES_MAX)
    waitingTable.put(state, [...waiting, { query: id, deadlineMs }], committee)
  const query = queryTable.get(state, id)
  assert(query, 'authorize has found the query')
  const { servers = [] } = repDealTable.get(state, committee, epoch) ?? {}
  lockServers(state, servers, { timeMs: openedMs(state, query), untilMs: deadlineMs })
}

function authorize(
  state: Reader,
  complain: RepComplainResponse,
  context: TxContext,
): Refusal | undefined {
  const { account, committee, query: id, epoch, class: held, index, box, deposit } = complain
  const refusal = requireRole(state, { account, role: 'insurer' }, context)
  if (refusal !== undefined) return refusal
  const query = queryTable.get(state, id)
  if (query?.committee !== committee) return refuse('QUERY_UNKNOWN')
  if (query.epoch !== epoch) return refuse('EPOCH_WRONG')
  if (query.insurer !== account) return refuse('NOT_INSURER')
  const answer = scalarBoxTable.get(state, id, held, index)
  if (answer === undefined) return refuse('ANSWER_UNKNOWN')
  if (answer.boxHash !== boxHash(box)) return refuse('BOX_DIFFERS')
  if (context.timeMs >= answer.complaintsEndMs) return refuse('COMPLAINTS_CLOSED')
  return deposit < requireParameters(state).serverBondMin ? refuse('DEPOSIT_TOO_SMALL') : undefined
}

/** The opening tells everybody the sum of this class, true complaint or false; the others stay hidden. */
export const repComplainResponse = defineTx({
  name: 'rep.complainResponse',
  tag: TAGS['rep.complainResponse'],
  summary: 'Opens a scalar answer; server or insurer is at fault.',
  payload: repComplainResponseCodec,
  example: {
    account: sample('01'),
    committee: sample('02'),
    query: sample('03'),
    epoch: 1,
    index: 1,
    class: 1,
    box: sample('04', 80),
    opening: sample('05'),
    proof: sample('06', 64),
    deposit: '100000',
  },
  cost: judgedUnits,
  facts: ({ query, class: held, index }) => [
    queryTable.key(query),
    scalarBoxTable.key(query, held, index),
  ],
  verify,
  authorize,
  execute: (state, complain, { timeMs, txId }) => {
    const { account, query: object, epoch, class: index, deposit } = complain
    const isFalse = holdsSums(state, complain)
    const culprit = isFalse ? account : serverOf(state, complain)
    const kind = isFalse ? 'false-complaint' : 'bad-answer'
    const fault: Fault = { kind, object, epoch, culprit, index }
    if (isKnownFault(state, fault)) return refuse('FAULT_KNOWN')
    const refusal = lockDeposit(state, { owner: account, amount: deposit, timeMs })
    if (refusal !== undefined) return refusal
    recordFault(state, fault, { txId, rewarded: isFalse ? null : account })
    if (!isFalse) reopen(state, complain, timeMs + requireParameters(state).queryDeadlineMs)
    const event = isFalse ? 'vault.complaint-false' : 'vault.answer-bad'
    const concerned = [account, serverOf(state, complain)]
    return accept(...concerned.map((recipient) => ({ recipient, kind: event, reference: object })))
  },
})
