// vault.init: a hospital deals the key of a new committee; the polynomial stays with it, the shares travel in boxes.

import { accept, defineTx, type Refusal, type VerifyInput } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { decode } from '../../vm/codec.ts'
import { verifyEphemeral } from '../../vm/crypto/box.ts'
import { decodeKey, decodeKeys, keyStatement } from '../../vm/crypto/keys.ts'
import { ristretto255 } from '../../vm/crypto/ristretto255.ts'
import { verifyLinear } from '../../vm/crypto/sigma.ts'
import { sample } from '../../vm/example.ts'
import type { Reader } from '../../vm/state.ts'
import type { Digest } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { requireRole } from './committee.ts'
import { dealUnits } from './costs.ts'
import { authorizeDeal, boxHash, hasFittingSeats, offerKeys, openCommittee } from './deals.ts'
import { committeeId, FIRST_EPOCH } from './ids.ts'
import { deriveServerKeys } from './keys.ts'
import { type Init, initCodec } from './payloads.ts'
import { dealTable, offerTable, publicKeyTable } from './state.ts'
import { blank, contentSession } from './statements.ts'
import { TAGS } from './tags.ts'

export function initSession(chainId: Digest, init: Init, slot: 'boxes' | 'secret'): Uint8Array {
  const { account } = init
  return contentSession(
    { chainId, type: 'vault.init', slot, account, object: committeeId(init), epoch: FIRST_EPOCH },
    initCodec,
    { ...init, boxProof: blank(64), secretProof: blank(64) },
  )
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

function hasFittingSizes(init: Init): boolean {
  const { threshold, servers, commitments, boxes } = init
  return (
    hasFittingSeats(init) && commitments.length === threshold && boxes.length === servers.length
  )
}

function authorize(state: Reader, init: Init): Refusal | undefined {
  return hasFittingSizes(init) ? authorizeDeal(state, init) : refuse('COMMITTEE_SIZE')
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
  execute: (state, payload, context) => {
    const { servers, threshold, commitments, boxPoint } = payload
    const opened = openCommittee(state, payload, context)
    if ('ok' in opened) return opened
    const { committee, organizations, boxKeys } = opened
    const serverKeys = serverKeysOf(payload)
    const boxHashes = payload.boxes.map(boxHash)
    const keys = { commitments, serverKeys, boxPoint, boxKeys, boxHashes }
    const { txId } = context
    dealTable.put(
      state,
      { threshold, servers, organizations, ...keys, txId },
      committee,
      FIRST_EPOCH,
    )
    publicKeyTable.put(state, commitments[0] ?? blank(32), committee)
    const dealt = { kind: 'vault.dealt', reference: committee }
    return accept(...servers.map((server) => ({ ...dealt, recipient: server })))
  },
})
