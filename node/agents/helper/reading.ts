// How a helper reads the chain: it executes every block on its own copy, and what came of it must be what the certified receipts say.
import { accept, refuseWith, type Verdict } from '../../../vm/app.ts'
import { decodeActs } from '../../../vm/batch.ts'
import { runTransaction, WatchedReader } from '../../../vm/execute-transaction.ts'
import type { Rules } from '../../../vm/rules.ts'
import type { Overlay, Reader } from '../../../vm/state.ts'
import { EpioneError } from '../../errors.ts'
import { type Accepted, acceptedActs, type ProvenBlock, type ProvenTransaction } from '../block.ts'

function diverged(height: number, txId: string): EpioneError {
  return new EpioneError({
    code: 'DIVERGED',
    message: `transaction ${txId} of block ${height} did what this program's rules do not let it do`,
    hint: 'run the version of the validators; if it is the same, ask them: nothing is answered that was not checked',
  })
}

type Place = {
  readonly rules: Rules
  readonly state: Overlay
  readonly parentState: WatchedReader
  readonly block: ProvenBlock
}

/**
 * Rights, consents, pins and sums are decided here once more. Only proofs are taken from the receipts: they are the concern of the
 * validators whose certificate was checked.
 */
function execute(place: Place, proven: ProvenTransaction): readonly Accepted[] {
  const { block, rules, ...states } = place
  const { transaction, receipt } = proven
  const { height, timeMs } = block.header
  const done = acceptedActs(rules.types, proven)
  if (done.length === 0) return []
  const acts = decodeActs(rules.types, transaction)
  const codes = acts.batch ? receipt.items : [receipt.code]
  const verdicts = codes.map((code): Verdict => (code === '' ? accept() : refuseWith(code)))
  const run = { rules, ...states, height, timeMs, transaction, acts, verdicts }
  const ran = runTransaction({ ...run, refusal: undefined, firstEvent: 0 })
  if (ran.kind !== 'ran') throw diverged(height, transaction.id)
  const { code, writeSetHash } = ran.receipt.value
  const isSame = code === receipt.code && writeSetHash === receipt.writeSetHash
  if (!isSame) throw diverged(height, transaction.id)
  place.state.take(ran.writes)
  return done
}

/** Writes into `state` what the block changes of `before`; answers what took effect. Throws EpioneError DIVERGED. */
export function readBlock(
  rules: Rules,
  { state, before }: { readonly state: Overlay; readonly before: Reader },
  block: ProvenBlock,
): readonly Accepted[] {
  const { height, timeMs, proposer } = block.header
  const { engine, list } = rules
  const place = { rules, state, parentState: new WatchedReader(before), block }
  const done = block.transactions.flatMap((proven) => execute(place, proven))
  list.identity.endBlock(state, { engine, height, timeMs, proposer })
  return done
}
