// The reference verifier of range proofs: aggregated Bulletproofs in dalek's format, on @noble; it runs in browsers.
import { ristretto255_hasher } from '@noble/curves/ed25519.js'
import { shake256 } from '@noble/hashes/sha3.js'
import { assert } from '../assert.ts'
import { asciiBytes, concat } from '../bytes.ts'
import { basesOf } from './bases.ts'
import type { Point } from './group.ts'
import { encodeLittleEndian, invert, modulo } from './integer.ts'
import { createMerlin, type MerlinTranscript } from './merlin.ts'
import { fillUp, isRangeInput, RANGE_BITS, type RangeBits } from './range-format.ts'
import { ristretto255 as group } from './ristretto255.ts'
import type { RangeVerifier } from './suite.ts'

/** Names the prover's package: its transcript begins with this. */
const PROTOCOL = 'AptosConfidentialAsset/BulletproofRangeProof'
const q = group.order
const times = (...factors: readonly bigint[]) => factors.reduce((a, b) => modulo(a * b, q), 1n)
/** 1, x, x², ... */
function powers(x: bigint, count: number): bigint[] {
  const list: bigint[] = []
  for (let i = 0, power = 1n; i < count; i++, power = times(power, x)) list.push(power)
  return list
}
const sum = (values: readonly bigint[]) => values.reduce((a, b) => modulo(a + b, q), 0n)

const chains = new Map<string, readonly Point[]>()

/** The vector bases of one party: SHAKE256 of a label, 64 bytes a point, so that nobody knows a relation. */
function chainOf(letter: 'G' | 'H', party: number, bits: RangeBits): readonly Point[] {
  const key = `${letter}${party}/${bits}`
  let chain = chains.get(key)
  if (chain === undefined) {
    const label = concat(asciiBytes(letter), encodeLittleEndian(BigInt(party), 4))
    const bytes = shake256(concat(asciiBytes('GeneratorsChain'), label), { dkLen: 64 * bits })
    chain = Array.from({ length: bits }, (_, i) => {
      const point = ristretto255_hasher.deriveToCurve?.(bytes.subarray(64 * i, 64 * (i + 1)))
      const decoded = point && group.decode(point.toBytes())
      assert(decoded !== undefined, 'the map gives points')
      return decoded
    })
    chains.set(key, chain)
  }
  return chain
}

type Folded = { readonly encoded: Uint8Array; readonly point: Point }
type Proof = {
  /** A, S, T1, T2, then L and R of each folding, none of them the identity. */
  readonly points: readonly Folded[]
  readonly scalars: readonly [
    tx: bigint,
    txBlinding: bigint,
    eBlinding: bigint,
    a: bigint,
    b: bigint,
  ]
}

function parse(proof: Uint8Array): Proof | undefined {
  const words = Array.from({ length: proof.length / 32 }, (_, i) =>
    proof.subarray(32 * i, 32 * (i + 1)),
  )
  const points: Folded[] = []
  for (const encoded of [...words.slice(0, 4), ...words.slice(7, -2)]) {
    const point = group.decode(encoded)
    if (point === undefined || group.isIdentity(point)) return undefined
    points.push({ encoded, point })
  }
  const [tx, txBlinding, eBlinding, a, b] = [...words.slice(4, 7), ...words.slice(-2)].map(
    group.decodeScalar,
  )
  for (const scalar of [tx, txBlinding, eBlinding, a, b]) if (scalar === undefined) return undefined
  return { points, scalars: [tx ?? 0n, txBlinding ?? 0n, eBlinding ?? 0n, a ?? 0n, b ?? 0n] }
}

type Claimed = { readonly commitments: readonly Uint8Array[]; readonly bits: RangeBits }

/** Every challenge of the verifier, in the order of the transcript. */
function challengesOf({ commitments, bits }: Claimed, { points, scalars }: Proof) {
  const transcript: MerlinTranscript = createMerlin(PROTOCOL)
  const challenge = (label: string) => group.reduceScalar(transcript.challenge(label, 64))
  const appendPoint = (label: string, index: number) =>
    transcript.append(label, points[index]?.encoded ?? new Uint8Array(0))
  transcript.append('dom-sep', asciiBytes('rangeproof v1'))
  transcript.appendU64('n', bits)
  transcript.appendU64('m', commitments.length)
  for (const commitment of commitments) transcript.append('V', commitment)
  appendPoint('A', 0)
  appendPoint('S', 1)
  const y = challenge('y')
  const z = challenge('z')
  appendPoint('T_1', 2)
  appendPoint('T_2', 3)
  const x = challenge('x')
  const [tx, txBlinding, eBlinding, a, b] = scalars
  transcript.append('t_x', group.encodeScalar(tx))
  transcript.append('t_x_blinding', group.encodeScalar(txBlinding))
  transcript.append('e_blinding', group.encodeScalar(eBlinding))
  const w = challenge('w')
  transcript.append('dom-sep', asciiBytes('ipp v1'))
  transcript.appendU64('n', bits * commitments.length)
  const u: bigint[] = []
  for (let i = 4; i < points.length; i += 2) {
    appendPoint('L', i)
    appendPoint('R', i + 1)
    u.push(challenge('u'))
  }
  // The weight that joins the two equations must depend on the whole proof; dalek draws it at random.
  transcript.append('a', group.encodeScalar(a))
  transcript.append('b', group.encodeScalar(b))
  return { y, z, x, w, u, weight: challenge('weight') }
}

/** s_i = Π u_k^±1, the sign being bit k of i; the last challenge folds neighbours. */
function foldingScalars(u: readonly bigint[]): bigint[] {
  const scalars = [u.reduce((product, value) => times(product, invert(value, q)), 1n)]
  for (const value of u.toReversed())
    scalars.push(...scalars.map((scalar) => times(scalar, value, value)))
  return scalars
}

/** Both equations of the proof in one sum, which vanishes if they hold. */
function checkSum(claimed: Claimed, proof: Proof): Point | undefined {
  const { commitments, bits } = claimed
  const { y, z, x, w, u, weight } = challengesOf(claimed, proof)
  const [tx, txBlinding, eBlinding, a, b] = proof.scalars
  const size = bits * commitments.length
  const s = foldingScalars(u)
  const yInverse = powers(invert(y, q), size)
  const zPowers = powers(z, commitments.length)
  const zz = times(z, z)
  const delta =
    times(z - zz, sum(powers(y, size))) - times(z, zz, 2n ** BigInt(bits) - 1n, sum(zPowers))
  const points: Point[] = proof.points.map(({ point }) => point)
  const scalars: bigint[] = [1n, x, times(weight, x), times(weight, x, x)]
  for (const value of u)
    scalars.push(times(value, value), times(invert(value, q), invert(value, q)))
  const { H, G2 } = basesOf(group)
  points.push(G2, H)
  scalars.push(-eBlinding - weight * txBlinding, w * (tx - a * b) + weight * (delta - tx))
  for (const [party, zPower] of zPowers.entries()) {
    const commitment = group.decode(commitments[party] ?? new Uint8Array(0))
    if (commitment === undefined) return undefined
    points.push(commitment, ...chainOf('G', party, bits), ...chainOf('H', party, bits))
    scalars.push(weight * zz * zPower)
    const at = (bit: number) => party * bits + bit
    for (let bit = 0; bit < bits; bit++) scalars.push(-z - a * (s[at(bit)] ?? 0n))
    for (let bit = 0; bit < bits; bit++) {
      const reversed = s[size - 1 - at(bit)] ?? 0n
      const term = zz * zPower * 2n ** BigInt(bit) - b * reversed
      scalars.push(z + times(yInverse[at(bit)] ?? 0n, modulo(term, q)))
    }
  }
  return group.combine(
    points,
    scalars.map((scalar) => modulo(scalar, q)),
  )
}

/** Same verdicts as the native verifier. Sound under discrete logarithm in the random-oracle model; speaks of the commitments alone. */
export const referenceRange: RangeVerifier = {
  verifyRange: (commitments, proof, bits = RANGE_BITS) => {
    if (!isRangeInput(commitments, proof, bits)) return false
    const parsed = parse(proof)
    if (parsed === undefined) return false
    const check = checkSum({ commitments: fillUp(commitments), bits }, parsed)
    return check !== undefined && group.isIdentity(check)
  },
}
