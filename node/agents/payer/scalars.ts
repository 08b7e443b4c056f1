// Sums that come as scalars: each is held against the commitment of its class, and a wrong one is complained about.
import { randomBytes } from 'node:crypto'
import { repComplainResponse } from '../../../apps/vault/replicated/complain-response.ts'
import type { Share } from '../../../apps/vault/replicated/statements.ts'
import {
  askedSharesTable,
  parametersTable,
  progressTable,
  repDealTable,
  repProgressTable,
  scalarBoxTable,
} from '../../../apps/vault/state.ts'
import { act } from '../../../client/transaction.ts'
import {
  buildComplainResponse,
  combineScalars,
  readScalarAnswer,
  type ScalarAnswer,
} from '../../../client/vault/replicated/answer.ts'
import { pause } from '../../../client/web.ts'
import { assert } from '../../../vm/assert.ts'
import type { Reader } from '../../../vm/state.ts'
import type { Digest } from '../../../vm/types.ts'
import { lookAt } from '../remote.ts'
import type { Answered, Asking } from './question.ts'
import type { ScalarBoxes } from './scalar-boxes.ts'

/** Between two looks at the answers. */
const POLL_MS = 300

export type ScalarSum = { readonly sum: bigint; readonly blinding: bigint }

/** Whether this committee answers in boxes for its insurer. */
export function isScalar({ context }: Asking, { asked }: Answered): Promise<boolean> {
  const { committee, epoch } = asked
  return lookAt(
    context.nodes,
    (state) => repDealTable.get(state, committee, epoch)?.answers === 'scalar',
  )
}

/** What the ledger says about the answers to one query, as far as they are there. */
function answersOf(state: Reader, query: Digest) {
  const progress = repProgressTable.get(state, query)
  const sums = askedSharesTable.get(state, query)
  const deposit = parametersTable.get(state)?.serverBondMin
  assert(progress && sums && deposit !== undefined, 'a query of a replicated committee was proven')
  const answers = progress.answers.map(({ class: held, index }) => {
    const box = scalarBoxTable.get(state, query, held, index)
    assert(box !== undefined, 'a scalar answer has its box')
    return { query, class: held, index, boxPoint: box.boxPoint, boxHash: box.boxHash }
  })
  const status = progressTable.get(state, query)?.status
  return { answers, sums, deposit, status, deadlineMs: progress.deadlineMs }
}

type Look = ReturnType<typeof answersOf>

async function complain(
  { context, signer }: Asking,
  { query, answerSecret, asked }: Answered,
  { answer, deposit }: { readonly answer: ScalarAnswer; readonly deposit: bigint },
): Promise<void> {
  const { committee, epoch } = asked
  const { class: held, index } = answer
  const make = () => {
    const { chainId } = context.anchor
    const sender = { chainId, account: signer.account, entropy: randomBytes(32) }
    const place = { ...answer, committee, epoch }
    const said = { ...sender, answerSecret, deposit }
    return act(repComplainResponse, buildComplainResponse(context.crypto.group, place, said))
  }
  const key = `rep.complainResponse/${query}/${held}/${index}`
  const { code } = await context.sender.deliver({ key, make, signers: [signer] })
  context.log.warn({ query, class: held, index, code }, 'complained about an answer')
}

/** The right answers by class; complains about the others. */
async function readAll(
  asking: Asking,
  answered: Answered,
  { look, boxes }: { readonly look: Look; readonly boxes: ScalarBoxes },
): Promise<ReadonlyMap<number, Share>> {
  const { group } = asking.context.crypto
  const right = new Map<number, Share>()
  for (const { boxHash, ...place } of look.answers) {
    const box = await boxes.find({ ...place, boxHash })
    const sum = look.sums.shares[place.class - 1]
    if (box === undefined || sum === undefined) continue
    const answer = { ...place, box }
    const { answerSecret } = answered
    const share = readScalarAnswer(group, answer, { answerSecret, sum })
    if (share !== undefined) right.set(place.class, share)
    else await complain(asking, answered, { answer, deposit: look.deposit })
  }
  return right
}

/** The sum and its blinding; undefined if a class has no right answer until its deadline. */
export async function readScalars(
  asking: Asking,
  answered: Answered,
  boxes: ScalarBoxes,
): Promise<ScalarSum | undefined> {
  const { crypto, nodes } = asking.context
  for (;;) {
    const look = await lookAt(nodes, (state) => answersOf(state, answered.query))
    const right = await readAll(asking, answered, { look, boxes })
    if (right.size === look.sums.shares.length)
      return combineScalars(crypto.group, [...right.values()], look.sums)
    if (look.status === 'timed-out' || Date.now() >= look.deadlineMs) return undefined
    await pause(POLL_MS)
  }
}
