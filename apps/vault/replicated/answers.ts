// How answers of a replicated committee are taken: class by class, until all classes are there.
import { accept, type Outcome, type Refusal, type TxContext } from '../../../vm/app.ts'
import { assert } from '../../../vm/assert.ts'
import type { Reader, Writer } from '../../../vm/state.ts'
import type { AccountId, Digest } from '../../../vm/types.ts'
import { refuse } from '../codes.ts'
import { findSeating, holdsSeat, requireRole } from '../committee.ts'
import { isKnownFault } from '../faults.ts'
import { payServers } from '../fees.ts'
import {
  askedSetTable,
  progressTable,
  queryTable,
  repDealTable,
  repProgressTable,
  resultTable,
  stopWaiting,
} from '../state.ts'
import { addPoints, subtractPoints } from '../sums.ts'
import type { QueryState } from '../values.ts'
import { markAnswered } from './asked.ts'
import { classesOf } from './classes.ts'
import type { RepAnswer, RepDealState } from './values.ts'

/** What both kinds of responses say. */
export type Answering = {
  readonly account: AccountId
  readonly committee: Digest
  readonly query: Digest
  readonly epoch: number
  readonly index: number
  readonly answers: readonly { readonly class: number }[]
}

/** Whether the class still waits for an answer of this server; one whose answer was proven to be wrong has had its turn. */
function isOpen(
  state: Reader,
  { query: object, account: culprit, epoch }: Answering,
  asked: number,
): boolean {
  const answers = repProgressTable.get(state, object)?.answers ?? []
  const fault = { kind: 'bad-answer', object, epoch, culprit, index: asked } as const
  return !answers.some((answer) => answer.class === asked) && !isKnownFault(state, fault)
}

function checkClasses(
  state: Reader,
  answering: Answering,
  { threshold, servers }: RepDealState,
): Refusal | undefined {
  const classes = answering.answers.map((answer) => answer.class)
  const held = classesOf({ threshold, seats: servers.length }, answering.index)
  const isAscending = classes.every((each, at) => at === 0 || (classes[at - 1] ?? 0) < each)
  if (!isAscending || !classes.every((each) => held.includes(each))) return refuse('CLASS_NOT_HELD')
  return classes.some((each) => isOpen(state, answering, each))
    ? undefined
    : refuse('RESPONSE_EXISTS')
}

export function authorizeAnswers(
  state: Reader,
  answering: Answering,
  { mode, context }: { readonly mode: RepDealState['answers']; readonly context: TxContext },
): Refusal | undefined {
  const { account, committee, query: id, epoch, index } = answering
  const refusal = requireRole(state, { account, role: 'helper' }, context)
  if (refusal !== undefined) return refusal
  const query = queryTable.get(state, id)
  const progress = repProgressTable.get(state, id)
  if (!query || !progress || query.committee !== committee) return refuse('QUERY_UNKNOWN')
  if (query.epoch !== epoch) return refuse('EPOCH_WRONG')
  const deal = repDealTable.get(state, committee, epoch)
  if (deal === undefined || !holdsSeat(deal, { account, index })) return refuse('NOT_MEMBER')
  if (!findSeating(state, query)?.acks.includes(index)) return refuse('NOT_ACKNOWLEDGED')
  if (deal.answers !== mode) return refuse('ANSWER_MODE')
  if (progressTable.get(state, id)?.status === 'timed-out') return refuse('QUERY_CLOSED')
  if (context.timeMs >= progress.deadlineMs) return refuse('DEADLINE_PASSED')
  if (askedSetTable.get(state, query.set)?.fault) return refuse('SET_BAD')
  return checkClasses(state, answering, deal)
}

/** The answers whose class nobody else was quicker with. */
export function openAnswers<A extends { readonly class: number }>(
  state: Reader,
  answering: Omit<Answering, 'answers'> & { readonly answers: readonly A[] },
): readonly A[] {
  return answering.answers.filter((answer) => isOpen(state, answering, answer.class))
}

/**
 * X1 = −ΣE1 and C1 = ΣE2 + Σδ·H = sum·H − e·Y with e = −Σe_c: the form that the other sharing's results have. Scalar answers leave ΣV,
 * which the insurer opens.
 */
function combine({ sums }: QueryState, answers: readonly RepAnswer[]) {
  const masked = answers.filter((answer) => answer.kind === 'masked')
  if (masked.length < answers.length) return { mask: new Uint8Array(32), masked: sums.commitment }
  return {
    mask: subtractPoints(
      new Uint8Array(32),
      masked.map(({ first }) => first),
    ),
    masked: addPoints(
      sums.ciphertext,
      masked.map(({ second }) => second),
    ),
  }
}

/** The result and the fee, once; a class that is answered again after a wrong answer changes neither. */
function finish(
  state: Writer,
  asked: { readonly id: Digest; readonly query: QueryState; readonly deal: RepDealState },
  { answers, height }: { readonly answers: readonly RepAnswer[]; readonly height: number },
): void {
  const { id, query, deal } = asked
  stopWaiting(state, query.committee, id)
  if (resultTable.get(state, id) !== undefined) return
  const indices = [...new Set(answers.map(({ index }) => index))]
  resultTable.put(state, { ...combine(query, answers), indices, height }, id)
  const servers = indices.map((index) => {
    const server = deal.servers[index - 1]
    assert(server !== undefined, 'an answer comes from a seat')
    return server
  })
  payServers(state, { fee: query.fee, id }, servers)
}

/** Takes answers for classes that were open; with the last of them the query has its result in the same block. */
export function takeAnswers(
  state: Writer,
  { query: id, committee, epoch, account }: Answering,
  { fresh, height }: { readonly fresh: readonly RepAnswer[]; readonly height: number },
): Outcome {
  const query = queryTable.get(state, id)
  const before = repProgressTable.get(state, id)
  const progress = progressTable.get(state, id)
  const deal = repDealTable.get(state, committee, epoch)
  assert(query && before && progress && deal, 'authorize has found the query')
  const answers = [...before.answers, ...fresh]
  repProgressTable.put(state, { ...before, answers }, id)
  markAnswered(state, query.set)
  const answered = { recipient: query.insurer, kind: 'vault.query-answered', reference: account }
  if (answers.length < deal.classKeys.length) return accept(answered)
  progressTable.put(state, { ...progress, status: 'ready' }, id)
  finish(state, { id, query, deal }, { answers, height })
  return accept(answered, { recipient: query.insurer, kind: 'vault.query-ready', reference: id })
}
