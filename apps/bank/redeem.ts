// bank.redeem: a treasurer takes money that came back to its own account out of circulation.
import { accept, defineTx } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import type { Infer } from '../../vm/codec.ts'
import { named, struct } from '../../vm/codec-compound.ts'
import { amount } from '../../vm/codec-scalar.ts'
import type { AccountId } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { checkTreasurer } from './issue.ts'
import { debit } from './money.ts'
import { BANK, balanceOf, currencyCodec, getSupply, supplies } from './state.ts'

const payload = named('bank.redeem', struct({ currency: currencyCodec, amount }))

export const redeem = defineTx<Infer<typeof payload>>({
  name: 'bank.redeem',
  tag: BANK * 256 + 2,
  summary: "Redeem money from the signing treasurer's own balance.",
  payload,
  example: { currency: 'USD', amount: '100000' },
  cost: () => 1,
  authorize: (state, order, { signers }) => {
    const refusal = checkTreasurer(state, signers[0], order.currency)
    if (refusal !== undefined) return refusal
    if (order.amount === 0n) return refuse('AMOUNT_ZERO')
    const own = balanceOf(state, signers[0] as AccountId, order.currency)
    return own < order.amount ? refuse('BALANCE_TOO_LOW') : undefined
  },
  execute: (state, order, { signers }) => {
    const supply = getSupply(state, order.currency)
    assert(supply !== undefined, 'a redemption was not authorized')
    debit(state, signers[0] as AccountId, order)
    supplies.put(state, { ...supply, redeemed: supply.redeemed + order.amount }, order.currency)
    return accept()
  },
})
