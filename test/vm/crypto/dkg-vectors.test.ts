// Published vectors: the messages of C2SP's COCKTAIL-DKG, the sharing of RFC 9591, both over ristretto255.
import { readFileSync } from 'node:fs'
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import t from 'tap'
import { createNativeGroup } from '../../../node/crypto/ristretto255.ts'
import { asciiBytes, concat, u64 } from '../../../vm/bytes.ts'
import { joinCommitments, joinShares, joinWeights } from '../../../vm/crypto/dkg.ts'
import type { Group, Point } from '../../../vm/crypto/group.ts'
import { ristretto255 } from '../../../vm/crypto/ristretto255.ts'
import { commitPolynomial, lagrangeAtZero, shareKeyOf, shareOf } from '../../../vm/crypto/shamir.ts'

type Dealt = {
  readonly participant_id: number
  readonly ephemeral_public_key: string
  readonly vss_commitment: readonly string[]
  readonly pop: string
  readonly pop_intermediate: { readonly challenge_input: string; readonly challenge: string }
  readonly encrypted_shares: readonly string[]
}
type Cocktail = {
  readonly n: number
  readonly t: number
  readonly context: string
  readonly config: {
    readonly static_secret_keys: readonly string[]
    readonly static_public_keys: readonly string[]
  }
  readonly round1: readonly Dealt[]
  readonly round2: readonly {
    readonly participant_id: number
    readonly secret_share: string
    readonly verification_share: string
  }[]
  readonly group_public_key: string
}
type Frost = {
  readonly config: { readonly MIN_PARTICIPANTS: string; readonly MAX_PARTICIPANTS: string }
  readonly inputs: {
    readonly group_secret_key: string
    readonly group_public_key: string
    readonly share_polynomial_coefficients: readonly string[]
    readonly participant_shares: readonly {
      readonly identifier: number
      readonly participant_share: string
    }[]
  }
}

function load<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../vectors/${name}`, import.meta.url), 'utf8'))
}

const cocktail = load<{ readonly vectors: readonly Cocktail[] }>(
  'c2sp-cocktail-dkg-ristretto255-sha512.json',
)
const frost = load<Frost>('rfc9591-frost-ristretto255-sha512.json')
const native = await createNativeGroup()

function pointsOf(group: Group<Point>) {
  return {
    point: (hex: string): Point => {
      const point = group.decode(hexToBytes(hex))
      if (point === undefined) throw new Error(`${hex} is no point`)
      return point
    },
    scalar: (hex: string): bigint => {
      const scalar = group.decodeScalar(hexToBytes(hex))
      if (scalar === undefined) throw new Error(`${hex} is no scalar`)
      return scalar
    },
    hex: (point: Point) => bytesToHex(group.encode(point)),
  }
}

/** Key and nonce of one share, as that protocol derives them from two shared points. */
function decryptShare(
  group: Group<Point>,
  vector: Cocktail,
  at: { readonly dealt: Dealt; readonly recipient: number },
): Uint8Array {
  const { point, scalar } = pointsOf(group)
  const { dealt, recipient } = at
  const { static_public_keys: publicKeys, static_secret_keys: secretKeys } = vector.config
  const secretKey = scalar(secretKeys[recipient - 1] ?? '')
  const sender = publicKeys[dealt.participant_id - 1] ?? ''
  const shared = [dealt.ephemeral_public_key, sender].map((key) =>
    group.encode(group.multiply(point(key), secretKey)),
  )
  const context = hexToBytes(vector.context)
  const bytes = sha512(
    concat(
      asciiBytes('COCKTAIL-DKG-Ristretto255-SHA512-H6'),
      ...shared,
      ...[dealt.ephemeral_public_key, sender, publicKeys[recipient - 1] ?? ''].map(hexToBytes),
      u64(BigInt(context.length)).reverse(),
      context,
    ),
  )
  const box = hexToBytes(dealt.encrypted_shares[recipient - 1] ?? '')
  return xchacha20poly1305(bytes.subarray(0, 32), bytes.subarray(32, 56)).decrypt(box)
}

for (const [name, group] of [
  ['reference', ristretto255],
  ['native', native],
] as const) {
  const { point, scalar, hex } = pointsOf(group)

  for (const vector of cocktail.vectors) {
    const { n, t: threshold, round1, round2 } = vector
    t.test(`COCKTAIL-DKG (${threshold},${n}) with the ${name} group`, async (t) => {
      const dealings = round1.map((dealt) => dealt.vss_commitment.map(point))
      const dealers = round1.map(({ participant_id }) => participant_id)
      const weights = joinWeights(group, 'sum', dealers)
      const joint = joinCommitments(group, weights, dealings)
      t.equal(joint.length, threshold)
      t.equal(hex(joint[0] ?? group.identity), vector.group_public_key)
      for (const { participant_id: index, secret_share, verification_share } of round2) {
        const shares = round1.map((dealt) => {
          const share = decryptShare(group, vector, { dealt, recipient: index }).subarray(0, 32)
          return scalar(bytesToHex(share))
        })
        shares.forEach((share, i) => {
          const promised = shareKeyOf(group, dealings[i] ?? [], index)
          t.ok(group.equal(group.multiplyBase(share), promised), `share of ${i + 1} for ${index}`)
        })
        const share = joinShares(group, weights, shares)
        t.equal(bytesToHex(group.encodeScalar(share)), secret_share)
        t.equal(hex(shareKeyOf(group, joint, index)), verification_share)
      }
      const last = round2.slice(-threshold)
      const lambdas = lagrangeAtZero(
        group,
        last.map(({ participant_id }) => participant_id),
      )
      const secret = joinShares(
        group,
        lambdas,
        last.map(({ secret_share }) => scalar(secret_share)),
      )
      t.equal(hex(group.multiplyBase(secret)), vector.group_public_key)
    })

    t.test(`proofs of possession of (${threshold},${n}) with the ${name} group`, async (t) => {
      for (const { pop, pop_intermediate, vss_commitment } of round1) {
        const challenge = group.reduceScalar(sha512(hexToBytes(pop_intermediate.challenge_input)))
        t.equal(bytesToHex(group.encodeScalar(challenge)), pop_intermediate.challenge)
        const [R, z] = [point(pop.slice(0, 64)), scalar(pop.slice(64))]
        const right = group.add(R, group.multiply(point(vss_commitment[0] ?? ''), challenge))
        t.ok(group.equal(group.multiplyBase(z), right))
      }
    })
  }

  t.test(`the sharing of RFC 9591 with the ${name} group`, async (t) => {
    const { inputs } = frost
    const secret = scalar(inputs.group_secret_key)
    const coefficients = [secret, ...inputs.share_polynomial_coefficients.map(scalar)]
    const commitments = commitPolynomial(group, coefficients)
    t.equal(hex(commitments[0] ?? group.identity), inputs.group_public_key)
    const shares = inputs.participant_shares.map(({ identifier, participant_share }) => {
      const share = shareOf(group, coefficients, identifier)
      t.equal(bytesToHex(group.encodeScalar(share)), participant_share)
      t.equal(
        hex(shareKeyOf(group, commitments, identifier)),
        hex(group.multiplyBase(scalar(participant_share))),
      )
      return { identifier, share }
    })
    for (const left of shares) {
      const others = shares.filter(({ identifier }) => identifier !== left.identifier)
      const lambdas = lagrangeAtZero(
        group,
        others.map(({ identifier }) => identifier),
      )
      t.equal(
        joinShares(
          group,
          lambdas,
          others.map(({ share }) => share),
        ),
        secret,
      )
    }
  })
}
