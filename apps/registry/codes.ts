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
  NOT_SPONSOR:
    'The first signer is no active admin of an organization with a validator in the set.',
  ROLE_MISSING: 'The account is not active or has not the role validator.',
  CANDIDATE_EXISTS: 'The account has a candidate already; withdraw it first.',
  CANDIDATE_UNKNOWN: 'No candidate has this account and exactly these keys.',
  CANDIDATE_NOT_READY:
    'The candidate has not said within the last hour that it has caught up; start its node.',
  CANDIDATES_FULL: 'The sponsor, or the chain, has as many candidates as it may have.',
  KEY_IN_USE:
    'The key is that of a validator, a candidate or an account behind one; make new keys.',
  KEY_SUSPENDED: 'Evidence was given against this consensus key; make a new one.',
  KEYS_SAME: 'The seat has these keys already.',
  SEAT_TAKEN: 'The account has a seat already.',
  NOT_SEATED: 'The validator has no seat, or loses it already.',
  QUORUM_MISSING: 'Admins of more organizations with a validator in the set must vote.',
  VOTE_SIGNATURE: 'A vote is not signed by its key for this change, chain and window.',
  WINDOW_LENGTH: 'The window ends before it begins or is longer than thirty days.',
  WINDOW_CLOSED: "The block's time is not in the window in which the votes count.",
  PROPOSAL_USED: 'This proposal took effect already; make a new one.',
  PROPOSALS_FULL: 'Too many proposals took effect in this window; wait until theirs are over.',
  EVIDENCE_EMPTY: 'The two votes do not contradict each other: a correct validator may sign both.',
  EVIDENCE_SIGNATURE: 'A vote is not signed by the accused key for this chain.',
  EVIDENCE_AGE: 'The votes are of a height that is not decided yet or too long ago.',
  EVIDENCE_USED: 'Evidence against this key was accepted before.',
  NOT_CANDIDATE: 'The first signer has no candidate with this consensus key.',
  READY_ALREADY: 'The candidate said so less than ten minutes ago.',
  CHANGE_IN_BLOCK: 'This block has changed the validators already; send it again.',
  VALIDATOR_LAST: 'Nobody would be left to decide; the last validator stays.',
  SET_FULL: 'The set has as many validators as it may have; remove one first.',
  TOO_FEW_ALIVE:
    'Fewer validators would be alive than the new set needs for a decision; bring one back first.',
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
