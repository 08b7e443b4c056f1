// Why the vault says no.
import { refuseWith } from '../../vm/app.ts'

export const codes = {
  NOT_SIGNER: 'The acting account is none of the signers.',
  ROLE_MISSING:
    'The acting account, or its organization, is not active in the role that this needs.',
  POINT_INVALID:
    'A point is no canonical encoding, or the identity where a key or a record stands.',
  KEY_USED: 'One-time keys serve once on this chain; draw a new one.',

  SERVER_EXISTS: 'The account is registered as a server already.',
  SERVER_UNKNOWN: 'No server has this account.',
  SERVER_LEAVING: 'The server has taken leave; it takes no seat any more.',
  BOND_TOO_SMALL: 'The bond is below the minimum of the genesis.',
  OFFER_EXISTS: 'The server has offered a key for this committee and epoch already.',
  OFFER_MISSING: 'One of the servers has offered no key for this committee and epoch.',

  COMMITTEE_EXISTS: 'The id of the committee was used before; draw a new nonce.',
  COMMITTEE_SIZE:
    'Sizes must fit: 2 <= t <= n, one box for each of n servers, t commitments, t + floor((n - 1) / 3) <= minimum <= n.',
  COMMITTEE_MEMBERS: 'The servers must be of distinct organizations, none of them the dealer’s.',
  COMMITTEE_UNKNOWN: 'No committee has this id.',
  COMMITTEE_ABORTED: 'The deal was aborted; it never becomes active.',
  COMMITTEE_INACTIVE: 'The committee is not active at this block time.',
  EPOCH_WRONG: 'The committee is in another epoch.',
  NOT_DEALER: 'Only the account that dealt the key deals it again.',
  RESHARE_PENDING: 'The newest deal of the key is not decided yet; one at a time.',
  SECRET_DIFFERS: 'The key is dealt again, not another: A_0 must be the key of the committee.',
  NOT_MEMBER: 'The acting account does not hold this seat of the committee.',
  COMPLAINTS_CLOSED: 'The complaint window of the deal is over.',
  COMPLAINTS_OPEN: 'Acknowledge after the complaint window.',
  ACKS_CLOSED: 'The acknowledgement window of the deal is over.',
  ACK_EXISTS: 'The seat has acknowledged already.',
  KEYS_DIFFER: 'The acknowledged keys are not those of the deal.',
  BOX_DIFFERS: 'The box is not the one that was dealt to this seat.',

  KEYSET_INACTIVE: 'The keyset has no keys at this block time.',
  KEYSET_PURPOSE: 'The keyset has no key for sums.',
  KEYSET_WEAK: 'Of the keyset, t + floor((n - 1) / 3) members must be able to answer.',
  WRITERS:
    'Writer organizations are named once each in ascending order, that of the acting account among them.',
  ADMIN_MISSING: 'An admin of every organization that writes, now or from now on, must sign.',

  WRITER_NOT_ALLOWED: 'The organization of the acting account does not write for this committee.',
  GRANT_MISSING:
    'No grant of the patient lets this organization write under this tag and policy now.',
  GRANT_REPEATED: 'This very grant was given before; the patient proves a new one.',
  GRANT_EXPIRY: 'The grant or consent would expire before it begins.',
  RECORD_EXISTS: 'The id of the record was used before; draw a new nonce.',
  NULLIFIER_USED: 'The invoice is recorded already; this counts as done.',
  EPHEMERAL_USED:
    'R was used before in this committee; two amounts under one r tell their difference.',
  RECORD_UNKNOWN: 'No record has this id, or it is of another committee.',
  RECORD_VOID: 'The record is void.',
  RECORD_PINNED: 'The record was asked for; it cannot be withdrawn.',
  RECORD_FREE: 'Nobody has asked for the record; withdraw it instead.',
  RECORD_REVERSED: 'The record was reversed.',
  RECORD_REVERSAL: 'The record reverses another; it has no receipt and stays as it is.',
  TAG_USED: 'A record of this committee has this one-time tag already.',
  DISPUTES_CLOSED: 'The dispute window of the record is over.',

  CONSENT_EXISTS: 'The id of the consent was used before; draw a new nonce.',
  CONSENT_UNKNOWN: 'No consent has this id.',
  CONSENT_REVOKED: 'The consent is revoked.',
  CONSENT_EXPIRED: 'The consent has expired.',
  CONSENT_USED_UP: 'The consent was used as often as it allows.',
  CONSENT_SCOPE: 'The consent is for another insurer, committee, bucket or set.',

  QUERY_EXISTS: 'The id of the query was used before; draw a new answer key.',
  SEAT_HELD: 'The organization of the insurer holds a seat of the committee.',
  SEGMENT_UNKNOWN:
    'The bucket has no segment of this number yet; ask for the open one or a closed one.',
  SET_ORDER: 'The records of a set are named once each, in ascending order.',
  SET_TOO_SMALL: 'Fewer records than the minimum of the genesis; the consent does not waive it.',
  SET_OVERLAPS: 'A record of the set was asked for in another set.',
  SUM_IDENTITY: 'The sum of the records’ R is the identity; nothing could be answered.',
  BUSY: 'The committee has as many open queries as the genesis allows; try again later.',
  QUERY_UNKNOWN: 'No query has this id, or it is of another committee.',
  QUERY_CLOSED: 'The query was timed out.',
  DEADLINE_PASSED: 'The deadline of the query has passed.',
  DEADLINE_OPEN: 'The deadline of the query has not passed yet.',
  RESPONSE_EXISTS: 'The seat has answered already.',
  NOT_ACKNOWLEDGED: 'The seat never acknowledged the deal, so it is no member.',
  NOT_INSURER: 'The query was asked by another account.',
  RESULT_EXISTS: 'The query has its result.',
  RESULT_MISSING: 'The query has no result yet.',
  SETTLED: 'The query is settled already.',

  POLICY_UNKNOWN: 'Nobody has agreed on this policy, or it is not that of the segment.',
  POLICY_VERSION: 'Each version is one more than the last, and only the last one is settled by.',
  POLICY_INSURER: 'The policy is another insurer’s.',
  POLICY_TERMS:
    'Terms must fit: amounts below 2^56, the escrow at most the cap, and none for committed payouts.',
  POLICY_FIXED: 'Currency and kind of payout stay as they are once something was settled.',
  POLICY_OVER: 'The time for settling by this policy is over, or would be from the start.',
  POLICY_OPEN: 'The time for settling by this policy is not over yet.',
  POLICY_CLOSED: 'Nothing is put aside for this policy.',
  CURRENCY_DIFFERS: 'The policy is in another currency than the committee’s records.',
  PAYOUT_SEGMENT: 'Only whole segments are paid for.',
  PAYOUT_TOTAL: 'The total is not what its regime and the terms allow.',
  SEGMENT_SETTLED: 'The segment is paid for already.',
  SUM_MOVED: 'Something was settled meanwhile; prove it again upon the new sum.',

  CLASS_KEY_REPEATED: 'Two classes have the same key; whoever holds one would hold both.',
  CLASS_NOT_HELD:
    'The seat does not hold this class, or the classes are not named once each in ascending order.',
  SCALAR_INVALID: 'A scalar is not below the order of the group.',
  SHARES_COUNT: 'A record has one share for each class of its committee.',
  NONCE_USED:
    'The nonce was used before in this committee; two amounts under one nonce tell their difference.',
  SEGMENT_FULL:
    'The open segment has as many records as a sum below 2^48 allows; ask for it first.',
  RECORD_BAD: 'A share of the record was proven to be wrong; ask for the set without it.',
  SET_BAD: 'A record of the set was proven to be bad; ask for the set without it.',
  SET_TOO_LARGE: 'Too many records for the classes of this committee; ask for fewer at once.',
  FAULT_KNOWN: 'This fault is on the ledger already.',
  ANSWER_MODE: 'The committee was dealt for the other kind of answers.',
  ANSWER_UNKNOWN: 'The seat has no answer for this class that could be complained about.',
  DEPOSIT_TOO_SMALL: 'The deposit is below the least bond of a server.',

  PROOF_BOX_KEY: 'No knowledge of the offered box key is proven.',
  PROOF_BOX: 'No knowledge of the exponent behind the boxes is proven.',
  PROOF_SECRET: 'No knowledge of the committee’s key is proven.',
  PROOF_OPENING: 'The opening of the box is not proven to be right.',
  PROOF_RECORD: 'The proof that ciphertext and commitment hold the same amount is wrong.',
  RANGE_PROOF: 'The proof that every amount is below 2^32 is wrong.',
  PROOF_TAG: 'No knowledge of the key behind the tag is proven.',
  PROOF_CONSENT: 'No knowledge of the keys behind all tags of the consent is proven.',
  PROOF_ANSWER_KEY: 'No knowledge of the answer key is proven.',
  PROOF_RESPONSE: 'The response is not proven to be the server’s part of the sum.',
  PROOF_SEED: 'The seed is not proven to be that of the class for this record.',
  PROOF_ANSWER: 'The answer is not proven to be the sum of its class.',
  PROOF_SETTLEMENT: 'The commitment is not proven to open to the result.',
  PROOF_PAYOUT: 'The total is not proven to follow from the sum and the terms.',
} as const

export type Code = keyof typeof codes

export const refuse = (code: Code) => refuseWith(code)
