// What a restarted validator goes on with: the journal's messages of the next height and the bodies under them.

import type { VerifySignature } from '../../consensus/certificate.ts'
import type { Resume } from '../../consensus/engine.ts'
import { restore } from '../../consensus/restore.ts'
import type { HeightConfig } from '../../consensus/types.ts'
import { assert } from '../../vm/assert.ts'
import { decode } from '../../vm/codec.ts'
import type { Bodies } from '../bodies.ts'
import type { JournalRecord } from '../journal-format.ts'
import type { Logger } from '../logger.ts'
import type { Blocks } from './blocks.ts'
import { journalRecordCodec, type Voter } from './promise.ts'

export type ResumePorts = {
  readonly config: HeightConfig
  readonly voter: Voter
  /** What the journal held when it was opened. */
  readonly recovered: readonly JournalRecord[]
  readonly verifySignature: VerifySignature
  readonly bodies: Bodies
  readonly blocks: Blocks
  readonly log: Logger
}

export type Resumption =
  | { readonly kind: 'vote'; readonly resume: Resume | null }
  /** The vote lock, or the journal, is ahead of the chain here: follow until it is reached. */
  | { readonly kind: 'follow' }

/**
 * Called for the first height after a start, and for the next ones as long as the answer is to follow. The lock is brought up to
 * the newest journaled vote.
 */
export async function resumeHeight(ports: ResumePorts): Promise<Resumption> {
  const { config, voter, verifySignature, bodies, blocks, log } = ports
  // Whose store was lost may have journaled votes that its lock has not: at their height they are gone on with.
  if (ports.recovered.some(({ height }) => height > config.height)) return { kind: 'follow' }
  const records = ports.recovered
    .filter(({ height }) => height === config.height)
    .map(({ bytes }) => decode(journalRecordCodec, bytes))
  const restored = restore({
    config,
    verifySignature,
    sign: voter.signDigest,
    entries: records.map(({ entry }) => entry),
    lock: voter.lock.state(),
  })
  if (!restored.ok) return { kind: 'follow' }
  for (const { entry, envelopes } of records) {
    if (entry.block === null) continue
    await bodies.provide(entry.block.transactions, envelopes)
    blocks.restore(entry.block)
  }
  const newest = records.at(-1)?.entry
  if (newest !== undefined) {
    const outcome = await voter.lock.record(newest.message, newest.certificate)
    // A lock that is ahead of the journal has the newer vote already; restore has taken it.
    assert(
      outcome.ok || outcome.code === 'VOTE_LOWER',
      'journal and vote lock contradict each other',
    )
  }
  if (restored.resume !== null)
    log.info({ height: config.height, promised: restored.resume.promised }, 'goes on')
  return { kind: 'vote', resume: restored.resume }
}
