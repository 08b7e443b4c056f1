// Who could see what in this run, counted: invoices from the files, the rest from the ledger and the answers.
import type { Client } from '../../client/client.ts'
import type { Dataset } from '../synthea/dataset.ts'
import type { Cast } from './cast.ts'
import { blocksAfter, eventsOf, type PlacedEvent } from './ledger.ts'
import type { Outcome } from './outcome.ts'
import { keysOf, type NetworkPlan } from './plan.ts'
import { dealFacilities, type Sharing, sizesOf } from './sharing.ts'

export type Sight = {
  readonly party: string
  /** Amounts of single invoices that it can read. */
  readonly amounts: number
  /** Sums that it can read. */
  readonly sums: number
  /** What else it has seen or done. */
  readonly besides: string
}

type Facts = {
  readonly plan: NetworkPlan
  readonly cast: Cast
  readonly dataset: Dataset
  readonly outcome: Outcome
  /** Receipts that patients found wrong. */
  readonly disputes: number
}

function hospitalSights({ plan, cast, dataset }: Facts): readonly Sight[] {
  const dealt = dealFacilities(dataset, plan.sharing)
  return cast.hospitals.map(({ name }) => {
    const own = new Set(dealt.get(name))
    const amounts = dataset.invoices.filter(({ facility }) => own.has(facility)).length
    const others = dataset.invoices.length - amounts
    return { party: name, amounts, sums: 0, besides: `its own; nothing of ${others} of others` }
  })
}

function holding(sharing: Sharing): string {
  const { helpers, threshold } = sizesOf[sharing]
  if (sharing === 'M') return `1 of ${helpers} shares of the key, ${threshold} read everything`
  return `keys of 2 of 3 classes of shares, ${threshold} helpers read everything`
}

function helperSights({ plan, cast }: Facts, events: readonly PlacedEvent[]): readonly Sight[] {
  return cast.helpers.map(({ name }) => {
    const { account } = keysOf(plan, name)
    const answers = events.filter(
      ({ kind, reference }) => kind === 'vault.query-answered' && reference === account,
    ).length
    const besides = `${holding(plan.sharing)}; answered ${answers} questions`
    return { party: name, amounts: 0, sums: 0, besides }
  })
}

function payerSights({ cast, outcome }: Facts): readonly Sight[] {
  return cast.payers.map(({ id, name }) => {
    const sums = outcome.sums.filter(({ payer }) => payer === id)
    const records = sums.reduce((count, { invoices }) => count + invoices, 0)
    const withheld = outcome.withheld.filter(({ payer }) => payer === id).length
    const besides = `of ${records} records; ${withheld} withheld`
    return { party: name, amounts: 0, sums: sums.length, besides }
  })
}

function patientSight({ dataset, disputes }: Facts): Sight {
  const amounts = dataset.invoices.length
  const besides = `each the receipts of its own invoices; ${disputes} were wrong`
  return { party: `${dataset.patients.length} patients`, amounts, sums: 0, besides }
}

function publicSight({ cast, dataset }: Facts, events: readonly PlacedEvent[]): Sight {
  const referencesOf = (wanted: string) =>
    new Set(events.flatMap(({ kind, reference }) => (kind === wanted ? [reference] : []))).size
  const known = new Set(dataset.patients.map(cast.tagOf))
  const recorded = events.filter(({ kind }) => kind === 'vault.recorded')
  const tags = new Set(recorded.map(({ recipient }) => recipient).filter((tag) => known.has(tag)))
  const answers = events.filter(({ kind }) => kind === 'vault.query-answered').length
  const besides = [
    `${referencesOf('vault.recorded')} sealed records of ${tags.size} pseudonyms`,
    `${referencesOf('vault.query-opened')} questions`,
    `${answers} sealed answers`,
  ].join(', ')
  return { party: 'everybody with the ledger', amounts: 0, sums: 0, besides }
}

/** One line for each party, read from the whole ledger. */
export async function whoSawWhat(facts: Facts, client: Client): Promise<readonly Sight[]> {
  const events = eventsOf(await blocksAfter(client, 0))
  return [
    ...hospitalSights(facts),
    ...helperSights(facts, events),
    ...payerSights(facts),
    patientSight(facts),
    publicSight(facts, events),
  ]
}
