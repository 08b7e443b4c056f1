// registry.admit-patient: a hospital admits a pseudonymous account that belongs to no organization.
import { accept, defineTx } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { named, struct } from '../../vm/codec-compound.ts'
import { refuse } from './codes.ts'
import {
  checkNewAccount,
  exampleAccount,
  type NewAccount,
  newAccountCost,
  newAccountFields,
  putNewAccount,
  verifyNewAccount,
} from './new-account.ts'
import { organizationBehind } from './rights.ts'
import { REGISTRY } from './state.ts'

const payload = named('registry.admit-patient', struct(newAccountFields))

export const admitPatient = defineTx<NewAccount>({
  name: 'registry.admit-patient',
  tag: REGISTRY * 256 + 3,
  summary: 'Admit a pseudonymous patient account; a hospital signs.',
  payload,
  example: exampleAccount,
  cost: newAccountCost,
  verify: ({ payload: account, crypto }) => verifyNewAccount(account, crypto),
  authorize: (state, account, { signers }) => {
    const organization = organizationBehind(state, signers[0], ['hospital', 'admin'])
    if (organization?.kind !== 'hospital') return refuse('NOT_HOSPITAL')
    return checkNewAccount(state, account)
  },
  execute: (state, account, { signers, timeMs }) => {
    const hospital = organizationBehind(state, signers[0], ['hospital', 'admin'])
    assert(hospital !== undefined, 'an admission was not authorized')
    // The account does not name the hospital: who admitted it gets no power over it.
    putNewAccount(state, account, { organization: null, roles: ['patient'], timeMs })
    return accept({ recipient: account.id, kind: 'registry.admitted', reference: hospital.id })
  },
})
