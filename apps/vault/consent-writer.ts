// consent.writer: whoever holds the key behind a tag says which organizations may add records under it.

import { accept, defineTx } from '../../vm/app.ts'
import { fromHex } from '../../vm/bytes.ts'
import { encode } from '../../vm/codec.ts'
import { decodeKey, verifyKey } from '../../vm/crypto/keys.ts'
import { sample } from '../../vm/example.ts'
import { digest } from '../../vm/hash.ts'
import type { Digest } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { requireSigner } from './committee.ts'
import { proofUnits } from './costs.ts'
import { type ConsentWriter, consentWriterCodec } from './payloads.ts'
import { grantTable, onceTable } from './state.ts'
import { blank, contentSession } from './statements.ts'
import { TAGS } from './tags.ts'

export function writerSession(chainId: Digest, consent: ConsentWriter): Uint8Array {
  const { account, tag: object } = consent
  return contentSession(
    { chainId, type: 'consent.writer', slot: 'tag', account, object },
    consentWriterCodec,
    { ...consent, proof: blank(64) },
  )
}

/**
 * One signed grant by all its bytes, the proof included. It replaces the one before and has no number, so it counts once: else the
 * account that brought it to the ledger could bring it again after the patient took it back.
 */
function grantId(consent: ConsentWriter): Digest {
  return digest('consent.writer', encode(consentWriterCodec, consent))
}

/** Replaces the grant that the tag had, whichever account gave it. */
export const consentWriter = defineTx({
  name: 'consent.writer',
  tag: TAGS['consent.writer'],
  summary: 'Lets organizations record invoices under a tag; an empty list ends it.',
  payload: consentWriterCodec,
  example: {
    account: sample('01'),
    tag: sample('02'),
    writers: [sample('03')],
    policies: null,
    expiresAt: 1_900_000_000_000,
    proof: sample('04', 64),
  },
  cost: () => proofUnits(2),
  verify: ({ chainId, payload, crypto: { group } }) => {
    const key = decodeKey(group, fromHex(payload.tag))
    if (key === undefined) return refuse('POINT_INVALID')
    const claim = { session: writerSession(chainId, payload), key }
    return verifyKey(group, claim, payload.proof) ? { ok: true } : refuse('PROOF_TAG')
  },
  authorize: (state, payload, context) => {
    const { account, writers, expiresAt } = payload
    const refusal = requireSigner(account, context)
    if (refusal !== undefined) return refusal
    if (onceTable.get(state, grantId(payload)) !== undefined) return refuse('GRANT_REPEATED')
    const isOver = writers.length > 0 && expiresAt < context.timeMs
    return isOver ? refuse('GRANT_EXPIRY') : undefined
  },
  execute: (state, payload) => {
    const { account, tag, writers, policies, expiresAt } = payload
    onceTable.put(state, tag, grantId(payload))
    grantTable.put(state, { account, writers, policies, expiresAt }, tag)
    const granted = { kind: 'vault.writer-granted', reference: tag }
    return accept(...[tag, ...writers].map((recipient) => ({ ...granted, recipient })))
  },
})
