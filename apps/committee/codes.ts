// Why the committee says no.
import { refuseWith } from '../../vm/app.ts'

export const codes = {
  NOT_SIGNER: 'The acting account is none of the signers.',
  ROLE_MISSING:
    'The acting account, or its organization, is not active in the role that this needs.',
  POINT_INVALID: 'A point is no canonical encoding, or the identity where a key stands.',
  KEY_USED: 'Box keys serve once on this chain; draw a new one.',

  KEYSET_UNKNOWN: 'No keyset has this id.',
  KEYSET_PENDING: 'The newest epoch of the keyset is not decided yet; one at a time.',
  KEYSET_ACTIVE: 'The keyset has its keys; they are reshared, never made anew.',
  KEYSET_INACTIVE: 'The keyset has no keys at this block time; there is nothing to reshare.',
  PURPOSES: 'A purpose stands once.',
  RESHARE_PURPOSE:
    'Former members could foretell a beacon or read what a market asks: such keys are made anew, not reshared.',
  RESHARE_RIGHT:
    'A resharing is opened by who started the keyset, or by as many of its members as it takes to use the key, at most eight.',
  EPOCH_WRONG: 'The epoch is not the one that is due.',
  COMMITTEE_SIZE:
    'Sizes must fit: 2 <= t <= n, max(t, n - floor((n - 1) / 3)) <= minimum <= n, purposes * t * n <= 256.',
  COMMITTEE_MEMBERS: 'Members are helpers of distinct organizations.',
  MEMBER_BARRED: 'A member was at fault in an earlier epoch of this keyset.',

  ABORTED: 'The epoch was aborted: too few offers, dealings or acknowledgements.',
  NOT_MEMBER: 'The acting account does not hold this seat.',
  AT_FAULT: 'The acting account is at fault in this epoch and has no more part in it.',
  BOND_TOO_SMALL: 'The bond of the member is below what the keyset asks for; add to it first.',
  OFFER_EXISTS: 'The member has offered a key for this epoch already.',
  OFFERS_OPEN: 'Not all members have offered yet, and the window is not over.',
  OFFERS_CLOSED: 'The window of the offers is over.',
  DEAL_EXISTS: 'The dealer has dealt already.',
  DEAL_SIZE: 'A dealing has a box for each seat, and t commitments for each purpose of the plan.',
  DEALS_CLOSED: 'The window of the dealings is over.',
  RECIPIENTS_DIFFER: 'The recipients are not the seats in their order.',
  SECRET_DIFFERS: 'A resharing deals the old share: the constant term must be the old seat’s key.',
  DEAL_UNKNOWN: 'There is no dealing by this seat.',
  DEAL_OPENED: 'A share of this dealing was opened already; it counts no more.',
  BOX_DIFFERS: 'The box is not the one that was dealt to this seat.',
  COMPLAINTS_OPEN: 'Acknowledge after the window of the complaints.',
  COMPLAINTS_CLOSED: 'The window of the complaints is over.',
  ACKS_CLOSED: 'The window of the acknowledgements is over.',
  ACK_EXISTS: 'The seat has acknowledged already.',
  QUALIFIED_DIFFER: 'The dealers are not those whose dealings make the key.',
  KEYS_DIFFER: 'The acknowledged keys are not those of the dealings.',

  PROOF_BOX_KEY: 'No knowledge of the offered box key is proven.',
  PROOF_BOX: 'No knowledge of the exponent behind the boxes is proven.',
  PROOF_SECRET: 'No knowledge of a constant term is proven.',
  PROOF_OPENING: 'The opening of the box is not proven to be right.',
} as const

export const refuse = (code: keyof typeof codes) => refuseWith(code)
