// The beginning of a height: from nothing, or from what a restarted replica still has.
import type { Start } from '../engine.ts'
import type { Kept, State, Step } from '../state.ts'
import { blockOf } from '../verify.ts'
import { learn } from './proposals.ts'
import { nothingKept } from './receive.ts'
import { resendToAll } from './resend.ts'

/**
 * A restarted replica resumes in the highest view it signed, with its highest prepared certificate, and repeats the same bytes
 * (consensus.md, Journal).
 */
export function begin({ config, nowMs, resume, previous }: Start<State>): Step {
  const { validators, self } = config
  const members = new Set(validators.map((validator) => validator.account))
  const own: Kept = Object.fromEntries([
    ...Object.entries(nothingKept),
    ...(resume?.messages ?? []).map((message) => [message.kind, message]),
  ]) as Kept
  const blocks = (resume?.blocks ?? []).map(
    (block) => [block.blockId, { block, held: true, valid: false }] as const,
  )
  const state: State = {
    config,
    nowMs,
    view: resume?.promised?.view ?? 0,
    promised: resume?.promised ?? null,
    kept: validators.map((_, validator) => (validator === self ? own : nothingKept)),
    prepared: resume?.prepared ?? null,
    blocks: new Map(blocks),
    execution: null,
    asked: null,
    own: null,
    fetching: [],
    due: false,
    viewTimer: null,
    failed: [],
    outcome: null,
    lost: new Set([...(previous?.lost ?? [])].filter((account) => members.has(account))),
    answeredMs: new Map(
      [...(previous?.answeredMs ?? [])].filter(([account]) => members.has(account)),
    ),
  }
  const proposal = own['pre-prepare']
  // Journaled without the prepare that rests on its block: the verdict on this block must find it.
  return resendToAll(proposal === null ? state : learn(state, blockOf(proposal)))
}
