// Read-only views of the bank for RPC.
import { defineQuery, type Query } from '../../vm/app.ts'
import { struct } from '../../vm/codec-compound.ts'
import { amount, hex, id32, uint } from '../../vm/codec-scalar.ts'
import type { AccountId } from '../../vm/types.ts'
import { accountExists } from '../registry/state.ts'
import { refuse } from './codes.ts'
import {
  balanceOf,
  bondOf,
  currencyCodec,
  escrowCodec,
  getEscrow,
  getSupply,
  supplyCodec,
} from './state.ts'

const holding = struct({ account: hex<AccountId>(32), currency: currencyCodec })
const exampleHolding = { account: '0x'.padEnd(66, '1c'), currency: 'USD' }

const balance = defineQuery({
  name: 'bank.balance',
  summary: 'What an account may spend, in minor units.',
  parameters: holding,
  result: struct({ amount }),
  example: exampleHolding,
  run: (state, { account, currency }) =>
    accountExists(state, account)
      ? { amount: balanceOf(state, account, currency) }
      : refuse('ACCOUNT_UNKNOWN'),
})

const bond = defineQuery({
  name: 'bank.bond',
  summary: 'The bond of an account and the last block time at which it is locked.',
  parameters: holding,
  result: struct({ amount, lockedUntilMs: uint() }),
  example: exampleHolding,
  run: (state, { account, currency }) =>
    accountExists(state, account) ? bondOf(state, account, currency) : refuse('ACCOUNT_UNKNOWN'),
})

const supply = defineQuery({
  name: 'bank.supply',
  summary: 'Who stands for a currency, and what was issued, redeemed and burned so far.',
  parameters: struct({ currency: currencyCodec }),
  result: supplyCodec,
  example: { currency: 'USD' },
  run: (state, { currency }) => getSupply(state, currency) ?? refuse('CURRENCY_UNKNOWN'),
})

const escrow = defineQuery({
  name: 'bank.escrow',
  summary: 'An open escrow: its payer and its amount.',
  parameters: struct({ escrow: id32 }),
  result: escrowCodec,
  example: { escrow: '0x'.padEnd(66, 'e5') },
  run: (state, { escrow: id }) => getEscrow(state, id) ?? refuse('ESCROW_UNKNOWN'),
})

export const queries: readonly Query[] = [balance, supply, bond, escrow]
