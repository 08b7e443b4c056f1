// The sigma protocol of draft-irtf-cfrg-sigma-protocols-03, made non-interactive, over any group: both wire forms and the batch.
import { assert } from '../assert.ts'
import { asciiBytes, concat, equal } from '../bytes.ts'
import { createSponge, deriveSessionId, squeezeUint } from './fiat-shamir.ts'
import type { Group } from './group.ts'
import { decodeLittleEndian, modulo } from './integer.ts'
import {
  combineElements,
  elementAt,
  type ImageTerm,
  type Instance,
  isValidInstance,
  scalarCount,
  serializeInstance,
  type Term,
} from './linear-relation.ts'

/** `short` is the draft's compact form (challenge, responses), `batchable` its other (first messages, responses). */
export type Form = 'short' | 'batchable'

/** A statement under a sponge's session id, which binds suite, form and everything outside the statement. */
export type Claim<P> = {
  readonly sessionId: Uint8Array
  readonly instance: Instance<P>
}

const BATCH_SESSION = deriveSessionId(asciiBytes('irtf-cfrg-sigma-protocols/batch-verify'))
const WEIGHT_SIZE = 16

function challengeOf<P>(group: Group<P>, claim: Claim<P>, firstMessages: Uint8Array): bigint {
  const sponge = createSponge(claim.sessionId)
  sponge.absorb(serializeInstance(group, claim.instance))
  sponge.absorb(firstMessages)
  return squeezeUint(sponge, group.order)
}

/** Bytes of a proof. */
function proofSizeOf<P>(group: Group<P>, instance: Instance<P>, form: Form): number {
  const responses = scalarCount(instance.equations) * group.scalarSize
  return form === 'short'
    ? group.scalarSize + responses
    : instance.equations.length * group.pointSize + responses
}

/**
 * A proof from given nonces, one for each secret scalar: uniform, secret, never used for a second challenge.
 * Honest-verifier zero knowledge: tells nothing but that the prover knows a witness; knowledge soundness in the random-oracle model.
 */
export function proveWithNonces<P>(
  group: Group<P>,
  claim: Claim<P>,
  secret: {
    readonly witness: readonly bigint[]
    readonly nonces: readonly bigint[]
    readonly form: Form
  },
): Uint8Array {
  const { instance } = claim
  const { witness, nonces, form } = secret
  const count = scalarCount(instance.equations)
  assert(witness.length === count && nonces.length === count, 'one secret for each scalar')
  assert(isValidInstance(group, instance), 'the statement has a form that proves nothing')
  const firstMessages = concat(
    ...instance.equations.map(({ terms }) => {
      const sum = terms.reduce((point, { scalar, element, coefficient }) => {
        const factor = modulo(coefficient * (nonces[scalar] ?? 0n), group.order)
        return group.add(point, multiply(group, elementAt(instance, element), factor))
      }, group.identity)
      assert(!group.isIdentity(sum), 'a first message is not the identity')
      return group.encode(sum)
    }),
  )
  const challenge = challengeOf(group, claim, firstMessages)
  const responses = witness.map((value, index) =>
    group.encodeScalar(modulo((nonces[index] ?? 0n) + value * challenge, group.order)),
  )
  const head = form === 'short' ? group.encodeScalar(challenge) : firstMessages
  return concat(head, ...responses)
}

function multiply<P>(group: Group<P>, point: P, scalar: bigint): P {
  return point === group.base ? group.multiplyBase(scalar) : group.multiply(point, scalar)
}

function decodeScalars<P>(group: Group<P>, bytes: Uint8Array): bigint[] | undefined {
  const scalars: bigint[] = []
  for (let at = 0; at < bytes.length; at += group.scalarSize) {
    const scalar = group.decodeScalar(bytes.subarray(at, at + group.scalarSize))
    if (scalar === undefined) return undefined
    scalars.push(scalar)
  }
  return scalars
}

/** Terms that stand in several equations with the same secret, such as an amount's: each is multiplied once. */
function createProducts<P>(group: Group<P>, instance: Instance<P>, responses: readonly bigint[]) {
  const all = instance.equations.flatMap(({ terms }) => terms)
  const isSame = (left: Term, right: Term) =>
    left.scalar === right.scalar &&
    left.element === right.element &&
    left.coefficient === right.coefficient
  const known: { readonly term: Term; readonly product: P }[] = []
  return {
    isRepeated: (term: Term) => all.filter((other) => isSame(term, other)).length > 1,
    of: (term: Term): P => {
      const before = known.find((one) => isSame(one.term, term))
      if (before !== undefined) return before.product
      const { element, coefficient, scalar } = term
      const weight = { element, coefficient: coefficient * (responses[scalar] ?? 0n) }
      const product = combineElements(group, instance, [weight])
      known.push({ term, product })
      return product
    },
  }
}

/** The first messages that make challenge and responses an accepting transcript; undefined if one is the identity. */
function simulate<P>(
  group: Group<P>,
  instance: Instance<P>,
  transcript: { readonly challenge: bigint; readonly responses: readonly bigint[] },
): Uint8Array | undefined {
  const { challenge, responses } = transcript
  const products = createProducts(group, instance, responses)
  const messages: Uint8Array[] = []
  for (const { image, terms } of instance.equations) {
    const repeated = terms.filter(products.isRepeated)
    const sum: ImageTerm[] = [
      ...terms
        .filter((term) => !repeated.includes(term))
        .map(({ scalar, element, coefficient }) => ({
          element,
          coefficient: coefficient * (responses[scalar] ?? 0n),
        })),
      ...image.map(({ element, coefficient }) => ({
        element,
        coefficient: -coefficient * challenge,
      })),
    ]
    const point = repeated.reduce(
      (total, term) => group.add(total, products.of(term)),
      combineElements(group, instance, sum),
    )
    if (group.isIdentity(point)) return undefined
    messages.push(group.encode(point))
  }
  return concat(...messages)
}

/** Whether the proof is valid; false for wrong lengths, scalars not below the order, points that are none, the identity. Never throws. */
export function verifyProof<P>(
  group: Group<P>,
  claim: Claim<P>,
  given: { readonly proof: Uint8Array; readonly form: Form },
): boolean {
  const { instance } = claim
  const { proof, form } = given
  if (!isValidInstance(group, instance)) return false
  if (proof.length !== proofSizeOf(group, instance, form)) return false
  const split = proof.length - scalarCount(instance.equations) * group.scalarSize
  const head = proof.subarray(0, split)
  const responses = decodeScalars(group, proof.subarray(split))
  const challenge = form === 'short' ? group.decodeScalar(head) : challengeOf(group, claim, head)
  if (responses === undefined || challenge === undefined) return false
  const messages = simulate(group, instance, { challenge, responses })
  if (messages === undefined) return false
  // Encodings are canonical, so equal points and equal bytes are the same.
  return form === 'short'
    ? challengeOf(group, claim, messages) === challenge
    : equal(messages, head)
}

/** A batchable proof taken apart. */
type Parsed<P> = {
  readonly instance: Instance<P>
  readonly messages: readonly P[]
  readonly challenge: bigint
  readonly responses: readonly bigint[]
}

function parse<P>(group: Group<P>, claim: Claim<P>, proof: Uint8Array): Parsed<P> | undefined {
  const { instance } = claim
  if (!isValidInstance(group, instance)) return undefined
  if (proof.length !== proofSizeOf(group, instance, 'batchable')) return undefined
  const split = instance.equations.length * group.pointSize
  const messages: P[] = []
  for (let at = 0; at < split; at += group.pointSize) {
    const message = group.decode(proof.subarray(at, at + group.pointSize))
    if (message === undefined || group.isIdentity(message)) return undefined
    messages.push(message)
  }
  const responses = decodeScalars(group, proof.subarray(split))
  if (responses === undefined) return undefined
  const challenge = challengeOf(group, claim, proof.subarray(0, split))
  return { instance, messages, challenge, responses }
}

/** Gathers one weighted sum of many points, each distinct point once. */
function createSum<P>(group: Group<P>) {
  const points = new Map<string, P>()
  const scalars = new Map<string, bigint>()
  return {
    add: (point: P, key: string, scalar: bigint) => {
      points.set(key, point)
      scalars.set(key, modulo((scalars.get(key) ?? 0n) + scalar, group.order))
    },
    isIdentity: () => group.isIdentity(group.combine([...points.values()], [...scalars.values()])),
  }
}

/**
 * Whether all batchable proofs are valid, by one multi-scalar multiplication. The weights come from a hash over every session id,
 * statement and proof (draft, "Batch verification"), so all validators compute the same; a false proof passes with probability 2^-128.
 */
export function verifyProofs<P>(
  group: Group<P>,
  items: readonly (Claim<P> & { readonly proof: Uint8Array })[],
): boolean {
  const sponge = createSponge(BATCH_SESSION)
  const parsed: Parsed<P>[] = []
  for (const item of items) {
    const one = parse(group, item, item.proof)
    if (one === undefined) return false
    parsed.push(one)
    sponge.absorb(item.sessionId)
    sponge.absorb(serializeInstance(group, item.instance))
    sponge.absorb(item.proof)
  }
  const sum = createSum(group)
  for (const { instance, messages, challenge, responses } of parsed) {
    const keys = instance.elements.map((element) => keyOf(group.encode(element)))
    const addElement = (index: number, scalar: bigint) =>
      sum.add(elementAt(instance, index), keys[index] ?? '', scalar)
    instance.equations.forEach(({ image, terms }, row) => {
      const weight = decodeLittleEndian(sponge.squeeze(WEIGHT_SIZE))
      const message = messages[row]
      assert(message !== undefined, 'one first message for each equation')
      sum.add(message, keyOf(group.encode(message)), weight)
      for (const { element, coefficient } of image)
        addElement(element, coefficient * challenge * weight)
      for (const { scalar, element, coefficient } of terms)
        addElement(element, -coefficient * (responses[scalar] ?? 0n) * weight)
    })
  }
  return sum.isIdentity()
}

function keyOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}
