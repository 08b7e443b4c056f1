// Answering for the sums of classes, masked or as scalars, and what the insurer does with scalar answers.

import { scalarSession, settleSession } from '../../../apps/vault/query-settle.ts'
import { complainResponseSession } from '../../../apps/vault/replicated/complain-response.ts'
import type {
  RepComplainResponse,
  RepRespond,
  RepRespondScalar,
} from '../../../apps/vault/replicated/payloads.ts'
import { repRespondSession } from '../../../apps/vault/replicated/respond.ts'
import { respondScalarSession } from '../../../apps/vault/replicated/respond-scalar.ts'
import {
  answerStatement,
  commitmentStatement,
  commitShare,
  type Share,
  scalarBoxContext,
} from '../../../apps/vault/replicated/statements.ts'
import type { ClassSums } from '../../../apps/vault/replicated/values.ts'
import { blank } from '../../../apps/vault/statements.ts'
import { concat, equal, fromHex, u32 } from '../../../vm/bytes.ts'
import { openBox, proveEphemeral, revealOpening, sealBox } from '../../../vm/crypto/box.ts'
import { commit } from '../../../vm/crypto/commitment.ts'
import type { Group } from '../../../vm/crypto/group.ts'
import { modulo } from '../../../vm/crypto/integer.ts'
import { proveLinear } from '../../../vm/crypto/sigma.ts'
import type { Digest, Hex } from '../../../vm/types.ts'
import {
  decodeSecret,
  deriveBytes,
  deriveScalar,
  type Entropy,
  encodeSecret,
  type SecretScalar,
} from '../entropy.ts'
import { requirePoint } from '../points.ts'
import type { Settled } from '../query.ts'
import { type Paying, preparePayout, settlementBlinding } from '../settle.ts'
import type { ClassSecrets, Sender } from './deal.ts'
import { deriveShare } from './record.ts'

/** Records of one committee by the nonces that their shares follow from. */
export type SummedRecords = {
  readonly committee: Digest
  readonly epoch: number
  readonly nonces: readonly Hex[]
  /** Nonces of records that reverse others (`reverses` is not null): their shares are the negatives. */
  readonly reversed?: readonly Hex[]
}

/** S and T of one class over some records: its part of the amount and of the blinding. */
export function sumClass<P>(
  group: Group<P>,
  { committee, epoch, nonces, reversed = [] }: SummedRecords,
  secret: SecretScalar,
): Share {
  const sharesOf = (all: readonly Hex[]) =>
    all.map((nonce) => deriveShare(group, { committee, epoch, nonce }, secret))
  const [entered, taken] = [sharesOf(nonces), sharesOf(reversed)]
  const total = (part: 'f' | 'g') => {
    const before = entered.reduce((sum, share) => sum + share[part], 0n)
    return modulo(
      taken.reduce((sum, share) => sum - share[part], before),
      group.order,
    )
  }
  return { f: total('f'), g: total('g') }
}

/** Whether the sums of a class are what the ledger's ΣV_c commits to; if not, a record of the set is bad. */
function opensClass<P>(group: Group<P>, sums: Share, sum: Uint8Array): boolean {
  return equal(group.encode(commitShare(group, sums)), sum)
}

export type RepAnswering = Sender & {
  readonly committee: Digest
  readonly epoch: number
  readonly index: number
  readonly query: Digest
  readonly answerKey: Uint8Array
  /** The classes to answer for, ascending, with their sums. */
  readonly sums: ReadonlyMap<number, Share>
}

/** The sums of the classes that a server holds, of the records that it verified itself. */
export function sumClasses<P>(
  group: Group<P>,
  records: SummedRecords,
  secrets: ClassSecrets,
): ReadonlyMap<number, Share> {
  return new Map([...secrets].map(([held, secret]) => [held, sumClass(group, records, secret)]))
}

function drawn<P>(group: Group<P>, { entropy, query }: RepAnswering, held: number): bigint {
  return deriveScalar(group, entropy, { label: 'class-answer', parts: [fromHex(query), u32(held)] })
}

/**
 * One server's sums under the insurer's key, proven. The caller must have verified the query, its consent and every record against
 * certified blocks, and have journaled the set.
 */
export function buildRepRespond<P>(group: Group<P>, answering: RepAnswering): RepRespond {
  const { chainId, account, committee, epoch, index, query, entropy, sums } = answering
  const Y = requirePoint(group, answering.answerKey)
  const parts = [...sums].map(([held, { f, g }]) => {
    const e = drawn(group, answering, held)
    const E1 = group.multiplyBase(e)
    const E2 = group.add(commit(group, f, 0n), group.multiply(Y, e))
    return {
      held,
      witness: { S: f, T: g, e },
      points: { Y, V: commitShare(group, { f, g }), E1, E2 },
    }
  })
  const answers = parts.map(({ held, points }) => ({
    class: held,
    first: group.encode(points.E1),
    second: group.encode(points.E2),
    proof: blank(128),
  }))
  const bare = { account, committee, query, epoch, index, answers }
  const proofs = parts.map(({ held, witness, points }) =>
    proveLinear({
      ...answerStatement(group, repRespondSession(chainId, bare, held), points),
      group,
      witness,
      random: deriveBytes(entropy, 'class-proof', u32(held)),
      form: 'short',
    }),
  )
  return {
    ...bare,
    answers: answers.map((answer, at) => ({ ...answer, proof: proofs[at] ?? answer.proof })),
  }
}

/** One server's sums as plain numbers in boxes for the insurer: exact, and proven to nobody. */
export function buildRespondScalar<P>(group: Group<P>, answering: RepAnswering): RepRespondScalar {
  const { chainId, account, committee, epoch, index, query, entropy, sums } = answering
  const recipient = requirePoint(group, answering.answerKey)
  const answers = [...sums].map(([held, { f, g }]) => {
    const a = drawn(group, answering, held)
    const E = group.multiplyBase(a)
    const context = scalarBoxContext({ query, index, class: held })
    const message = concat(group.encodeScalar(f), group.encodeScalar(g))
    const box = sealBox(group, { E, recipient, context }, { a, message })
    return { class: held, boxPoint: group.encode(E), boxProof: blank(64), box }
  })
  const bare = { account, committee, query, epoch, index, answers }
  const proven = answers.map((answer) => {
    const a = drawn(group, answering, answer.class)
    const session = respondScalarSession(chainId, bare, answer.class)
    const place = { E: group.multiplyBase(a), recipients: [recipient], session }
    const random = deriveBytes(entropy, 'class-proof', u32(answer.class))
    return { ...answer, boxProof: proveEphemeral(group, place, { a, random }) }
  })
  return { ...bare, answers: proven }
}

/** A scalar answer as the insurer finds it: the box from the transaction, E from the ledger. */
export type ScalarAnswer = {
  readonly query: Digest
  readonly index: number
  readonly class: number
  readonly boxPoint: Uint8Array
  readonly box: Uint8Array
}

/** S and T in a box; undefined if it is garbage or does not open ΣV_c, so that the insurer complains. */
export function readScalarAnswer<P>(
  group: Group<P>,
  answer: ScalarAnswer,
  asked: { readonly answerSecret: SecretScalar; readonly sum: Uint8Array },
): Share | undefined {
  const secretKey = decodeSecret(group, asked.answerSecret)
  const E = requirePoint(group, answer.boxPoint)
  const place = { E, recipient: group.multiplyBase(secretKey), context: scalarBoxContext(answer) }
  const message = openBox(group, place, { secretKey, box: answer.box })
  if (message?.length !== 64) return undefined
  const f = group.decodeScalar(message.subarray(0, 32))
  const g = group.decodeScalar(message.subarray(32))
  if (f === undefined || g === undefined) return undefined
  return opensClass(group, { f, g }, asked.sum) ? { f, g } : undefined
}

/** The sum and its blinding from the sums of all classes; exact, no discrete logarithm. */
export function combineScalars<P>(
  group: Group<P>,
  sums: readonly Share[],
  { offset }: Pick<ClassSums, 'offset'>,
): { readonly sum: bigint; readonly blinding: bigint } {
  const delta = group.decodeScalar(offset) ?? 0n
  return {
    sum: modulo(
      sums.reduce((total, { f }) => total + f, delta),
      group.order,
    ),
    blinding: modulo(
      sums.reduce((total, { g }) => total + g, 0n),
      group.order,
    ),
  }
}

/** Opens a scalar answer to everybody: the sum of its class is public from then on. */
export function buildComplainResponse<P>(
  group: Group<P>,
  answer: ScalarAnswer & { readonly committee: Digest; readonly epoch: number },
  sender: Sender & { readonly answerSecret: SecretScalar; readonly deposit: bigint },
): RepComplainResponse {
  const { committee, query, epoch, index, class: held, box, boxPoint } = answer
  const { chainId, account, entropy, deposit } = sender
  const secretKey = decodeSecret(group, sender.answerSecret)
  const E = requirePoint(group, boxPoint)
  const opening = group.encode(group.multiply(E, secretKey))
  const place = { account, committee, query, epoch, index, class: held }
  const bare = { ...place, box, opening, proof: blank(64), deposit }
  const session = complainResponseSession(chainId, bare)
  const random = deriveBytes(entropy, 'complain-proof')
  return { ...bare, proof: revealOpening(group, { E, session }, { secretKey, random }).proof }
}

/** Commits to a sum of scalar answers, with a proof that the commitment holds what ΣV holds; pays as `buildSettle` does. */
export function buildScalarSettle<P>(
  group: Group<P>,
  settling: Omit<Sender, 'entropy'> & {
    readonly query: Digest
    readonly answerKey: Uint8Array
    readonly sum: bigint
    readonly blinding: bigint
    readonly entropy: Entropy
    readonly paying?: Paying<P>
  },
): Settled {
  const { chainId, account, query, sum, blinding: T, entropy, paying } = settling
  const s = settlementBlinding(group, entropy, query)
  const D = modulo(sum, group.order)
  const W = commit(group, D, s)
  const prepared = paying && preparePayout(paying, { amount: sum, blinding: s }, { query, entropy })
  const payout = prepared?.payout ?? null
  const bare = { account, query, commitment: group.encode(W), proof: blank(128), payout }
  const points = { V: commit(group, D, T), W }
  const session = scalarSession(settleSession(chainId, bare), settling.answerKey)
  const proof = proveLinear({
    ...commitmentStatement(group, session, points),
    group,
    witness: { D, T, s },
    random: deriveBytes(entropy, 'settlement-proof'),
    form: 'short',
  })
  const blinding = encodeSecret(group, s)
  return { payload: { ...bare, proof }, blinding, next: prepared?.next }
}
