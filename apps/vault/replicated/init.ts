// rep.init: an owner deals the keys of all classes of a new committee, each to the servers that may read its shares.

import { accept, defineTx, isRefusal, type VerifyInput } from '../../../vm/app.ts'
import { toHex } from '../../../vm/bytes.ts'
import { decode } from '../../../vm/codec.ts'
import { verifyEphemeral } from '../../../vm/crypto/box.ts'
import { decodeKey, decodeKeys } from '../../../vm/crypto/keys.ts'
import { sample } from '../../../vm/example.ts'
import type { Digest } from '../../../vm/types.ts'
import { refuse } from '../codes.ts'
import { requireRole } from '../committee.ts'
import { classDealUnits } from '../costs.ts'
import {
  authorizeDeal,
  boxHash,
  firstPlace,
  hasFittingSeats,
  offerKeys,
  openDeal,
} from '../deals.ts'
import { committeeId, FIRST_EPOCH } from '../ids.ts'
import { offerTable, repDealTable } from '../state.ts'
import { blank, contentSession } from '../statements.ts'
import { TAGS } from '../tags.ts'
import { boxCount, classHolders } from './classes.ts'
import { type RepInit, repInitCodec } from './payloads.ts'

export function repInitSession(chainId: Digest, init: RepInit): Uint8Array {
  const { account } = init
  const object = committeeId(init)
  return contentSession(
    { chainId, type: 'rep.init', slot: 'boxes', account, object, epoch: FIRST_EPOCH },
    repInitCodec,
    { ...init, boxProof: blank(64) },
  )
}

function verify({ chainId, payload, facts, crypto: { group } }: VerifyInput<RepInit>) {
  const recipients = decodeKeys(
    group,
    facts.map((fact) => decode(offerTable.value, fact).boxKey),
  )
  const E = decodeKey(group, payload.boxPoint)
  const classKeys = decodeKeys(group, payload.classKeys)
  if (!recipients || !E || !classKeys) return refuse('POINT_INVALID')
  const boxes = { E, recipients, session: repInitSession(chainId, payload) }
  return verifyEphemeral(group, boxes, payload.boxProof)
    ? ({ ok: true } as const)
    : refuse('PROOF_BOX')
}

function hasFittingSizes(init: RepInit): boolean {
  const { threshold, servers, classKeys, boxes } = init
  const sizes = { threshold, seats: servers.length }
  return (
    hasFittingSeats(init) &&
    classKeys.length === classHolders(sizes).length &&
    boxes.length === boxCount(sizes)
  )
}

export const repInit = defineTx({
  name: 'rep.init',
  tag: TAGS['rep.init'],
  summary: 'Deals the keys of all classes of a new committee with replicated shares.',
  payload: repInitCodec,
  example: {
    account: sample('01'),
    nonce: sample('02', 16),
    threshold: 2,
    minimum: 2,
    servers: [sample('03'), sample('04'), sample('05')],
    classKeys: [sample('06'), sample('07'), sample('08')],
    boxPoint: sample('09'),
    boxProof: sample('0a', 64),
    boxes: ['0b', '0c', '0d', '0e', '0f', '10'].map((byte) => sample(byte, 48)),
    answers: 'masked',
    currency: 'USD',
    bond: '0',
  },
  cost: ({ classKeys }) => classDealUnits(classKeys.length),
  facts: (payload) => offerKeys(payload, firstPlace(payload)),
  verify,
  authorize: (state, payload, context) => {
    const { account, classKeys } = payload
    const refusal = requireRole(state, { account, role: 'hospital' }, context)
    if (refusal !== undefined) return refusal
    if (!hasFittingSizes(payload)) return refuse('COMMITTEE_SIZE')
    const isRepeated = new Set(classKeys.map(toHex)).size < classKeys.length
    return isRepeated ? refuse('CLASS_KEY_REPEATED') : authorizeDeal(state, payload)
  },
  execute: (state, payload, context) => {
    const { timeMs, txId } = context
    const { committee, epoch } = firstPlace(payload)
    const terms = { ...payload, previous: null }
    const opened = openDeal(state, terms, { committee, epoch, timeMs })
    if (isRefusal(opened)) return opened
    const { organizations, boxKeys } = opened
    const { threshold, servers, classKeys, boxPoint, boxes, answers } = payload
    const keys = { classKeys, boxPoint, boxKeys, boxHashes: boxes.map(boxHash) }
    repDealTable.put(
      state,
      { threshold, servers, organizations, ...keys, answers, txId },
      committee,
      epoch,
    )
    const dealt = { kind: 'vault.dealt', reference: committee }
    return accept(...servers.map((server) => ({ ...dealt, recipient: server })))
  },
})
