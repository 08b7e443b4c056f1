// server.register: an account offers to hold shares of keys, with a bond.

import { accept, defineTx } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { sample } from '../../vm/example.ts'
import { holdBond, lockBond } from '../bank/money.ts'
import { getAccount } from '../registry/state.ts'
import { refuse } from './codes.ts'
import { requireRole } from './committee.ts'
import { proofUnits } from './costs.ts'
import { requireParameters } from './parameters.ts'
import { serverRegisterCodec } from './payloads.ts'
import { serverTable } from './state.ts'
import { TAGS } from './tags.ts'

/** The account is the server's id; a server acts for the account's organization. */
export const serverRegister = defineTx({
  name: 'server.register',
  tag: TAGS['server.register'],
  summary: 'Registers an account as a server of vaults; its bond is held until it leaves.',
  payload: serverRegisterCodec,
  example: { account: sample('01'), bond: '100000' },
  cost: () => proofUnits(0),
  authorize: (state, { account, bond }, context) => {
    const refusal = requireRole(state, { account, role: 'helper' }, context)
    if (refusal !== undefined) return refusal
    if (serverTable.get(state, account) !== undefined) return refuse('SERVER_EXISTS')
    if (getAccount(state, account)?.organization === null) return refuse('ROLE_MISSING')
    return bond < requireParameters(state).serverBondMin ? refuse('BOND_TOO_SMALL') : undefined
  },
  execute: (state, { account, bond }, { timeMs }) => {
    const organization = getAccount(state, account)?.organization
    assert(organization, 'authorize has found the organization')
    const { currency } = requireParameters(state)
    if (bond > 0n) {
      const refusal = lockBond(state, { owner: account, currency, amount: bond, untilMs: timeMs })
      if (refusal !== undefined) return refusal
    }
    holdBond(state, { owner: account, currency })
    serverTable.put(state, { organization, bond, leavesMs: null }, account)
    return accept({ recipient: organization, kind: 'vault.server-registered', reference: account })
  },
})
