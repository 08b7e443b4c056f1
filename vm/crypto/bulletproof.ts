// The verifier of range proofs over any implementation of the group: aggregated Bulletproofs in dalek's format.
import { shake256 } from '@noble/hashes/sha3.js'
import { asciiBytes, concat } from '../bytes.ts'
import { basesOf } from './bases.ts'
import type { Group, Point } from './group.ts'
import { encodeLittleEndian, invertAll, modulo } from './integer.ts'
import { createMerlin, type MerlinTranscript } from './merlin.ts'
import { fillUp, isRangeInput, RANGE_BITS } from './range-format.ts'
import { RISTRETTO_ORDER as q } from './ristretto255.ts'
import type { RangeVerifier } from './suite.ts'

/** Names the prover's package: its transcript begins with this. */
const PROTOCOL = 'AptosConfidentialAsset/BulletproofRangeProof'

/** What the verifier stands on; `mapToPoint` is the map of RFC 9496 from 64 uniform bytes. */
export type RangeTools = {
  readonly group: Group<Point>
  readonly mapToPoint: (wide: Uint8Array) => Point
  /** Told of the points that come again in every sum. */
  readonly prepare?: (points: readonly Point[]) => void
}

const times = (left: bigint, right: bigint) => modulo(left * right, q)
const square = (value: bigint) => times(value, value)

/** 1, x, x², ... */
function powers(x: bigint, count: number): bigint[] {
  const list: bigint[] = []
  for (let i = 0, power = 1n; i < count; i++, power = times(power, x)) list.push(power)
  return list
}

/** 1 + x + x² + ... with so many terms, a power of two. */
function sumOfPowers(x: bigint, count: number): bigint {
  let sum = 1n
  let power = x
  for (let size = 1; size < count; size *= 2) {
    sum = times(sum, 1n + power)
    power = times(power, power)
  }
  return sum
}

/** The vector bases of one party: SHAKE256 of a label, 64 bytes a point, so that nobody knows a relation. */
function createChains({ mapToPoint, prepare }: RangeTools) {
  const chains = new Map<string, readonly Point[]>()
  return (letter: 'G' | 'H', party: number): readonly Point[] => {
    const key = `${letter}${party}`
    const known = chains.get(key)
    if (known !== undefined) return known
    const label = concat(asciiBytes(letter), encodeLittleEndian(BigInt(party), 4))
    const bytes = shake256(concat(asciiBytes('GeneratorsChain'), label), { dkLen: 64 * RANGE_BITS })
    const chain = Array.from({ length: RANGE_BITS }, (_, i) =>
      mapToPoint(bytes.subarray(64 * i, 64 * (i + 1))),
    )
    prepare?.(chain)
    chains.set(key, chain)
    return chain
  }
}

/** A point and its bytes, which the transcript takes. */
type Encoded = { readonly encoded: Uint8Array; readonly point: Point }
type Proof = {
  /** A, S, T1, T2, then L and R of each folding, none of them the identity. */
  readonly points: readonly Encoded[]
  readonly scalars: readonly [
    tx: bigint,
    txBlinding: bigint,
    eBlinding: bigint,
    a: bigint,
    b: bigint,
  ]
}

function parse(group: Group<Point>, proof: Uint8Array): Proof | undefined {
  const words = Array.from({ length: proof.length / 32 }, (_, i) =>
    proof.subarray(32 * i, 32 * (i + 1)),
  )
  const points: Encoded[] = []
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

/** Every challenge of the verifier, in the order of the transcript; `u` of each folding. */
type Challenges = {
  readonly y: bigint
  readonly z: bigint
  readonly x: bigint
  readonly w: bigint
  readonly u: readonly bigint[]
  readonly weight: bigint
}

type Powers = Challenges & { readonly yInverse: bigint; readonly uInverse: readonly bigint[] }

function challengesOf(
  group: Group<Point>,
  commitments: readonly Encoded[],
  { points, scalars }: Proof,
): Challenges {
  const transcript: MerlinTranscript = createMerlin(PROTOCOL)
  const challenge = (label: string) => group.reduceScalar(transcript.challenge(label, 64))
  const appendPoint = (label: string, index: number) =>
    transcript.append(label, points[index]?.encoded ?? new Uint8Array(0))
  transcript.append('dom-sep', asciiBytes('rangeproof v1'))
  transcript.appendU64('n', RANGE_BITS)
  transcript.appendU64('m', commitments.length)
  for (const { encoded } of commitments) transcript.append('V', encoded)
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
  transcript.appendU64('n', RANGE_BITS * commitments.length)
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
function foldingScalars(first: bigint, squares: readonly bigint[]): bigint[] {
  const scalars = [first]
  for (const factor of squares.toReversed())
    for (let i = 0, size = scalars.length; i < size; i++)
      scalars.push(times(scalars[i] ?? 0n, factor))
  return scalars
}

/** What multiplies each vector base, in the order of the bases of all parties. */
function vectorScalars(
  { yInverse, z, u, uInverse }: Powers,
  [, , , a, b]: Proof['scalars'],
): { readonly G: readonly bigint[]; readonly H: readonly bigint[] } {
  const size = 2 ** u.length
  const s = foldingScalars(uInverse.reduce(times, 1n), u.map(square))
  const zPowers = powers(z, size / RANGE_BITS).map((power) => times(square(z), power))
  const yInverses = powers(yInverse, size)
  return {
    G: s.map((scalar) => modulo(-z - a * scalar, q)),
    H: yInverses.map((power, at) => {
      const bit = (zPowers[Math.floor(at / RANGE_BITS)] ?? 0n) << BigInt(at % RANGE_BITS)
      return modulo(z + power * ((bit - b * (s[size - 1 - at] ?? 0n)) % q), q)
    }),
  }
}

/** What multiplies G2 and H: the blindings, and all that the proof says of the amounts. */
function baseScalars(
  { y, z, w, u, weight }: Powers,
  [tx, txBlinding, eBlinding, a, b]: Proof['scalars'],
): readonly [G2: bigint, H: bigint] {
  const size = 2 ** u.length
  const ones = 2n ** BigInt(RANGE_BITS) - 1n
  const delta =
    (z - square(z)) * sumOfPowers(y, size) -
    times(square(z), z) * ones * sumOfPowers(z, size / RANGE_BITS)
  return [-eBlinding - weight * txBlinding, w * (tx - a * b) + weight * modulo(delta - tx, q)]
}

/** Both equations of the proof in one sum, which vanishes if they hold. */
function checkSum(
  group: Group<Point>,
  given: { readonly proof: Proof; readonly commitments: readonly Encoded[] },
  chainOf: (letter: 'G' | 'H', party: number) => readonly Point[],
): Point {
  const { proof, commitments } = given
  const challenges = challengesOf(group, commitments, proof)
  const { y, z, x, u, weight } = challenges
  const [yInverse = 0n, ...uInverse] = invertAll([y, ...u], q)
  const of = { ...challenges, yInverse, uInverse }
  const vectors = vectorScalars(of, proof.scalars)
  const { H, G2 } = basesOf(group)
  const parties = commitments.map((_, party) => party)
  const points = [
    ...[...proof.points, ...commitments].map(({ point }) => point),
    ...[G2, H],
    ...parties.flatMap((party) => chainOf('G', party)),
    ...parties.flatMap((party) => chainOf('H', party)),
  ]
  const scalars = [
    ...[1n, x, weight * x, times(weight, x) * x],
    ...u.flatMap((value, fold) => [value * value, (uInverse[fold] ?? 0n) ** 2n]),
    ...powers(z, commitments.length).map((power) => times(weight, square(z)) * power),
    ...baseScalars(of, proof.scalars),
    ...vectors.G,
    ...vectors.H,
  ]
  return group.combine(
    points,
    scalars.map((scalar) => modulo(scalar, q)),
  )
}

/**
 * The verdicts of dalek's verifier, but for its random weight: two honest validators never differ. Sound under discrete logarithm in
 * the random-oracle model; speaks of the commitments alone.
 */
export function createRangeVerifier(tools: RangeTools): RangeVerifier {
  const { group } = tools
  const chainOf = createChains(tools)
  return {
    verifyRange: (commitments, bytes) => {
      if (!isRangeInput(commitments, bytes)) return false
      const proof = parse(group, bytes)
      if (proof === undefined) return false
      const decoded: Encoded[] = []
      for (const encoded of fillUp(commitments)) {
        const point = group.decode(encoded)
        if (point === undefined) return false
        decoded.push({ encoded, point })
      }
      return group.isIdentity(checkSum(group, { proof, commitments: decoded }, chainOf))
    },
  }
}
