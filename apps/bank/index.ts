// The bank: balances as claims on a settlement organization, escrows and bonds.
import { defineApp } from '../../vm/app.ts'
import { bankGenesis } from './genesis.ts'
import { BANK } from './state.ts'

export const bank = defineApp({
  name: 'bank',
  tag: BANK,
  txs: [],
  queries: [],
  genesis: bankGenesis,
})
