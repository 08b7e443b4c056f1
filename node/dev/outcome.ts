// What the run has shown: the private sums beside the plain ones, joined here and nowhere else.

import type { Answer } from '../agents/messages.ts'
import { type Dataset, pairsOf } from '../synthea/dataset.ts'
import type { Cast } from './cast.ts'

export type PairName = {
  readonly patient: string
  readonly payer: string
  readonly invoices: number
}
type PairSum = PairName & { readonly minorUnits: string; readonly plainMinorUnits: string }

export type Outcome = {
  readonly sums: readonly PairSum[]
  /** Pairs that the ledger lets nobody ask for, because they are too few. */
  readonly withheld: readonly PairName[]
  /** Pairs without an answer, with what stood in the way. */
  readonly unanswered: readonly (PairName & { readonly why: string })[]
}

/** The code by which the ledger protects small sets. */
const WITHHELD = 'SET_TOO_SMALL'

/** `answers` has the reports of the payers in the order of the cast. */
export function joinAnswers(
  dataset: Dataset,
  cast: Cast,
  answers: readonly (readonly Answer[])[],
): Outcome {
  const found = new Map<string, Answer['outcome']>()
  for (const [index, { id }] of cast.payers.entries())
    for (const { tag, outcome } of answers[index] ?? []) found.set(`${id} ${tag}`, outcome)
  const sums: PairSum[] = []
  const withheld: PairName[] = []
  const unanswered: (PairName & { why: string })[] = []
  for (const { patient, payer, invoices, minorUnits } of pairsOf(dataset)) {
    const pair = { patient, payer, invoices: invoices.length }
    const outcome = found.get(`${payer} ${cast.tagOf(patient)}`)
    if (outcome?.kind === 'sum') {
      const plainMinorUnits = minorUnits.toString()
      sums.push({ ...pair, minorUnits: outcome.minorUnits, plainMinorUnits })
    } else if (outcome?.kind === 'withheld' && outcome.code === WITHHELD) withheld.push(pair)
    else if (outcome?.kind === 'withheld') unanswered.push({ ...pair, why: outcome.code })
    else unanswered.push({ ...pair, why: 'no result at the deadline' })
  }
  return { sums, withheld, unanswered }
}

export function isMatch({ minorUnits, plainMinorUnits }: PairSum): boolean {
  return minorUnits === plainMinorUnits
}

/** Whether every pair was answered rightly or withheld. */
export function isComplete({ sums, unanswered }: Outcome): boolean {
  return unanswered.length === 0 && sums.every(isMatch)
}
