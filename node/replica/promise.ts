// A promise leaves this machine only after journal and vote lock have it on disk (consensus.md, Journal).
import type { Effect } from '../../consensus/effect.ts'
import { journalEntryCodec } from '../../consensus/journal-entry.ts'
import type { ProposedBlock } from '../../consensus/types.ts'
import type { Verified } from '../../consensus/verified.ts'
import { sealMessage, type VerifyContext } from '../../consensus/verify.ts'
import { assert } from '../../vm/assert.ts'
import { encode } from '../../vm/codec.ts'
import { array, named, struct } from '../../vm/codec-compound.ts'
import { bytes } from '../../vm/codec-scalar.ts'
import { BLOCK_TRANSACTIONS_MAX, ENVELOPE_BYTES_MAX } from '../../vm/limits.ts'
import type { Digest } from '../../vm/types.ts'
import { voteDigest } from '../../vm/vote.ts'
import type { Clock } from '../clock.ts'
import type { Journal } from '../journal.ts'
import type { VoteLock } from '../vote-lock.ts'

/** A journal record: one own message, what it rests on, and the bytes of the block under a prepare. */
export const journalRecordCodec = named(
  'journal-record',
  struct({
    entry: journalEntryCodec,
    envelopes: array(bytes(1, ENVELOPE_BYTES_MAX), BLOCK_TRANSACTIONS_MAX),
  }),
)

export type PromiseEffect = Extract<Effect, { kind: 'promise' }>

/** What a validator signs with. */
export type Voter = {
  readonly journal: Journal
  readonly lock: VoteLock
  readonly signDigest: (digest: Uint8Array) => Uint8Array
}

export type PromisePorts = {
  readonly voter: Voter
  readonly clock: Clock
  readonly context: Pick<VerifyContext, 'config' | 'verifySignature'>
  readonly serve: (id: Digest) => Uint8Array | undefined
  /** Length-prefixed by the host; to every connected validator. */
  readonly broadcast: (message: Verified) => void
  /** Time of one synced write. */
  readonly onSynced: (file: 'journal' | 'vote-lock', seconds: number) => void
}

function envelopesOf(
  block: ProposedBlock | null,
  serve: PromisePorts['serve'],
): readonly Uint8Array[] {
  const envelopes: Uint8Array[] = []
  for (const { id } of block?.transactions ?? []) {
    const envelope = serve(id)
    if (envelope === undefined) assert(false, `the body of ${id} is gone before its prepare`)
    envelopes.push(envelope)
  }
  return envelopes
}

/** Signs, journals, locks and broadcasts promises that follow each other; a rejection must stop the process. */
export async function keepPromises(
  ports: PromisePorts,
  promises: readonly PromiseEffect[],
): Promise<readonly Verified[]> {
  const { voter, context, clock } = ports
  const sealed = promises.map(({ message }) => {
    const digest = voteDigest(context.config.chainId, message)
    return sealMessage(context, message, voter.signDigest(digest))
  })
  const records = promises.map(({ certificate, block }, index) => {
    const message = sealed[index]
    assert(message !== undefined, 'one message for each promise')
    const entry = { message, certificate, block }
    const envelopes = envelopesOf(block, ports.serve)
    return { height: message.height, bytes: encode(journalRecordCodec, { entry, envelopes }) }
  })
  const startMs = clock.monotonicMs()
  await voter.journal.append(records)
  const journaledMs = clock.monotonicMs()
  ports.onSynced('journal', (journaledMs - startMs) / 1_000)
  for (const [index, { message, certificate }] of promises.entries()) {
    const outcome = await voter.lock.record(message, certificate)
    assert(outcome.ok, `the vote lock refuses promise ${index} of view ${message.view}`)
  }
  ports.onSynced('vote-lock', (clock.monotonicMs() - journaledMs) / 1_000)
  for (const message of sealed) ports.broadcast(message)
  return sealed
}
