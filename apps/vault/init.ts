// vault.init: a hospital deals the key of a new committee; the polynomial stays with it, the shares travel in boxes.
import { accept, defineTx, type Refusal, type VerifyInput } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { decode } from '../../vm/codec.ts'
import { verifyEphemeral } from '../../vm/crypto/box.ts'
import { ristretto255 } from '../../vm/crypto/ristretto255.ts'
import { verifyLinear } from '../../vm/crypto/sigma.ts'
import { digest } from '../../vm/hash.ts'
import type { Reader, StateKey } from '../../vm/state.ts'
import type { Digest, OrganizationId } from '../../vm/types.ts'
import { lockBond } from '../bank/money.ts'
import { getAccount } from '../registry/state.ts'
import { refuse } from './codes.ts'
import { requireRole } from './committee.ts'
import { dealUnits } from './costs.ts'
import { sample } from './examples.ts'
import { committeeId, FIRST_EPOCH } from './ids.ts'
import { decodeKey, decodeKeys, deriveServerKeys } from './keys.ts'
import { requireParameters } from './parameters.ts'
import { type Init, initCodec } from './payloads.ts'
import { committeeTable, dealTable, offerTable, serverTable } from './state.ts'
import { blank, contentSession, keyStatement } from './statements.ts'
import { TAGS } from './tags.ts'

export function initSession(chainId: Digest, init: Init, slot: 'boxes' | 'secret'): Uint8Array {
  const { account } = init
  return contentSession(
    { chainId, type: 'vault.init', slot, account, object: committeeId(init), epoch: FIRST_EPOCH },
    initCodec,
    { ...init, boxProof: blank(64), secretProof: blank(64) },
  )
}

/** The hash by which the ledger remembers a box. */
export function boxHash(box: Uint8Array): Digest {
  return digest('vault.box', box)
}

function offerKeys(init: Init): readonly StateKey[] {
  const committee = committeeId(init)
  return init.servers.map((server) => offerTable.key(server, committee, FIRST_EPOCH))
}

function verify({ chainId, payload, facts, crypto }: VerifyInput<Init>) {
  const { group } = crypto
  const recipients = decodeKeys(
    group,
    facts.map((fact) => decode(offerTable.value, fact).boxKey),
  )
  const commitments = payload.commitments.map((bytes) => group.decode(bytes))
  const E = decodeKey(group, payload.boxPoint)
  const A0 = decodeKey(group, payload.commitments[0] ?? blank(32))
  const leading = decodeKey(group, payload.commitments.at(-1) ?? blank(32))
  if (!recipients || !E || !A0 || !leading || !isComplete(commitments))
    return refuse('POINT_INVALID')
  const serverKeys = deriveServerKeys(group, commitments, payload.servers.length)
  if (serverKeys.some((key) => group.isIdentity(key))) return refuse('POINT_INVALID')
  const boxes = { E, recipients, session: initSession(chainId, payload, 'boxes') }
  if (!verifyEphemeral(group, boxes, payload.boxProof)) return refuse('PROOF_BOX')
  const secret = keyStatement(initSession(chainId, payload, 'secret'), A0)
  return verifyLinear({ ...secret, group, proof: payload.secretProof, form: 'short' })
    ? ({ ok: true } as const)
    : refuse('PROOF_SECRET')
}

function isComplete<T>(items: readonly (T | undefined)[]): items is readonly T[] {
  return !items.includes(undefined)
}

function hasFittingSizes({ threshold, minimum, servers, commitments, boxes }: Init): boolean {
  const seats = servers.length
  return (
    threshold <= seats &&
    commitments.length === threshold &&
    boxes.length === seats &&
    minimum >= threshold + Math.floor((seats - 1) / 3) &&
    minimum <= seats
  )
}

/** The organizations of the seats in order; a refusal if a server is none, or two seats or the dealer are of one organization. */
function seatOrganizations(state: Reader, init: Init): Refusal | readonly OrganizationId[] {
  const organizations: OrganizationId[] = []
  for (const server of init.servers) {
    const found = serverTable.get(state, server)
    if (found === undefined) return refuse('SERVER_UNKNOWN')
    organizations.push(found.organization)
  }
  const dealer = getAccount(state, init.account)?.organization
  const distinct = new Set([...organizations, dealer]).size === organizations.length + 1
  return distinct ? organizations : refuse('COMMITTEE_MEMBERS')
}

function authorize(state: Reader, init: Init): Refusal | undefined {
  if (!hasFittingSizes(init)) return refuse('COMMITTEE_SIZE')
  if (committeeTable.get(state, committeeId(init)) !== undefined) return refuse('COMMITTEE_EXISTS')
  if (init.bond < requireParameters(state).dealerBondMin) return refuse('BOND_TOO_SMALL')
  const organizations = seatOrganizations(state, init)
  if ('ok' in organizations) return organizations
  const missing = offerKeys(init).some((key) => state.get(key) === undefined)
  return missing ? refuse('OFFER_MISSING') : undefined
}

/** Public keys of seats are derived again here, with small factors: verdicts bring no values. */
function serverKeysOf(init: Init): readonly Uint8Array[] {
  const commitments = init.commitments.map((bytes) => ristretto255.decode(bytes))
  assert(isComplete(commitments), 'verify has decoded the commitments')
  return deriveServerKeys(ristretto255, commitments, init.servers.length).map(ristretto255.encode)
}

export const init = defineTx({
  name: 'vault.init',
  tag: TAGS['vault.init'],
  summary: 'Deals the key of a new committee of servers.',
  payload: initCodec,
  example: {
    account: sample('01'),
    nonce: sample('02', 16),
    threshold: 2,
    minimum: 2,
    servers: [sample('03'), sample('04')],
    commitments: [sample('05'), sample('06')],
    boxPoint: sample('07'),
    boxProof: sample('08', 64),
    secretProof: sample('09', 64),
    boxes: [sample('0a', 48), sample('0b', 48)],
    currency: 'USD',
    bond: '0',
  },
  cost: ({ servers }) => dealUnits(servers.length),
  facts: offerKeys,
  verify,
  authorize: (state, payload, context) =>
    requireRole(state, { account: payload.account, role: 'hospital' }, context) ??
    authorize(state, payload),
  execute: (state, payload, { timeMs, txId }) => {
    const { account, servers, threshold, minimum, commitments, boxPoint } = payload
    const organizations = seatOrganizations(state, payload)
    const organization = getAccount(state, account)?.organization
    assert(!('ok' in organizations) && organization, 'authorize has found the organizations')
    const parameters = requireParameters(state)
    const complaintsEndMs = timeMs + parameters.complaintWindowMs
    const acksEndMs = complaintsEndMs + parameters.ackWindowMs
    if (payload.bond > 0n) {
      const { currency } = parameters
      const order = { owner: account, currency, amount: payload.bond, untilMs: acksEndMs }
      const refusal = lockBond(state, order)
      if (refusal !== undefined) return refusal
    }
    const committee = committeeId(payload)
    const boxKeys = servers.map((server) => {
      const offer = offerTable.get(state, server, committee, FIRST_EPOCH)
      assert(offer !== undefined, 'authorize has found the offers')
      return offer.boxKey
    })
    const serverKeys = serverKeysOf(payload)
    const boxHashes = payload.boxes.map(boxHash)
    dealTable.put(
      state,
      {
        threshold,
        servers,
        organizations,
        commitments,
        serverKeys,
        boxPoint,
        boxKeys,
        boxHashes,
        txId,
      },
      committee,
      FIRST_EPOCH,
    )
    committeeTable.put(
      state,
      {
        account,
        organization,
        epoch: FIRST_EPOCH,
        minimum,
        currency: payload.currency,
        dealtMs: timeMs,
        complaintsEndMs,
        acksEndMs,
        acks: [],
        fault: null,
      },
      committee,
    )
    const dealt = { kind: 'vault.dealt', reference: committee }
    return accept(...servers.map((server) => ({ ...dealt, recipient: server })))
  },
})
