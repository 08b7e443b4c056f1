// Policies of the vault's tests: terms that both sign, segments that are asked for, answered and settled by them.
import { policyId } from '../../../apps/vault/ids.ts'
import type { PolicyAgree } from '../../../apps/vault/patient-payloads.ts'
import { resultTable } from '../../../apps/vault/state.ts'
import { buildPolicyAgree } from '../../../client/vault/policy.ts'
import { buildSettle, type Settled } from '../../../client/vault/query.ts'
import { nothingSettled, type PolicyAccount } from '../../../client/vault/settle.ts'
import { assert } from '../../../vm/assert.ts'
import type { Digest } from '../../../vm/types.ts'
import {
  ask,
  bucketOf,
  type Question,
  readSum,
  recordAmounts,
  respond,
  segmentOf,
  tagOf,
} from './cast.ts'
import type { Ready } from './dealing.ts'
import { entropyOf, idOf, must, type Sent, suite, type World } from './world.ts'

export type Changes = Partial<Omit<PolicyAgree, 'proof'>>

/** 80 % above 100, at most 200 in the period. */
export function termsOf(world: World, changes: Changes = {}): PolicyAgree {
  const terms = {
    account: idOf('payer a'),
    patient: idOf('pat'),
    ...bucketOf('pat'),
    version: 1,
    currency: 'USD',
    payout: 'plain',
    rate: 80,
    deductible: 100n,
    cap: 200n,
    escrow: changes.payout === 'committed' ? 0n : 200n,
    settleByMs: world.now() + 1_000_000,
    ...changes,
  } as const
  return buildPolicyAgree(suite.group, terms, {
    chainId: world.chainId,
    tagSecret: tagOf('pat').secret,
    entropy: entropyOf('agree'),
  })
}

/** What the insurer keeps of the terms. */
export function accountOf({
  version,
  payout,
  rate,
  deductible,
  cap,
  ...bucket
}: PolicyAgree): PolicyAccount {
  return {
    policy: policyId(bucket),
    version,
    terms: { payout, rate, deductible, cap },
    sum: nothingSettled,
    promised: nothingSettled,
  }
}

export function agree(world: World, changes: Changes = {}): PolicyAccount {
  const terms = termsOf(world, changes)
  must(world, 'policy.agree', terms, 'payer a', 'pat')
  return accountOf(terms)
}

export type Answered = Question & { readonly sum: bigint }

/** Asks for a segment and has it answered. */
export function askSegment(
  world: World,
  ready: Ready,
  { segment, consent }: { readonly segment: number; readonly consent: Digest },
): Answered {
  const question = ask(world, ready, { target: segmentOf('pat', segment), consent })
  assert(question.code === '', `the question was refused: ${question.code}`)
  for (const index of [1, 2, 3]) respond(world, ready, { query: question.query, index })
  const sum = readSum(world, question)
  assert(sum !== undefined, 'a sum')
  return { ...question, sum }
}

/** A segment with these amounts, asked for and answered. */
export function nextSegment(
  world: World,
  ready: Ready,
  next: { readonly segment: number; readonly consent: Digest; readonly amounts: readonly bigint[] },
): Answered {
  recordAmounts(world, ready, { name: 'pat', amounts: next.amounts })
  return askSegment(world, ready, next)
}

export function settleOf(
  world: World,
  { query, answerSecret, sum }: Answered,
  account?: PolicyAccount,
): Settled {
  const result = resultTable.get(world.state(), query)
  assert(result, 'a result')
  return buildSettle(suite.group, {
    chainId: world.chainId,
    account: idOf('payer a'),
    query,
    result,
    answerSecret,
    sum,
    entropy: entropyOf(`settle ${query}`),
    ...(account && { paying: { tools: { group: suite.group, range: suite }, account } }),
  })
}

export function settle(
  world: World,
  answered: Answered,
  account: PolicyAccount,
): Sent & { readonly next: PolicyAccount } {
  const { payload, next } = settleOf(world, answered, account)
  assert(next, 'a payout')
  return { ...world.send('query.settle', payload, 'payer a'), next }
}
