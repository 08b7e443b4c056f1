// Keys, signatures, points, scalars and proofs: nothing is thrown, and the fast implementation says what the reference says.
import * as native from '../../node/crypto/ed25519.ts'
import { createNativeRange } from '../../node/crypto/range.ts'
import { createNativeGroup } from '../../node/crypto/ristretto255.ts'
import { concat, u32 } from '../../vm/bytes.ts'
import { basesOf } from '../../vm/crypto/bases.ts'
import { ristretto255 } from '../../vm/crypto/ristretto255.ts'
import {
  batchItem,
  defineRelation,
  proveLinear,
  verifyBatch,
  verifyLinear,
} from '../../vm/crypto/sigma.ts'
import * as reference from '../../vm/sign.ts'
import { createRandom, type Random } from '../sim/random.ts'
import { signerOf } from '../support/toy-chain.ts'
import type { Reading, Target } from './target.ts'

const nativeRistretto255 = await createNativeGroup()

function drawn(make: (random: Random) => Uint8Array): Target['valid'] {
  return (seed, count) =>
    Array.from({ length: count }, (_, place) => ({ bytes: make(createRandom(seed + place)) }))
}

function judged(verdict: boolean, value: unknown = verdict): Reading {
  return verdict ? { kind: 'accepted', value } : { kind: 'refused', reason: 'does not hold' }
}

function scalarOf(random: Random): bigint {
  return BigInt(random.below(2 ** 31)) ** 8n % ristretto255.order
}

const point: Target = {
  name: 'point',
  form: 'bytes',
  valid: drawn((random) => ristretto255.encode(ristretto255.multiplyBase(scalarOf(random)))),
  read: (input) => {
    const [slow, fast] = [ristretto255.decode(input), nativeRistretto255.decode(input)]
    if ((slow === undefined) !== (fast === undefined)) throw new Error('only one decodes it')
    if (slow === undefined || fast === undefined) return { kind: 'refused', reason: 'no point' }
    const again = nativeRistretto255.encode(fast)
    if (Buffer.compare(again, ristretto255.encode(slow)) !== 0) throw new Error('other points')
    return { kind: 'accepted', value: again, again }
  },
}

const scalar: Target = {
  name: 'scalar',
  form: 'bytes',
  valid: drawn((random) => ristretto255.encodeScalar(scalarOf(random))),
  read: (input) => {
    const [slow, fast] = [ristretto255.decodeScalar(input), nativeRistretto255.decodeScalar(input)]
    if (slow !== fast) throw new Error(`${slow} is not ${fast}`)
    if (slow === undefined) return { kind: 'refused', reason: 'no scalar' }
    return { kind: 'accepted', value: slow, again: ristretto255.encodeScalar(slow) }
  },
}

const message = new Uint8Array(32).fill(5)

/** Public key, then signature: one rule for both implementations, also at the edges of the group. */
const signature: Target = {
  name: 'signature',
  form: 'bytes',
  isSlow: true,
  inputsPerTest: 300,
  valid: drawn((random) => {
    const { publicKey, sign } = signerOf(`fuzz-${random.below(5)}`)
    return concat(publicKey, sign(message))
  }),
  read: (input) => {
    const [key, signed] = [input.subarray(0, 32), input.subarray(32)]
    const fast = native.verifySignature(key, message, signed)
    if (fast !== reference.verifySignature(key, message, signed))
      throw new Error(`natively ${fast}, by the reference ${!fast}`)
    if (reference.isAcceptableKey(key) && key.length !== 32) throw new Error('no key')
    return judged(fast)
  },
}

const relation = defineRelation({
  scalars: ['a', 'r'],
  points: ['H', 'C'],
  equations: [
    {
      image: [['C']],
      terms: [
        ['a', 'H'],
        ['r', 'B'],
      ],
    },
  ],
})

const session = new Uint8Array(32).fill(9)

function statementOf(input: Uint8Array) {
  const C = ristretto255.decode(input.subarray(0, 32))
  return C && { session, relation, points: { H: basesOf(ristretto255).H, C } }
}

/** A point, then a proof about it: one alone and in a batch have the same verdict. */
const sigma: Target = {
  name: 'sigma-proof',
  form: 'bytes',
  isSlow: true,
  inputsPerTest: 300,
  valid: drawn((random) => {
    const [a, r] = [scalarOf(random), scalarOf(random)]
    const { H } = basesOf(ristretto255)
    const C = ristretto255.add(ristretto255.multiply(H, a), ristretto255.multiplyBase(r))
    const statement = { session, relation, points: { H, C } }
    const nonce = new Uint8Array(32).fill(random.below(256))
    const given = { ...statement, group: ristretto255, witness: { a, r }, random: nonce }
    return concat(ristretto255.encode(C), proveLinear({ ...given, form: 'batchable' }))
  }),
  read: (input) => {
    const statement = statementOf(input)
    if (statement === undefined) return { kind: 'refused', reason: 'no point' }
    const proof = input.subarray(32)
    const alone = verifyLinear({ ...statement, group: ristretto255, proof, form: 'batchable' })
    const batch = verifyBatch(ristretto255, [batchItem({ ...statement, proof })])
    if (alone !== batch) throw new Error(`alone ${alone}, in a batch ${batch}`)
    verifyLinear({ ...statement, group: ristretto255, proof, form: 'short' })
    return judged(alone)
  },
}

const range = createNativeRange()
const rangeProof = (() => {
  const { commitments, proof } = range.proveRange([7n, 2n ** 32n - 1n], [3n, 5n])
  return concat(u32(commitments.length), ...commitments, proof)
})()

/** The number of commitments, these, then the proof; WebAssembly that runs on a stranger's bytes. */
const rangeTarget: Target = {
  name: 'range-proof',
  form: 'bytes',
  isSlow: true,
  inputsPerTest: 300,
  valid: drawn(() => rangeProof),
  read: (input) => {
    if (input.length < 4) return { kind: 'refused', reason: 'no count' }
    const count = new DataView(input.buffer, input.byteOffset).getUint32(0) % 20
    const commitments = Array.from({ length: count }, (_, place) =>
      input.subarray(4 + 32 * place, 36 + 32 * place),
    )
    return judged(range.verifyRange(commitments, input.slice(4 + 32 * count)))
  },
}

export const cryptoTargets: readonly Target[] = [point, scalar, signature, sigma, rangeTarget]
