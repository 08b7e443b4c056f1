// Openable boxes: one ephemeral key, a ciphertext for each recipient, and openings that everybody can judge.
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { asciiBytes, concat } from '../bytes.ts'
import { serializeString } from './fiat-shamir.ts'
import type { Group } from './group.ts'
import { defineRelation, extendSession, proveLinear, verifyLinear } from './sigma.ts'

/** Bytes that a box is longer than its message. */
export const BOX_OVERHEAD = 16

const SALT = asciiBytes('epione/box/v1')
/** Each key encrypts one message, so the nonce may be fixed. */
const NONCE = new Uint8Array(12)

/** Where a box stands: its ephemeral key E, its recipient's key, and public bytes that tell it from its neighbours. */
export type BoxPlace<P> = {
  readonly E: P
  readonly recipient: P
  readonly context: Uint8Array
}

function boxKey<P>(group: Group<P>, shared: P, place: BoxPlace<P>): Uint8Array {
  const info = concat(
    serializeString(group.encode(place.E)),
    serializeString(group.encode(place.recipient)),
    serializeString(place.context),
  )
  return hkdf(sha256, group.encode(shared), SALT, info, 32)
}

/**
 * Seals `message` to the recipient's key with the ephemeral secret a of E = a·B. Confidential under gap Diffie-Hellman in the
 * random-oracle model; leaks the length. At most one message for the same (a, recipient, context). The cipher alone does not commit
 * to its key, but shared point and place determine the key, so a box has exactly one opening.
 */
export function sealBox<P>(
  group: Group<P>,
  place: BoxPlace<P>,
  secret: { readonly a: bigint; readonly message: Uint8Array },
): Uint8Array {
  const shared = group.multiply(place.recipient, secret.a)
  return chacha20poly1305(boxKey(group, shared, place), NONCE).encrypt(secret.message)
}

/** The message of a box whose shared point a·Pk = sk·E is known; undefined if the box is garbage. What validators do with a published Z. */
export function openBoxWith<P>(
  group: Group<P>,
  place: BoxPlace<P>,
  given: { readonly shared: P; readonly box: Uint8Array },
): Uint8Array | undefined {
  if (given.box.length < BOX_OVERHEAD) return undefined
  try {
    return chacha20poly1305(boxKey(group, given.shared, place), NONCE).decrypt(given.box)
  } catch {
    return undefined
  }
}

/** The message of a box for the holder of the secret key; undefined if the box is garbage. */
export function openBox<P>(
  group: Group<P>,
  place: BoxPlace<P>,
  given: { readonly secretKey: bigint; readonly box: Uint8Array },
): Uint8Array | undefined {
  const shared = group.multiply(place.E, given.secretKey)
  return openBoxWith(group, place, { shared, box: given.box })
}

/** E = a·B: the sender knows a, so nobody gets somebody else's boxes opened by copying their E. */
const ephemeralRelation = defineRelation({
  scalars: ['a'],
  points: ['E'],
  equations: [{ image: [['E']], terms: [['a', 'B']] }],
})

function recipientsSession<P>(
  group: Group<P>,
  session: Uint8Array,
  recipients: readonly P[],
): Uint8Array {
  return extendSession(session, asciiBytes('box'), ...recipients.map(group.encode))
}

/** Short proof (64 bytes) of the ephemeral secret, bound to the session and to all recipients' keys. */
export function proveEphemeral<P>(
  group: Group<P>,
  place: { readonly E: P; readonly recipients: readonly P[]; readonly session: Uint8Array },
  secret: { readonly a: bigint; readonly random: Uint8Array },
): Uint8Array {
  return proveLinear({
    group,
    session: recipientsSession(group, place.session, place.recipients),
    relation: ephemeralRelation,
    points: { E: place.E },
    witness: { a: secret.a },
    random: secret.random,
    form: 'short',
  })
}

/** False also for E = 0. */
export function verifyEphemeral<P>(
  group: Group<P>,
  place: { readonly E: P; readonly recipients: readonly P[]; readonly session: Uint8Array },
  proof: Uint8Array,
): boolean {
  return verifyLinear({
    group,
    session: recipientsSession(group, place.session, place.recipients),
    relation: ephemeralRelation,
    points: { E: place.E },
    proof,
    form: 'short',
  })
}

/** Pk = sk·B and Z = sk·E: Z is the shared point of the boxes under E to Pk. */
const openingRelation = defineRelation({
  scalars: ['sk'],
  points: ['Pk', 'E', 'Z'],
  equations: [
    { image: [['Pk']], terms: [['sk', 'B']] },
    { image: [['Z']], terms: [['sk', 'E']] },
  ],
})

/** The shared point of all boxes under E to one key, made public; it opens these boxes for everybody. */
export type Opening<P> = { readonly Z: P; readonly proof: Uint8Array }

/** Publishes the shared point with a short proof (64 bytes). Leaks the boxes under E to this key, nothing about others. */
export function revealOpening<P>(
  group: Group<P>,
  place: { readonly E: P; readonly session: Uint8Array },
  secret: { readonly secretKey: bigint; readonly random: Uint8Array },
): Opening<P> {
  const Pk = group.multiplyBase(secret.secretKey)
  const Z = group.multiply(place.E, secret.secretKey)
  const proof = proveLinear({
    group,
    session: place.session,
    relation: openingRelation,
    points: { Pk, E: place.E, Z },
    witness: { sk: secret.secretKey },
    random: secret.random,
    form: 'short',
  })
  return { Z, proof }
}

/** Whether Z is the shared point of E and the recipient's key; sound in the random-oracle model. */
export function verifyOpening<P>(
  group: Group<P>,
  place: { readonly E: P; readonly recipient: P; readonly session: Uint8Array },
  opening: Opening<P>,
): boolean {
  return verifyLinear({
    group,
    session: place.session,
    relation: openingRelation,
    points: { Pk: place.recipient, E: place.E, Z: opening.Z },
    proof: opening.proof,
    form: 'short',
  })
}
