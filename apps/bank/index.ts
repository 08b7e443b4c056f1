// The bank: balances as claims on a settlement organization, escrows and bonds.
import { defineApp } from '../../vm/app.ts'
import { assertConserved } from './conservation.ts'
import { bankGenesis } from './genesis.ts'
import { issue } from './issue.ts'
import { queries } from './queries.ts'
import { redeem } from './redeem.ts'
import { releaseBond } from './release-bond.ts'
import { BANK } from './state.ts'
import { transferMoney } from './transfer.ts'

export const bank = defineApp({
  name: 'bank',
  tag: BANK,
  txs: [issue, redeem, transferMoney, releaseBond],
  queries,
  genesis: bankGenesis,
  invariant: assertConserved,
})
