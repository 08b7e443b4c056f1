// Who was silent when a query passed its deadline: each of them pays, and nobody for others.
import type { TxContext } from '../../vm/app.ts'
import type { Reader, Writer } from '../../vm/state.ts'
import type { Digest } from '../../vm/types.ts'
import { hasDuties, openedMs } from './bonds.ts'
import { findSeating } from './committee.ts'
import { isKnownFault, recordFault } from './faults.ts'
import { isSpoiled } from './replicated/asked.ts'
import { classHolders } from './replicated/classes.ts'
import { progressTable, repProgressTable } from './state.ts'
import type { QueryState, Seats } from './values.ts'

type Asked = { readonly id: Digest; readonly query: QueryState }

/**
 * Seats whose class nobody answered; one that answered for another class is silent all the same, and one whose answer for the class
 * was proven to be wrong is not.
 */
function silentHolders(
  state: Reader,
  { id: object, query }: Asked,
  deal: Seats,
): readonly number[] {
  const { epoch } = query
  const answers = repProgressTable.get(state, object)?.answers ?? []
  const sizes = { threshold: deal.threshold, seats: deal.servers.length }
  const isConvicted = (seat: number, held: number) => {
    const culprit = deal.servers[seat - 1]
    if (culprit === undefined) return false
    return isKnownFault(state, { kind: 'bad-answer', object, epoch, culprit, index: held })
  }
  const waiting = classHolders(sizes).flatMap((holders, at) =>
    answers.some((answer) => answer.class === at + 1)
      ? []
      : holders.filter((seat) => !isConvicted(seat, at + 1)),
  )
  return [...new Set(waiting)].sort((left, right) => left - right)
}

/** Seats without a response. */
function silentSeats(state: Reader, id: Digest, deal: Seats): readonly number[] {
  const responses = progressTable.get(state, id)?.responses ?? []
  const answered = new Set(responses.map(({ index }) => index))
  return deal.servers.flatMap((_, seat) => (answered.has(seat + 1) ? [] : [seat + 1]))
}

/**
 * Only seats that acknowledged are liable: the others are no members. Who had left before the question is not. A set that holds a bad record ends without a penalty, and who
 * was punished for a wrong answer to this query is not silent too.
 */
export function punishSilence(
  state: Writer,
  asked: Asked,
  { txId }: Pick<TxContext, 'txId'>,
): void {
  const { id: object, query } = asked
  const { committee, epoch } = query
  if (isSpoiled(state, query)) return
  const seating = findSeating(state, { committee, epoch })
  if (seating === undefined) return
  const silent =
    seating.kind === 'replicated'
      ? silentHolders(state, asked, seating)
      : silentSeats(state, object, seating)
  const askedMs = openedMs(state, query)
  for (const index of silent) {
    const culprit = seating.servers[index - 1]
    if (culprit === undefined || !seating.acks.includes(index)) continue
    if (!hasDuties(state, culprit, askedMs)) continue
    const fault = { kind: 'silence', object, epoch, culprit, index } as const
    if (!isKnownFault(state, fault)) recordFault(state, fault, { txId, rewarded: null })
  }
}
