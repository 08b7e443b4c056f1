// bank.issue: the settlement organization takes on a debt to an account.
import { accept, defineTx, type Refusal } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import type { Infer } from '../../vm/codec.ts'
import { named, struct } from '../../vm/codec-compound.ts'
import { amount, hex } from '../../vm/codec-scalar.ts'
import type { Reader } from '../../vm/state.ts'
import type { AccountId } from '../../vm/types.ts'
import { accountExists, getAccount, hasRole } from '../registry/state.ts'
import { refuse } from './codes.ts'
import { credit } from './money.ts'
import { AMOUNT_MAX, BANK, type Currency, currencyCodec, getSupply, supplies } from './state.ts'

const payload = named(
  'bank.issue',
  struct({ to: hex<AccountId>(32), currency: currencyCodec, amount }),
)

/** Refuses all but a treasurer of the organization that stands for the currency. */
export function checkTreasurer(
  state: Reader,
  signer: AccountId | undefined,
  currency: Currency,
): Refusal | undefined {
  const supply = getSupply(state, currency)
  if (supply === undefined) return refuse('CURRENCY_UNKNOWN')
  if (signer === undefined || !hasRole(state, signer, 'treasurer')) return refuse('NOT_TREASURER')
  const own = getAccount(state, signer)?.organization === supply.organization
  return own ? undefined : refuse('NOT_TREASURER')
}

export const issue = defineTx<Infer<typeof payload>>({
  name: 'bank.issue',
  tag: BANK * 256 + 1,
  summary: 'Issue money to an account; a treasurer of the settlement organization signs.',
  payload,
  example: { to: '0x'.padEnd(66, '1c'), currency: 'USD', amount: '100000' },
  cost: () => 1,
  authorize: (state, order, { signers }) => {
    const refusal = checkTreasurer(state, signers[0], order.currency)
    if (refusal !== undefined) return refusal
    if (order.amount === 0n) return refuse('AMOUNT_ZERO')
    if (!accountExists(state, order.to)) return refuse('ACCOUNT_UNKNOWN')
    const issued = getSupply(state, order.currency)?.issued ?? 0n
    return issued + order.amount > AMOUNT_MAX ? refuse('SUPPLY_TOO_LARGE') : undefined
  },
  execute: (state, order, { signers }) => {
    const supply = getSupply(state, order.currency)
    assert(supply !== undefined, 'an issue was not authorized')
    supplies.put(state, { ...supply, issued: supply.issued + order.amount }, order.currency)
    credit(state, order.to, order)
    const reference = signers[0] as AccountId
    return accept({ recipient: order.to, kind: 'bank.received', reference })
  },
})
