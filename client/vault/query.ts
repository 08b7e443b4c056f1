// Asking for a sum, answering, and reading the answer.

import type { Target } from '../../apps/vault/fields.ts'
import type { QueryOpen, QueryRespond, QuerySettle } from '../../apps/vault/payloads.ts'
import { openSession, queryNames } from '../../apps/vault/query-open.ts'
import { respondSession } from '../../apps/vault/query-respond.ts'
import { settleSession } from '../../apps/vault/query-settle.ts'
import { blank, responseStatement, settlementStatement } from '../../apps/vault/statements.ts'
import { addSums, noSums } from '../../apps/vault/sums.ts'
import type { ResultState, Sums } from '../../apps/vault/values.ts'
import { fromHex } from '../../vm/bytes.ts'
import { commit, unmask } from '../../vm/crypto/commitment.ts'
import type { DiscreteLog } from '../../vm/crypto/discrete-log.ts'
import type { Group } from '../../vm/crypto/group.ts'
import { modulo } from '../../vm/crypto/integer.ts'
import { proveKey } from '../../vm/crypto/keys.ts'
import { proveLinear } from '../../vm/crypto/sigma.ts'
import type { AccountId, Digest } from '../../vm/types.ts'
import {
  createKeyPair,
  decodeSecret,
  deriveBytes,
  deriveScalar,
  type Entropy,
  encodeSecret,
  type SecretScalar,
} from './entropy.ts'
import { requirePoint } from './points.ts'
import { type Paying, type PolicyAccount, preparePayout, settlementBlinding } from './settle.ts'

/** A question and the secret that reads its answer: the insurer writes `answerSecret` and `query` to disk before it sends. */
export function buildQueryOpen<P>(
  group: Group<P>,
  input: {
    readonly chainId: Digest
    readonly account: AccountId
    readonly committee: Digest
    readonly epoch: number
    readonly target: Target
    readonly consent: Digest
    readonly fee: bigint
    readonly entropy: Entropy
  },
): { readonly payload: QueryOpen; readonly query: Digest; readonly answerSecret: SecretScalar } {
  const { chainId, entropy, ...terms } = input
  const { secret, publicKey } = createKeyPair(group, entropy, 'answer-key')
  const answerKey = fromHex(publicKey)
  const { account, committee, epoch, target, consent, fee } = terms
  const bare = { account, committee, epoch, target, answerKey, proof: blank(64), consent, fee }
  const claim = { session: openSession(chainId, bare), key: requirePoint(group, answerKey) }
  const random = deriveBytes(entropy, 'open-proof')
  const proof = proveKey(group, claim, { x: decodeSecret(group, secret), random })
  return { payload: { ...bare, proof }, query: queryNames(bare).query, answerSecret: secret }
}

/** ΣR, ΣC and ΣV of records: a server compares them with the query's before it answers. */
export function sumRecords(records: readonly Sums[]): Sums {
  return addSums(noSums, records)
}

export type Answering = {
  readonly chainId: Digest
  readonly account: AccountId
  readonly committee: Digest
  readonly epoch: number
  readonly index: number
  readonly share: SecretScalar
  readonly query: Digest
  /** ΣR as the server itself summed it. */
  readonly ephemeral: Uint8Array
  readonly answerKey: Uint8Array
  readonly entropy: Entropy
}

/**
 * One server's part of a sum under the insurer's key. The caller must have verified the query, its consent and every record against
 * certified blocks, and have journaled the set: t answers about a set of one record give that record away.
 */
export function buildResponse<P>(group: Group<P>, answering: Answering): QueryRespond {
  const { chainId, account, committee, epoch, index, query, entropy } = answering
  const k = decodeSecret(group, answering.share)
  const S = requirePoint(group, answering.ephemeral)
  const Y = requirePoint(group, answering.answerKey)
  const e = deriveScalar(group, entropy, { label: 'response', parts: [fromHex(query)] })
  const E1 = group.multiplyBase(e)
  const E2 = group.add(group.multiply(S, k), group.multiply(Y, e))
  const points = { first: group.encode(E1), second: group.encode(E2) }
  const bare = { account, committee, query, epoch, index, ...points, proof: blank(96) }
  const K = group.multiplyBase(k)
  const proof = proveLinear({
    ...responseStatement(respondSession(chainId, bare), { K, S, Y, E1, E2 }),
    group,
    witness: { k, e },
    random: deriveBytes(entropy, 'response-proof'),
    form: 'short',
  })
  return { ...bare, proof }
}

/** sum·H, a small discrete logarithm away from the sum. */
function unmaskResult<P>(
  group: Group<P>,
  result: Pick<ResultState, 'mask' | 'masked'>,
  answerSecret: SecretScalar,
): Uint8Array {
  const X1 = requirePoint(group, result.mask)
  const C1 = requirePoint(group, result.masked)
  // C1 = sum·H − e·Y, so the mask is added: the secret key of the usual form is −y.
  const y = modulo(-decodeSecret(group, answerSecret), group.order)
  return group.encode(unmask(group, y, { R: X1, C: C1 }))
}

/** The sum of `count` records; undefined if there is none within what so many 32-bit amounts can be. */
export function readResult<P>(
  { group, log }: { readonly group: Group<P>; readonly log: DiscreteLog },
  result: Pick<ResultState, 'mask' | 'masked'>,
  secret: { readonly answerSecret: SecretScalar; readonly count: number },
): bigint | undefined {
  const bound = BigInt(secret.count) * 2n ** 32n
  return log.find(unmaskResult(group, result, secret.answerSecret), bound)
}

export type Settled = {
  readonly payload: QuerySettle
  /** Opens W later. */
  readonly blinding: SecretScalar
  /** The insurer's account of the policy once the settlement took effect; undefined if nothing is paid by one. */
  readonly next: PolicyAccount | undefined
}

/** Commits to a sum that was read, with a proof that the commitment holds it, and pays what a policy says if one is given. */
export function buildSettle<P>(
  group: Group<P>,
  settling: {
    readonly chainId: Digest
    readonly account: AccountId
    readonly query: Digest
    readonly result: Pick<ResultState, 'mask' | 'masked'>
    readonly answerSecret: SecretScalar
    readonly sum: bigint
    readonly entropy: Entropy
    readonly paying?: Paying<P>
  },
): Settled {
  const { chainId, account, query, result, answerSecret, sum, entropy, paying } = settling
  const y = decodeSecret(group, answerSecret)
  const s = settlementBlinding(group, entropy, query)
  const D = modulo(sum, group.order)
  const W = commit(group, D, s)
  const prepared = paying && preparePayout(paying, { amount: sum, blinding: s }, { query, entropy })
  const payout = prepared?.payout ?? null
  const bare = { account, query, commitment: group.encode(W), proof: blank(128), payout }
  const X1 = requirePoint(group, result.mask)
  const C1 = requirePoint(group, result.masked)
  const points = { Y: group.multiplyBase(y), X1, C1, W }
  const proof = proveLinear({
    ...settlementStatement(group, settleSession(chainId, bare), points),
    group,
    witness: { x: modulo(-y, group.order), D, s },
    random: deriveBytes(entropy, 'settlement-proof'),
    form: 'short',
  })
  const blinding = encodeSecret(group, s)
  return { payload: { ...bare, proof }, blinding, next: prepared?.next }
}
