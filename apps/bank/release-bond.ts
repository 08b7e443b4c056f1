// bank.release-bond: the owner of a bond takes money back once the lock is over.
import { accept, defineTx } from '../../vm/app.ts'
import type { Infer } from '../../vm/codec.ts'
import { named, struct } from '../../vm/codec-compound.ts'
import { amount } from '../../vm/codec-scalar.ts'
import type { AccountId } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { checkBond, takeBond } from './money.ts'
import { BANK, bondOf, currencyCodec, isHeld } from './state.ts'

const payload = named('bank.release-bond', struct({ currency: currencyCodec, amount }))

export const releaseBond = defineTx<Infer<typeof payload>>({
  name: 'bank.release-bond',
  tag: BANK * 256 + 4,
  summary: "Move money from the signing account's bond to its balance after the lock.",
  payload,
  example: { currency: 'USD', amount: '100000' },
  cost: () => 1,
  authorize: (state, order, { signers, timeMs }) => {
    const owner = signers[0] as AccountId
    const refusal = checkBond(state, { ...order, owner })
    if (refusal !== undefined) return refusal
    if (isHeld(state, owner, order.currency)) return refuse('BOND_LOCKED')
    // Locked until a time includes that time: a window of another application is open at its last moment.
    const { lockedUntilMs } = bondOf(state, owner, order.currency)
    return timeMs <= lockedUntilMs ? refuse('BOND_LOCKED') : undefined
  },
  execute: (state, order, { signers }) => {
    const owner = signers[0] as AccountId
    return takeBond(state, { ...order, owner, to: owner }) ?? accept()
  },
})
