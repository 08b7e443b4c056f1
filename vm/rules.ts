// What a chain runs by: its id, its parameters from the genesis file, and its applications by tag.
import type { AppList, TxType } from './app.ts'
import { assert } from './assert.ts'
import type { Infer } from './codec.ts'
import { named, struct } from './codec-compound.ts'
import { uint } from './codec-scalar.ts'
import { ENVELOPE_BUDGET_SHARE, EVIDENCE_HEIGHTS_MAX } from './limits.ts'
import type { EngineKind } from './quorum.ts'
import type { Digest } from './types.ts'

/** Fixed with the genesis; every validator runs by the same. Times in milliseconds. */
export const parametersCodec = named(
  'chain-parameters',
  struct({
    /** How far validUntil may lie beyond the block's time. */
    windowMs: uint(600_000, 10_000),
    /** An idle chain makes an empty block this long after the last one. */
    heartbeatMs: uint(600_000, 100),
    /** Two blocks are at least this far apart unless the first is full. */
    minIntervalMs: uint(60_000, 0),
    baseTimeoutMs: uint(60_000, 100),
    timeoutStepMs: uint(60_000, 0),
    timeoutCapMs: uint(60_000, 100),
    /** Verification units of one block. */
    blockBudget: uint(1_000_000, 10),
    /** Percent of the block's budget that one account may use in a block. */
    accountShare: uint(100, 1),
    /** Percent of the block's budget that one organization may use in a block. */
    organizationShare: uint(100, 1),
    /** Evidence of two contradicting signatures counts for so many heights. */
    evidenceHeights: uint(EVIDENCE_HEIGHTS_MAX, 10),
  }),
)
export type Parameters = Infer<typeof parametersCodec>

export const defaultParameters: Parameters = {
  windowMs: 600_000,
  heartbeatMs: 30_000,
  minIntervalMs: 20,
  baseTimeoutMs: 1_000,
  timeoutStepMs: 500,
  timeoutCapMs: 10_000,
  blockBudget: 3_400,
  accountShare: 100,
  organizationShare: 100,
  evidenceHeights: 1_000,
}

export type Rules = {
  readonly chainId: Digest
  readonly engine: EngineKind
  readonly parameters: Parameters
  readonly list: AppList
  readonly types: ReadonlyMap<number, TxType>
  /** Of the applications. */
  readonly tags: ReadonlySet<number>
}

export function createRules(chain: Omit<Rules, 'types' | 'tags'>): Rules {
  const types = new Map<number, TxType>()
  for (const app of chain.list.apps) {
    for (const tx of app.txs) {
      assert(tx.tag >> 8 === app.tag, `${tx.name} has the tag of another application`)
      assert(!types.has(tx.tag), `${tx.name} has a tag that is taken`)
      types.set(tx.tag, tx)
    }
  }
  return { ...chain, types, tags: new Set(chain.list.apps.map(({ tag }) => tag)) }
}

/** The most verification units of one envelope. */
export function envelopeBudget(parameters: Parameters): number {
  return Math.floor(parameters.blockBudget * ENVELOPE_BUDGET_SHARE)
}
