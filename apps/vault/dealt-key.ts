// A polynomial that a hospital deals, for a new key or for the same key again: its proofs, and what the ledger keeps of it.

import type { Verdict, VerifyInput } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { decode } from '../../vm/codec.ts'
import { verifyEphemeral } from '../../vm/crypto/box.ts'
import { decodeKey, decodeKeys, verifyKey } from '../../vm/crypto/keys.ts'
import { ristretto255 } from '../../vm/crypto/ristretto255.ts'
import type { Writer } from '../../vm/state.ts'
import type { Digest } from '../../vm/types.ts'
import { refuse } from './codes.ts'
import { boxHash, type Deal, type DealPlace, hasFittingSeats, type Opened } from './deals.ts'
import { deriveServerKeys } from './keys.ts'
import type { Init } from './payloads.ts'
import { dealTable, offerTable } from './state.ts'
import { blank } from './statements.ts'

/** What a dealer publishes about a polynomial. */
export type DealtKey = Deal &
  Pick<Init, 'commitments' | 'boxPoint' | 'boxProof' | 'secretProof' | 'boxes'>

/** What each of the two proofs is bound to. */
type Sessions = (slot: 'boxes' | 'secret') => Uint8Array

function isComplete<T>(items: readonly (T | undefined)[]): items is readonly T[] {
  return !items.includes(undefined)
}

/** Whether numbers of seats, commitments and boxes fit together. */
export function hasFittingSizes(deal: DealtKey): boolean {
  const { threshold, servers, commitments, boxes } = deal
  return (
    hasFittingSeats(deal) && commitments.length === threshold && boxes.length === servers.length
  )
}

/** The facts are the offers of the seats in order. */
export function verifyDealtKey(
  payload: DealtKey,
  { facts, crypto: { group } }: Pick<VerifyInput<unknown>, 'facts' | 'crypto'>,
  sessionOf: Sessions,
): Verdict {
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
  const boxes = { E, recipients, session: sessionOf('boxes') }
  if (!verifyEphemeral(group, boxes, payload.boxProof)) return refuse('PROOF_BOX')
  const secret = { session: sessionOf('secret'), key: A0 }
  return verifyKey(group, secret, payload.secretProof) ? { ok: true } : refuse('PROOF_SECRET')
}

/** Public keys of seats are derived again here, with small factors: verdicts bring no values. */
function serverKeysOf(deal: DealtKey): readonly Uint8Array[] {
  const commitments = deal.commitments.map((bytes) => ristretto255.decode(bytes))
  assert(isComplete(commitments), 'verify has decoded the commitments')
  return deriveServerKeys(ristretto255, commitments, deal.servers.length).map(ristretto255.encode)
}

/** The seats of an epoch, fixed from now on. */
export function keepDealtKey(
  state: Writer,
  deal: DealtKey,
  at: DealPlace & { readonly opened: Opened; readonly txId: Digest },
): void {
  const { threshold, servers, commitments, boxPoint } = deal
  const { committee, epoch, opened, txId } = at
  const { organizations, boxKeys } = opened
  const serverKeys = serverKeysOf(deal)
  const boxHashes = deal.boxes.map(boxHash)
  const keys = { commitments, serverKeys, boxPoint, boxKeys, boxHashes }
  dealTable.put(state, { threshold, servers, organizations, ...keys, txId }, committee, epoch)
}
