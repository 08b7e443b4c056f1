// Why the registry says no.
import { refuseWith } from '../../vm/app.ts'

export const codes = {
  ACCOUNT_EXISTS: 'An account with this id exists; choose another random id.',
  ACCOUNT_UNKNOWN: 'No account has this id.',
  ORGANIZATION_EXISTS: 'An organization with this id exists; choose another random id.',
  ORGANIZATION_UNKNOWN: 'No organization has this id.',
  NOT_ADMIN: "The first signer is no active admin of the account's organization.",
  NOT_HOSPITAL: 'Patients are admitted by an admin or hospital account of a hospital.',
  NOT_VALIDATOR: 'The first signer is not the account of a validator.',
  NOT_SKIPPED: 'The validator is not skipped, so there is nothing to end.',
  VOTES_MISSING: 'Active admins of a majority of the active founding organizations must sign.',
  ROLES_NOT_ALLOWED:
    'The organization is of a kind that may not give one of these roles, or none is given.',
  OWN_ADMIN: 'An admin takes neither its own admin role nor its own status: another admin does.',
  KEY_UNACCEPTABLE:
    'The Ed25519 key is not canonical, of small order or outside the prime-order group.',
  KEY_EXISTS: 'The account knows this key already, perhaps as a revoked one.',
  KEY_UNKNOWN: 'The account has no active key like this.',
  KEY_VALIDITY: 'The validity of the new key ends before it begins.',
  KEY_LAST: 'The account would be left without an active key; add the new one first.',
  KEYS_FULL: 'The account has as many active keys as it may have; revoke one first.',
  ENCRYPTION_KEY_UNACCEPTABLE: 'The encryption key is not a ristretto255 point or is the identity.',
  STATUS_SAME: 'It has this status already.',
} as const

export type Code = keyof typeof codes

export const refuse = (code: Code) => refuseWith(code)
