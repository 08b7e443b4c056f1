// bank.transfer: from the signing account to another, with a memo that everybody can read.
import { accept, defineTx } from '../../vm/app.ts'
import type { Infer } from '../../vm/codec.ts'
import { named, optional, struct } from '../../vm/codec-compound.ts'
import { amount, hex, text } from '../../vm/codec-scalar.ts'
import type { AccountId } from '../../vm/types.ts'
import { checkTransfer, credit, debit } from './money.ts'
import { BANK, currencyCodec } from './state.ts'

/** Characters of a memo. */
const MEMO_MAX = 100

const payload = named(
  'bank.transfer',
  struct({
    to: hex<AccountId>(32),
    currency: currencyCodec,
    amount,
    /** Stands on every node for ever: nothing about a patient belongs here. */
    memo: optional(text(MEMO_MAX)),
  }),
)

export const transferMoney = defineTx<Infer<typeof payload>>({
  name: 'bank.transfer',
  tag: BANK * 256 + 3,
  summary: 'Move money from the signing account to another.',
  payload,
  example: { to: '0x'.padEnd(66, '1c'), currency: 'USD', amount: '250', memo: 'invoice 17' },
  cost: () => 1,
  authorize: (state, { to, currency, amount: sum }, { signers }) =>
    checkTransfer(state, { from: signers[0] as AccountId, to, currency, amount: sum }),
  execute: (state, order, { signers }) => {
    const from = signers[0] as AccountId
    debit(state, from, order)
    credit(state, order.to, order)
    return accept({ recipient: order.to, kind: 'bank.received', reference: from })
  },
})
