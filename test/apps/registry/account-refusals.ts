// Refused changes of accounts, keys and organizations that exist.
import { KEYS_MAX } from '../../../apps/registry/state.ts'
import { START_MS } from '../world.ts'
import { type Case, fresh, majority, nobody, smallOrder } from './refusal-case.ts'

export const accountRefusals: readonly Case[] = [
  {
    why: 'roles of an unknown account',
    code: 'ACCOUNT_UNKNOWN',
    type: 'registry.set-roles',
    payload: () => ({ account: nobody, roles: ['doctor'] }),
    by: ['hospital-admin'],
  },
  {
    why: 'roles of another organization',
    code: 'NOT_ADMIN',
    type: 'registry.set-roles',
    payload: ({ id }) => ({ account: id('insurer-validator'), roles: ['validator'] }),
    by: ['hospital-admin'],
  },
  {
    why: 'roles of a patient',
    code: 'NOT_ADMIN',
    type: 'registry.set-roles',
    payload: ({ id }) => ({ account: id('account-1'), roles: ['patient'] }),
    by: ['hospital-admin'],
  },
  {
    why: 'roles beyond the kind of organization',
    code: 'ROLES_NOT_ALLOWED',
    type: 'registry.set-roles',
    payload: ({ id }) => ({ account: id('hospital'), roles: ['treasurer'] }),
    by: ['hospital-admin'],
  },
  {
    why: 'an admin gives up its own role',
    code: 'OWN_ADMIN',
    type: 'registry.set-roles',
    payload: ({ id }) => ({ account: id('hospital-admin'), roles: ['doctor'] }),
    by: ['hospital-admin'],
  },
  {
    why: 'an admin suspends itself',
    code: 'OWN_ADMIN',
    type: 'registry.set-status',
    payload: ({ id }) => ({ account: id('hospital-admin'), status: 'suspended' }),
    by: ['hospital-admin'],
  },
  {
    why: 'the status of an unknown account',
    code: 'ACCOUNT_UNKNOWN',
    type: 'registry.set-status',
    payload: () => ({ account: nobody, status: 'suspended' }),
    by: ['hospital-admin'],
  },
  {
    why: 'the status of another organization',
    code: 'NOT_ADMIN',
    type: 'registry.set-status',
    payload: ({ id }) => ({ account: id('insurer-validator'), status: 'suspended' }),
    by: ['hospital-admin'],
  },
  {
    why: 'an active account made active',
    code: 'STATUS_SAME',
    type: 'registry.set-status',
    payload: ({ id }) => ({ account: id('hospital'), status: 'active' }),
    by: ['hospital-admin'],
  },
  {
    why: 'the status of an unknown organization',
    code: 'ORGANIZATION_UNKNOWN',
    type: 'registry.set-organization-status',
    payload: () => ({ organization: nobody, status: 'suspended' }),
    by: majority,
  },
  {
    why: 'an active organization made active',
    code: 'STATUS_SAME',
    type: 'registry.set-organization-status',
    payload: ({ organization: id }) => ({ organization: id('helper-1'), status: 'active' }),
    by: majority,
  },
  {
    why: 'a new key that the account has',
    code: 'KEY_EXISTS',
    type: 'registry.rotate-key',
    payload: ({ keys }) => ({ publicKey: keys('account-1').publicKey }),
    by: ['account-1'],
  },
  {
    why: 'a new key that is over before it begins',
    code: 'KEY_VALIDITY',
    type: 'registry.rotate-key',
    payload: () => ({ publicKey: fresh('new').publicKey, untilMs: START_MS }),
    by: ['account-1'],
  },
  {
    why: 'a new key in place of an unknown one',
    code: 'KEY_UNKNOWN',
    type: 'registry.rotate-key',
    payload: () => ({ publicKey: fresh('new').publicKey, replaces: fresh('other').publicKey }),
    by: ['account-1'],
  },
  {
    why: 'a new key of small order',
    code: 'KEY_UNACCEPTABLE',
    type: 'registry.rotate-key',
    payload: () => ({ publicKey: smallOrder }),
    by: ['account-1'],
  },
  {
    why: 'a seventeenth active key',
    code: 'KEYS_FULL',
    type: 'registry.rotate-key',
    payload: () => ({ publicKey: fresh('one more').publicKey }),
    by: ['account-1'],
    before: ({ act }) => {
      for (let count = 1; count < KEYS_MAX; count++)
        act('registry.rotate-key', { publicKey: fresh(`key ${count}`).publicKey }, 'account-1')
    },
  },
  {
    why: 'a revocation in an unknown account',
    code: 'ACCOUNT_UNKNOWN',
    type: 'registry.revoke-key',
    payload: ({ keys }) => ({ account: nobody, publicKey: keys('account-1').publicKey }),
    by: ['account-1'],
  },
  {
    why: 'a revocation of an unknown key',
    code: 'KEY_UNKNOWN',
    type: 'registry.revoke-key',
    payload: ({ id }) => ({ account: id('account-1'), publicKey: fresh('other').publicKey }),
    by: ['account-1'],
  },
  {
    why: "a revocation of a patient's key by a hospital",
    code: 'NOT_ADMIN',
    type: 'registry.revoke-key',
    payload: ({ keys, id }) => ({
      account: id('account-1'),
      publicKey: keys('account-1').publicKey,
    }),
    by: ['hospital-admin'],
  },
  {
    why: 'the only key of an account, by itself',
    code: 'KEY_LAST',
    type: 'registry.revoke-key',
    payload: ({ keys, id }) => ({
      account: id('account-1'),
      publicKey: keys('account-1').publicKey,
    }),
    by: ['account-1'],
  },
  {
    why: 'an admin account is no validator account',
    code: 'NOT_VALIDATOR',
    type: 'registry.validator-ready',
    payload: () => ({}),
    by: ['hospital-admin'],
  },
  {
    why: 'a validator that misses nothing',
    code: 'NOT_SKIPPED',
    type: 'registry.validator-ready',
    payload: () => ({}),
    by: ['hospital-validator'],
  },
]
