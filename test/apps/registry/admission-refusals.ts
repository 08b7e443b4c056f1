// Refused admissions of organizations, accounts and patients.
import type { JsonValue } from '../../../vm/codec.ts'
import type { World } from '../world.ts'
import {
  type Case,
  fresh,
  majority,
  mixedOrder,
  nobody,
  notCanonical,
  smallOrder,
} from './refusal-case.ts'

const admission = (name: string, more: { readonly [key: string]: JsonValue } = {}) => {
  const { account: id, publicKey } = fresh(name)
  return { id, publicKey, ...more }
}
const organization = (name: string, more: { readonly [key: string]: JsonValue } = {}) => ({
  id: fresh(`organization ${name}`).account,
  name,
  kind: 'insurer',
  account: admission(name, { roles: ['insurer', 'admin'] }),
  ...more,
})
const suspendHospital = ({ act, organization: idOf }: World) => {
  const payload = { organization: idOf('hospital'), status: 'suspended' }
  act('registry.set-organization-status', payload, ...majority)
}

export const admissionRefusals: readonly Case[] = [
  {
    why: 'two of four founders are no majority',
    code: 'VOTES_MISSING',
    type: 'registry.admit-organization',
    payload: () => organization('two'),
    by: ['hospital-admin', 'insurer-admin'],
  },
  {
    why: 'a helper organization has no vote',
    code: 'VOTES_MISSING',
    type: 'registry.admit-organization',
    payload: () => organization('helper'),
    by: ['hospital-admin', 'insurer-admin', 'helper-1'],
  },
  {
    why: 'a founder votes by an admin only',
    code: 'VOTES_MISSING',
    type: 'registry.set-organization-status',
    payload: ({ organization: id }) => ({ organization: id('insurer'), status: 'suspended' }),
    by: ['hospital-admin', 'insurer-admin', 'authority-1-validator'],
  },
  {
    why: 'a suspended founder does not vote',
    code: 'VOTES_MISSING',
    type: 'registry.admit-organization',
    payload: () => organization('suspended'),
    by: ['hospital-admin', 'insurer-admin'],
    before: suspendHospital,
  },
  {
    why: 'the id of an organization is taken',
    code: 'ORGANIZATION_EXISTS',
    type: 'registry.admit-organization',
    payload: ({ organization: id }) => organization('again', { id: id('treasury') }),
    by: majority,
  },
  {
    why: 'the first account must be admin',
    code: 'ROLES_NOT_ALLOWED',
    type: 'registry.admit-organization',
    payload: () => organization('x', { account: admission('x', { roles: ['insurer'] }) }),
    by: majority,
  },
  {
    why: 'the first account exists',
    code: 'ACCOUNT_EXISTS',
    type: 'registry.admit-organization',
    payload: ({ id }) =>
      organization('x', { account: admission('x', { id: id('insurer-admin'), roles: ['admin'] }) }),
    by: majority,
  },
  {
    why: 'a key of small order',
    code: 'KEY_UNACCEPTABLE',
    type: 'registry.admit-organization',
    payload: () =>
      organization('x', { account: admission('x', { publicKey: smallOrder, roles: ['admin'] }) }),
    by: majority,
  },
  {
    why: 'a doctor admits nobody',
    code: 'NOT_ADMIN',
    type: 'registry.admit-account',
    payload: () => admission('x', { roles: ['doctor'] }),
    by: ['hospital'],
  },
  {
    why: 'the admin of a suspended organization admits nobody',
    code: 'NOT_ADMIN',
    type: 'registry.admit-account',
    payload: () => admission('x', { roles: ['doctor'] }),
    by: ['hospital-admin'],
    before: suspendHospital,
  },
  {
    why: 'an insurer has no doctors',
    code: 'ROLES_NOT_ALLOWED',
    type: 'registry.admit-account',
    payload: () => admission('x', { roles: ['doctor'] }),
    by: ['insurer-admin'],
  },
  {
    why: 'nobody makes a patient of an employee',
    code: 'ROLES_NOT_ALLOWED',
    type: 'registry.admit-account',
    payload: () => admission('x', { roles: ['patient'] }),
    by: ['hospital-admin'],
  },
  {
    why: 'an account has a role',
    code: 'ROLES_NOT_ALLOWED',
    type: 'registry.admit-account',
    payload: () => admission('x', { roles: [] }),
    by: ['hospital-admin'],
  },
  {
    why: 'the id of an account is taken',
    code: 'ACCOUNT_EXISTS',
    type: 'registry.admit-account',
    payload: ({ id }) => admission('x', { id: id('treasury'), roles: ['doctor'] }),
    by: ['hospital-admin'],
  },
  {
    why: 'the identity as encryption key',
    code: 'ENCRYPTION_KEY_UNACCEPTABLE',
    type: 'registry.admit-account',
    payload: () => admission('x', { encryptionKey: nobody, roles: ['doctor'] }),
    by: ['hospital-admin'],
  },
  {
    why: 'an encryption key that is no point',
    code: 'ENCRYPTION_KEY_UNACCEPTABLE',
    type: 'registry.admit-patient',
    payload: () => admission('x', { encryptionKey: '0x'.padEnd(66, 'f') }),
    by: ['hospital'],
  },
  {
    why: 'an insurer admits no patients',
    code: 'NOT_HOSPITAL',
    type: 'registry.admit-patient',
    payload: () => admission('x'),
    by: ['insurer-admin'],
  },
  {
    why: "a hospital's validator admits no patients",
    code: 'NOT_HOSPITAL',
    type: 'registry.admit-patient',
    payload: () => admission('x'),
    by: ['hospital-validator'],
  },
  {
    why: 'a patient exists',
    code: 'ACCOUNT_EXISTS',
    type: 'registry.admit-patient',
    payload: ({ id }) => admission('x', { id: id('account-1') }),
    by: ['hospital'],
  },
  {
    why: 'a key in a second spelling',
    code: 'KEY_UNACCEPTABLE',
    type: 'registry.admit-patient',
    payload: () => admission('x', { publicKey: notCanonical }),
    by: ['hospital'],
  },
  {
    why: 'a key outside the prime-order group',
    code: 'KEY_UNACCEPTABLE',
    type: 'registry.admit-patient',
    payload: () => admission('x', { publicKey: mixedOrder }),
    by: ['hospital'],
  },
]
