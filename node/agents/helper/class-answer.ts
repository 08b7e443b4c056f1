// What a helper with keys of classes answers: the sums of its classes that still wait, masked and proven, or as scalars in boxes.
import { randomBytes } from 'node:crypto'
import { classesOf } from '../../../apps/vault/replicated/classes.ts'
import { repRespond } from '../../../apps/vault/replicated/respond.ts'
import { repRespondScalar } from '../../../apps/vault/replicated/respond-scalar.ts'
import type { Share } from '../../../apps/vault/replicated/statements.ts'
import type { RepDealState } from '../../../apps/vault/replicated/values.ts'
import {
  askedSetTable,
  markTable,
  recordTable,
  repDealTable,
  repProgressTable,
  sharesTable,
} from '../../../apps/vault/state.ts'
import type { QueryState, RecordState } from '../../../apps/vault/values.ts'
import { act } from '../../../client/transaction.ts'
import {
  buildRepRespond,
  buildRespondScalar,
  sumClasses,
} from '../../../client/vault/replicated/answer.ts'
import { assert } from '../../../vm/assert.ts'
import { modulo } from '../../../vm/crypto/integer.ts'
import type { Reader } from '../../../vm/state.ts'
import type { AccountId, Digest, Hex } from '../../../vm/types.ts'
import type { AgentContext } from '../process.ts'
import type { Answer, Asked } from './answers.ts'
import type { ClassKeys } from './replicated-keys.ts'

type Placed = { readonly id: Digest; readonly record: RecordState }

function requireRecord(state: Reader, id: Digest): RecordState {
  const record = recordTable.get(state, id)
  assert(record !== undefined, 'what is asked for was recorded')
  return record
}

/** The records of the set, from the newest one back: those that were withdrawn, named one by one or found bad are in no segment. */
function recordsOf(state: Reader, { target, last }: QueryState): readonly Placed[] {
  if (target.kind === 'records')
    return target.records.map((id) => ({ id, record: requireRecord(state, id) }))
  const records: Placed[] = []
  for (let id = last; id !== null; ) {
    const record = requireRecord(state, id)
    if (record.segment !== target.segment) break
    if (markTable.get(state, id) === undefined) records.push({ id, record })
    id = record.previous
  }
  return records
}

/** Nonces from which the shares follow, and of reversals those whose shares count as their negatives. */
function noncesOf(state: Reader, asked: QueryState) {
  const found = recordsOf(state, asked).map(({ id, record }) => {
    const shares = sharesTable.get(state, id)
    assert(shares !== undefined, 'a record of a replicated committee has shares')
    return { nonce: shares.nonce, isReversal: record.reverses !== null }
  })
  const of = (isReversal: boolean): readonly Hex[] =>
    found.filter((one) => one.isReversal === isReversal).map(({ nonce }) => nonce)
  return { nonces: of(false), reversed: of(true) }
}

/** Classes that this seat holds and nobody has answered for. */
function openClasses(state: Reader, query: Digest, deal: RepDealState & { index: number }) {
  const { threshold, servers, index } = deal
  const progress = repProgressTable.get(state, query)
  const answered = progress?.answers.map((answer) => answer.class) ?? []
  const held = classesOf({ threshold, seats: servers.length }, index)
  const open = held.filter((each) => !answered.includes(each))
  return { open, deadlineMs: progress?.deadlineMs ?? 0 }
}

export type ClassAnswering = {
  readonly account: AccountId
  readonly held: ClassKeys & { readonly index: number }
  /** Adds one to every sum, so that the rehearsal has a wrong scalar. */
  readonly isWrong: boolean
}

export function classAnswer(
  { anchor, crypto }: Pick<AgentContext, 'anchor' | 'crypto'>,
  state: Reader,
  { account, held, isWrong }: ClassAnswering,
): (asked: Asked) => Answer | undefined {
  const { group } = crypto
  const { chainId } = anchor
  const { index, secrets } = held
  return ({ query, asked }) => {
    const { committee, epoch, answerKey } = asked
    const deal = repDealTable.get(state, committee, epoch)
    if (deal === undefined || askedSetTable.get(state, asked.set)?.fault) return undefined
    const { open, deadlineMs } = openClasses(state, query, { ...deal, index })
    if (open.length === 0) return undefined
    const make = () => {
      const mine = new Map([...secrets].filter(([each]) => open.includes(each)))
      const place = { committee, epoch, ...noncesOf(state, asked) }
      const right = [...sumClasses(group, place, mine)].sort(([one], [other]) => one - other)
      const off = isWrong ? 1n : 0n
      const wrong = ({ f, g }: Share): Share => ({ f: modulo(f + off, group.order), g })
      const sums = new Map(right.map(([each, share]) => [each, wrong(share)]))
      const sender = { chainId, account, entropy: randomBytes(32) }
      const answering = { ...sender, committee, epoch, index, query, answerKey, sums }
      return deal.answers === 'scalar'
        ? act(repRespondScalar, buildRespondScalar(group, answering))
        : act(repRespond, buildRepRespond(group, answering))
    }
    // A class is asked again, with a new deadline, when its answer was wrong.
    return { key: `rep.respond/${query}/${deadlineMs}/${open.join('-')}`, make }
  }
}
