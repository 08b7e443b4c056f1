// The application sections of a genesis for which nobody wrote any.
import type { AppList } from '../vm/app.ts'
import type { JsonValue } from '../vm/codec.ts'
import type { AccountId, OrganizationId, TimeMs } from '../vm/types.ts'

/** The currency of a genesis that names none. */
const DEFAULT_CURRENCY = 'USD'

/** Base view timeouts that a query stays open for each validator: every one of them may fail once, three times over. */
export const QUERY_VIEWS_PER_VALIDATOR = 3

export type SectionFacts = {
  /** The organization that stands for the default currency; without it there is no money. */
  readonly settlement: OrganizationId | undefined
  readonly balances: readonly { readonly account: AccountId; readonly amount: bigint }[]
  readonly validators: number
  readonly baseTimeoutMs: TimeMs
}

/** As JSON by application name, for the applications of the list that have a section. */
export function defaultSections(
  list: AppList,
  { settlement, balances, validators, baseTimeoutMs }: SectionFacts,
): Readonly<Record<string, JsonValue>> {
  const currency = {
    code: DEFAULT_CURRENCY,
    organization: settlement ?? '',
    balances: balances.map(({ account, amount }) => ({ account, amount: amount.toString() })),
  }
  const sections: Readonly<Record<string, JsonValue>> = {
    bank: { currencies: settlement === undefined ? [] : [currency] },
    vault: {
      minimumSetSize: 3,
      complaintWindowMs: 1_500,
      ackWindowMs: 60_000,
      queryDeadlineMs: Math.max(60_000, QUERY_VIEWS_PER_VALIDATOR * validators * baseTimeoutMs),
      openQueriesMax: 16,
      currency: DEFAULT_CURRENCY,
      serverBondMin: '100000',
      dealerBondMin: '100000',
      disputeWindowMs: 30 * 86_400_000,
      disputeDeposit: '1000',
    },
  }
  const known = list.apps.filter(({ genesis }) => genesis !== undefined).map(({ name }) => name)
  return Object.fromEntries(Object.entries(sections).filter(([name]) => known.includes(name)))
}
