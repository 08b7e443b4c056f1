// Proofs of linear relations as applications use them: named relations, bound sessions, hedged nonces, batches.
import { assert } from '../assert.ts'
import { asciiBytes, concat, fromHex, u32 } from '../bytes.ts'
import { hash } from '../hash.ts'
import type { Digest, Hex } from '../types.ts'
import { createSponge, deriveSessionId, serializeString, squeezeUint } from './fiat-shamir.ts'
import type { Group } from './group.ts'
import {
  areValidEquations,
  type Equation,
  type Instance,
  scalarCount,
  serializeInstance,
} from './linear-relation.ts'
import { type Claim, type Form, proveWithNonces, verifyProof, verifyProofs } from './sigma-core.ts'

/** The standard base of the group; every relation may use it without declaring it. */
type Generator = 'B'

/** A relation between named points and named secret scalars, compiled once. */
export type Relation<S extends string, E extends string> = {
  readonly scalars: readonly S[]
  readonly points: readonly E[]
  readonly equations: readonly Equation[]
}

/**
 * Compiles equations Σ coefficient·point = Σ coefficient·scalar·point, a coefficient that is left out being 1. `B` is the generator.
 * Example: `{ scalars: ['d', 'r'], points: ['H', 'K', 'C'], equations: [{ image: [['C']], terms: [['d', 'H'], ['r', 'K']] }] }`.
 * Every point on which the verdict depends must be a point of its own, never a precomputed sum.
 */
export function defineRelation<const S extends string, const E extends string>(definition: {
  readonly scalars: readonly S[]
  readonly points: readonly E[]
  readonly equations: readonly {
    readonly image: readonly (readonly [point: E | Generator, coefficient?: bigint])[]
    readonly terms: readonly (readonly [scalar: S, point: E | Generator, coefficient?: bigint])[]
  }[]
}): Relation<S, E> {
  const { scalars, points } = definition
  const names: readonly string[] = ['B', ...points]
  assert(new Set(names).size === names.length, 'points have distinct names, none of them B')
  const element = (name: string): number => {
    assert(names.includes(name), `no point is named ${name}`)
    return names.indexOf(name)
  }
  const equations = definition.equations.map(({ image, terms }) => ({
    image: image.map(([name, coefficient = 1n]) => ({ element: element(name), coefficient })),
    terms: terms.map(([scalar, name, coefficient = 1n]) => {
      assert(scalars.includes(scalar), `no scalar is named ${scalar}`)
      return { scalar: scalars.indexOf(scalar), element: element(name), coefficient }
    }),
  }))
  assert(areValidEquations(equations, names.length), 'every point and every scalar is used')
  assert(scalarCount(equations) === scalars.length, 'every scalar is used')
  return { scalars, points, equations }
}

/** What a proof is bound to besides its statement. */
export type ProofContext = {
  readonly chainId: Digest
  /** Tag of the transaction type. */
  readonly tag: number
  /** Version of the proof in this slot. */
  readonly version: number
  /** Which proof of the transaction, such as "record". */
  readonly slot: string
  /** The acting account: a payload field that `authorize` compares with the signer. */
  readonly account: Hex
  readonly object: Hex
  readonly epoch: number
}

/** The 32-byte session of a proof: a hash over all parts, each with its length. */
export function sessionId(context: ProofContext): Uint8Array {
  const { chainId, tag, version, slot, account, object, epoch } = context
  const parts = [
    fromHex(chainId),
    u32(tag),
    u32(version),
    asciiBytes(slot),
    fromHex(account),
    fromHex(object),
    u32(epoch),
  ]
  return hash('proof-session', ...parts.map(serializeString))
}

/** A session that is also bound to further public bytes, such as the keys of recipients. */
export function extendSession(session: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  return hash('proof-session-part', ...[session, ...parts].map(serializeString))
}

const SUITE = 'epione-sigma_Shake128_ristretto255'
const flavors = { short: 'CMPT', batchable: 'DSFS' } as const

/** The sponge's session id: suite and form in words, as the draft demands, then the session. */
function spongeSession<P>(group: Group<P>, session: Uint8Array, form: Form): Uint8Array {
  assert(group.name === 'ristretto255', 'the production suite is over ristretto255')
  assert(session.length === 32, 'a session has 32 bytes')
  return deriveSessionId(concat(asciiBytes(`epione-v1-${flavors[form]}-with-${SUITE}/`), session))
}

/** A statement: a relation, its points, and the session that it is proved in. */
export type Statement<P, S extends string, E extends string> = {
  readonly session: Uint8Array
  readonly relation: Relation<S, E>
  readonly points: Readonly<Record<E, P>>
}

function claimOf<P, S extends string, E extends string>(
  group: Group<P>,
  { session, relation, points }: Statement<P, S, E>,
  form: Form,
): Claim<P> {
  const instance: Instance<P> = {
    elements: [group.base, ...relation.points.map((name) => points[name])],
    equations: relation.equations,
  }
  return { sessionId: spongeSession(group, session, form), instance }
}

/**
 * Proves that the prover knows scalars below the group order which fulfil the relation. `random` is 32 fresh secret bytes; the nonces
 * are derived from it, the witness and the statement, so a repeated `random` does not leak the witness through another statement.
 * Zero knowledge in the random-oracle model. The witness is not checked: a wrong one gives a proof that nobody accepts.
 */
export function proveLinear<P, S extends string, E extends string>(
  input: Statement<NoInfer<P>, S, E> & {
    readonly group: Group<P>
    readonly witness: Readonly<Record<S, bigint>>
    readonly random: Uint8Array
    readonly form: Form
  },
): Uint8Array {
  const { group, relation, witness, random, form } = input
  assert(random.length >= 32, 'a proof needs 32 random bytes')
  const claim = claimOf(group, input, form)
  const secrets = relation.scalars.map((name) => witness[name])
  const sponge = createSponge(claim.sessionId)
  sponge.absorb(asciiBytes('epione/nonces/v1'))
  sponge.absorb(serializeString(random))
  for (const secret of secrets) sponge.absorb(group.encodeScalar(secret))
  sponge.absorb(serializeInstance(group, claim.instance))
  const nonces = secrets.map(() => squeezeUint(sponge, group.order))
  return proveWithNonces(group, claim, { witness: secrets, nonces, form })
}

/** Whether the proof is valid for the statement; false for every malformed one. Knowledge soundness: discrete logarithm, random oracle. */
export function verifyLinear<P, S extends string, E extends string>(
  input: Statement<NoInfer<P>, S, E> & {
    readonly group: Group<P>
    readonly proof: Uint8Array
    readonly form: Form
  },
): boolean {
  const { group, proof, form } = input
  return verifyProof(group, claimOf(group, input, form), { proof, form })
}

/** One batchable proof among others. */
export type BatchItem<P> = Statement<P, string, string> & { readonly proof: Uint8Array }

/** A statement with a batchable proof, its names forgotten so that different relations fit in one batch. */
export function batchItem<P, S extends string, E extends string>(
  item: Statement<P, S, E> & { readonly proof: Uint8Array },
): BatchItem<P> {
  return item as unknown as BatchItem<P>
}

/** Whether all batchable proofs are valid; says nothing about which is not. */
export function verifyBatch<P>(group: Group<P>, items: readonly BatchItem<P>[]): boolean {
  const claims = items.map((item) => ({
    ...claimOf(group, item, 'batchable'),
    proof: item.proof,
  }))
  return verifyProofs(group, claims)
}

/** The verdict on each batchable proof, the same as alone: all at once, and one by one if that fails. */
export function verifyEach<P>(group: Group<P>, items: readonly BatchItem<P>[]): boolean[] {
  if (verifyBatch(group, items)) return items.map(() => true)
  return items.map((item) => verifyLinear({ ...item, group, form: 'batchable' }))
}

/** Bytes of a proof of the relation over ristretto255. */
export function proofSize<S extends string, E extends string>(
  relation: Relation<S, E>,
  form: Form,
): number {
  return 32 * (relation.scalars.length + (form === 'short' ? 1 : relation.equations.length))
}
