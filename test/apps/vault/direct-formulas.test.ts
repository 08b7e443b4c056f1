// The sigma engine against the formulas of records and responses written out by hand: same transcript, same verdict, for true and false.
import { ristretto255 as noble } from '@noble/curves/ed25519.js'
import { shake128 } from '@noble/hashes/sha3.js'
import * as fc from 'fast-check'
import t from 'tap'
import { recordStatement, responseStatement } from '../../../apps/vault/statements.ts'
import { asciiBytes, concat } from '../../../vm/bytes.ts'
import { basesOf } from '../../../vm/crypto/bases.ts'
import type { Point } from '../../../vm/crypto/group.ts'
import { decodeLittleEndian, encodeLittleEndian } from '../../../vm/crypto/integer.ts'
import { ristretto255 } from '../../../vm/crypto/ristretto255.ts'
import { proveLinear, verifyLinear } from '../../../vm/crypto/sigma.ts'

type Inner = InstanceType<typeof noble.Point>

const q = noble.Point.Fn.ORDER
const B = noble.Point.BASE
const { H, G2 } = basesOf(ristretto255)
const inner = (point: Point): Inner => noble.Point.fromBytes(ristretto255.encode(point))
const outer = (point: Inner): Point => {
  const decoded = ristretto255.decode(point.toBytes())
  if (decoded === undefined) throw new RangeError('a point has an encoding')
  return decoded
}
const h = inner(H)
const g2 = inner(G2)
const modulo = (value: bigint): bigint => ((value % q) + q) % q
const times = (point: Inner, scalar: bigint): Inner => point.multiplyUnsafe(modulo(scalar))
const u32 = (value: number): Uint8Array => encodeLittleEndian(BigInt(value), 4)
const one = encodeLittleEndian(1n, 32)

/** SHAKE128 with its first block filled by 32 bytes and zeros. */
function squeeze(first: Uint8Array, rest: Uint8Array, size: number): Uint8Array {
  return shake128(concat(first, new Uint8Array(168 - 32), rest), { dkLen: size })
}

/** The challenge of the short form: session, statement and first messages. */
function challenge(session: Uint8Array, statement: Uint8Array, first: readonly Inner[]): bigint {
  const name = 'epione-v1-CMPT-with-epione-sigma_Shake128_ristretto255/'
  const label = asciiBytes('irtf-cfrg-fiat-shamir/session-id')
  const sponge = squeeze(label, concat(asciiBytes(name), session), 32)
  const all = concat(statement, ...first.map((point) => point.toBytes()))
  return decodeLittleEndian(squeeze(sponge, all, 48)) % q
}

/** One equation: the index of its image, then a scalar's and a point's index for each term. */
function row(image: number, ...terms: readonly (readonly [number, number])[]): Uint8Array {
  const parts = terms.flatMap(([scalar, point]) => [u32(scalar), u32(point), one])
  return concat(u32(1), u32(image), one, u32(terms.length), ...parts)
}

function scalarsOf(proof: Uint8Array): readonly [bigint, bigint, bigint] {
  const at = (place: number) => decodeLittleEndian(proof.subarray(32 * place, 32 * place + 32))
  return [at(0), at(1), at(2)]
}

type Response = { readonly K: Inner; readonly S: Inner; readonly Y: Inner } & {
  readonly E1: Inner
  readonly E2: Inner
}

/** s_k·B − c·K, s_e·B − c·E1 and s_k·S + s_e·Y − c·E2 make the challenge again. */
function isResponse(session: Uint8Array, of: Response, proof: Uint8Array): boolean {
  const { K, S, Y, E1, E2 } = of
  const [c, k, e] = scalarsOf(proof)
  if ([c, k, e].some((scalar) => scalar >= q)) return false
  const first = [
    times(B, k).subtract(times(K, c)),
    times(B, e).subtract(times(E1, c)),
    times(S, k).add(times(Y, e)).subtract(times(E2, c)),
  ]
  const rows = concat(u32(3), row(1, [0, 0]), row(4, [1, 0]), row(5, [0, 2], [1, 3]))
  const points = concat(...[K, S, Y, E1, E2].map((point) => point.toBytes()))
  return c === challenge(session, concat(rows, points), first)
}

const scalar = fc.bigInt({ min: 1n, max: q - 1n })
const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 })
/** A bit of the proof that is flipped, or none. */
const flip = fc.option(fc.nat({ max: 8 * 96 - 1 }), { nil: undefined })

function flipped(proof: Uint8Array, bit: number | undefined): Uint8Array {
  const changed = Uint8Array.from(proof)
  if (bit !== undefined) changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return changed
}

t.test('a response is what its formulas say', async (t) => {
  const property = fc.property(
    fc.record({ k: scalar, e: scalar, s: scalar, y: scalar, session: bytes, random: bytes, flip }),
    ({ k, e, s, y, session, random, flip }) => {
      const S = times(B, s)
      const Y = times(B, y)
      const E2 = times(S, k).add(times(Y, e))
      const of = { K: times(B, k), S, Y, E1: times(B, e), E2 }
      const points = {
        ...{ K: outer(of.K), S: outer(S), Y: outer(Y) },
        ...{ E1: outer(of.E1), E2: outer(E2) },
      }
      const group = ristretto255
      const common = { ...responseStatement(session, points), group, form: 'short' } as const
      const proof = flipped(proveLinear({ ...common, witness: { k, e }, random }), flip)
      const isRight = isResponse(session, of, proof)
      t.equal(isRight, flip === undefined)
      return verifyLinear({ ...common, proof }) === isRight
    },
  )
  await fc.assert(property, { numRuns: 25 })
})

type Sealed = { readonly K: Inner; readonly R: Inner; readonly V: Inner; readonly C: Inner }

/** s_r·B − c·R, s_d·H + s_r·G2 − c·V and s_d·H + s_r·K − c·C make the challenge again. */
function isRecord(session: Uint8Array, { K, R, V, C }: Sealed, proof: Uint8Array): boolean {
  const [c, d, r] = scalarsOf(proof)
  if ([c, d, r].some((scalar) => scalar >= q)) return false
  const first = [
    times(B, r).subtract(times(R, c)),
    times(h, d).add(times(g2, r)).subtract(times(V, c)),
    times(h, d).add(times(K, r)).subtract(times(C, c)),
  ]
  const rows = [row(4, [1, 0]), row(5, [0, 1], [1, 2]), row(6, [0, 1], [1, 3])]
  const points = [h, g2, K, R, V, C].map((point) => point.toBytes())
  return c === challenge(session, concat(u32(3), ...rows, ...points), first)
}

t.test('a record is what its formulas say', async (t) => {
  const amount = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n })
  const property = fc.property(
    fc.record({ d: amount, r: scalar, key: scalar, session: bytes, random: bytes, flip }),
    ({ d, r, key, session, random, flip }) => {
      const K = times(B, key)
      const V = times(h, d).add(times(g2, r))
      const of = { K, R: times(B, r), V, C: times(h, d).add(times(K, r)) }
      const points = { K: outer(K), R: outer(of.R), V: outer(V), C: outer(of.C) }
      const group = ristretto255
      const statement = recordStatement(group, session, points)
      const common = { ...statement, group, form: 'short' } as const
      const proof = flipped(proveLinear({ ...common, witness: { d, r }, random }), flip)
      const isRight = isRecord(session, of, proof)
      t.equal(isRight, flip === undefined)
      return verifyLinear({ ...common, proof }) === isRight
    },
  )
  await fc.assert(property, { numRuns: 25 })
})
