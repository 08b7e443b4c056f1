// The registry: organizations, accounts, roles, keys, validators and their rotation.
import { defineApp } from '../../vm/app.ts'
import { admitAccount } from './admit-account.ts'
import { admitCandidate } from './admit-candidate.ts'
import { admitOrganization } from './admit-organization.ts'
import { admitPatient } from './admit-patient.ts'
import { changeValidators } from './change-validators.ts'
import { evidence } from './evidence.ts'
import { queries } from './queries.ts'
import { revokeKey } from './revoke-key.ts'
import { rotateKey } from './rotate-key.ts'
import { setOrganizationStatus } from './set-organization-status.ts'
import { setRoles } from './set-roles.ts'
import { setStatus } from './set-status.ts'
import { REGISTRY } from './state.ts'
import { validatorReady } from './validator-ready.ts'
import { withdrawCandidate } from './withdraw-candidate.ts'

export const registry = defineApp({
  name: 'registry',
  tag: REGISTRY,
  txs: [
    admitOrganization,
    admitAccount,
    admitPatient,
    setRoles,
    rotateKey,
    revokeKey,
    setStatus,
    validatorReady,
    setOrganizationStatus,
    admitCandidate,
    withdrawCandidate,
    changeValidators,
    evidence,
  ],
  queries,
})
