// The polynomial behind a dealt key: its secrets, the boxes with its shares, and the proofs about it.

import type { DealPlace } from '../../apps/vault/deals.ts'
import type { DealtKey } from '../../apps/vault/dealt-key.ts'
import { blank, dealBoxContext } from '../../apps/vault/statements.ts'
import { proveEphemeral, sealBox } from '../../vm/crypto/box.ts'
import type { Group } from '../../vm/crypto/group.ts'
import { proveKey } from '../../vm/crypto/keys.ts'
import { commitPolynomial, shareOf } from '../../vm/crypto/shamir.ts'
import type { AccountId } from '../../vm/types.ts'
import {
  decodeSecret,
  deriveBytes,
  deriveScalar,
  type Entropy,
  encodeSecret,
  type SecretScalar,
} from './entropy.ts'
import { requirePoint } from './points.ts'

export type Polynomial = {
  readonly threshold: number
  /** Seats in order, with the keys that the servers offered. */
  readonly servers: readonly { readonly account: AccountId; readonly boxKey: Uint8Array }[]
  /** The key that is dealt again; without it a new one is drawn. */
  readonly key?: SecretScalar
  /** Drawn for this deal. */
  readonly entropy: Entropy
}

/** The secrets of a deal; they exist inside the calls below only, and whoever keeps `entropy` keeps a new key. */
function secretsOf<P>(group: Group<P>, { threshold, key, entropy }: Polynomial) {
  const coefficients = Array.from({ length: threshold }, (_, power) =>
    power === 0 && key !== undefined
      ? decodeSecret(group, key)
      : deriveScalar(group, entropy, { label: 'coefficient', parts: [new Uint8Array([power])] }),
  )
  return { coefficients, a: deriveScalar(group, entropy, { label: 'boxes' }) }
}

/** The key itself, for a hospital that means to deal it again: all that was ever recorded opens with it. */
export function keyOf<P>(group: Group<P>, polynomial: Polynomial): SecretScalar {
  const [key = 0n] = secretsOf(group, polynomial).coefficients
  return encodeSecret(group, key)
}

/** One box of a deal: the share of a seat under the key that its server offered. */
export function sealShareAt<P>(
  group: Group<P>,
  polynomial: Polynomial,
  { committee, epoch, index, share }: DealPlace & { index: number; share: bigint },
): Uint8Array {
  const { a } = secretsOf(group, polynomial)
  const recipient = requirePoint(group, polynomial.servers[index - 1]?.boxKey ?? new Uint8Array())
  const context = dealBoxContext({ committee, epoch, index })
  const place = { E: group.multiplyBase(a), recipient, context }
  return sealBox(group, place, { a, message: group.encodeScalar(share) })
}

/** What is published about the polynomial, without proofs. */
export function sealPolynomial<P>(
  group: Group<P>,
  polynomial: Polynomial,
  place: DealPlace,
): Omit<DealtKey, 'account' | 'minimum' | 'bond'> {
  const { threshold, servers } = polynomial
  const { coefficients, a } = secretsOf(group, polynomial)
  return {
    threshold,
    servers: servers.map((server) => server.account),
    commitments: commitPolynomial(group, coefficients).map(group.encode),
    boxPoint: group.encode(group.multiplyBase(a)),
    boxProof: blank(64),
    secretProof: blank(64),
    boxes: servers.map((_, seat) => {
      const index = seat + 1
      const share = shareOf(group, coefficients, index)
      return sealShareAt(group, polynomial, { ...place, index, share })
    }),
  }
}

/** The proofs that the dealer knows what is behind it; they bind every byte that the sessions do. */
export function provePolynomial<P>(
  group: Group<P>,
  polynomial: Polynomial,
  sessionOf: (slot: 'boxes' | 'secret') => Uint8Array,
): Pick<DealtKey, 'boxProof' | 'secretProof'> {
  const { servers, entropy } = polynomial
  const { coefficients, a } = secretsOf(group, polynomial)
  const recipients = servers.map(({ boxKey }) => requirePoint(group, boxKey))
  const boxes = { E: group.multiplyBase(a), recipients, session: sessionOf('boxes') }
  const boxProof = proveEphemeral(group, boxes, { a, random: deriveBytes(entropy, 'boxes-proof') })
  const [x = 0n] = coefficients
  const claim = { session: sessionOf('secret'), key: group.multiplyBase(x) }
  const random = deriveBytes(entropy, 'secret-proof')
  return { boxProof, secretProof: proveKey(group, claim, { x, random }) }
}
