// Takes envelopes into the node and waits for a block.
import type { SubmitManyAnswer, SubmitOutcome } from '../../client/answers.ts'
import type { Digest, Height } from '../../vm/types.ts'
import type { Admission } from '../admission.ts'
import { EpioneError } from '../errors.ts'
import { headHeight } from './certified.ts'
import type { CallContext } from './method.ts'
import type { NodePort, Undecided } from './port.ts'

type Refused = Extract<Admission, { kind: 'refused' }>

const hints: Readonly<Record<Refused['code'], string>> = {
  TX_MALFORMED: 'build the envelope with the client of the same version',
  TX_OTHER_CHAIN: 'sign again with the chain id of chain_parameters',
  TX_EXPIRED: 'sign a new transaction with a later validUntil',
  TX_TOO_FAR_AHEAD: 'sign again with a validUntil within the window of chain_parameters',
  TX_TOO_HEAVY: 'split the batch',
  TX_KEY_NOT_ACTIVE: 'sign with a key that the registry lists as active for the account',
  TX_BAD_SIGNATURE: 'sign the transaction id with the key that the signer names',
  TX_PROOF_REFUSED: 'make the proof again for this payload, chain and account',
  BUSY: 'wait retryAfterMs and send a new transaction',
}

function refusal({ code, detail, retryAfterMs }: Refused): EpioneError {
  return new EpioneError({
    code,
    message: detail,
    hint: hints[code],
    data: retryAfterMs === undefined ? {} : { retryAfterMs },
  })
}

export type Submitted = {
  readonly height: Height
  readonly id: Digest
  readonly status: 'accepted' | 'committed'
}

/** Throws EpioneError with the reason of a refusal. */
export async function submit(port: NodePort, envelope: Uint8Array): Promise<Submitted> {
  const admission = await port.submit(envelope)
  if (admission.kind === 'refused') throw refusal(admission)
  return {
    height: headHeight(port.ledger),
    id: admission.id,
    status: isCommitted(admission) ? 'committed' : 'accepted',
  }
}

/** One outcome for each envelope. */
export async function submitMany(
  port: NodePort,
  envelopes: readonly Uint8Array[],
): Promise<SubmitManyAnswer> {
  const admissions = await port.submitMany(envelopes)
  return { height: headHeight(port.ledger), outcomes: admissions.map(outcomeOf) }
}

function isCommitted(admission: Admission): boolean {
  return admission.kind === 'known' && admission.committed
}

function outcomeOf(admission: Admission): SubmitOutcome {
  if (admission.kind !== 'refused') {
    return { kind: isCommitted(admission) ? 'committed' : 'accepted', id: admission.id }
  }
  const { code, detail: message, retryAfterMs = null } = admission
  return { kind: 'refused', code, message, hint: hints[code], retryAfterMs }
}

function lost(id: Digest, undecided: Undecided): EpioneError | undefined {
  if (undecided.kind === 'expired') {
    return new EpioneError({
      code: 'TX_EXPIRED',
      message: `${id} was in no block before its validUntil`,
      hint: hints.TX_EXPIRED,
    })
  }
  if (undecided.kind === 'accepted' || undecided.kind === 'pending') return undefined
  const reason = undecided.kind === 'rejected' ? undecided.code : 'it is not known any more'
  return new EpioneError({
    code: 'TX_DROPPED',
    message: `${id} left this node without a block: ${reason}`,
    hint: 'send the same envelope again: its id makes sure that it counts once',
  })
}

/** Resolves when the transaction is in a block; throws EpioneError when it cannot be any more, or after `timeoutMs`. */
export async function waitForBlock(
  id: Digest,
  { context, timeoutMs }: { readonly context: CallContext; readonly timeoutMs: number },
): Promise<void> {
  const { port } = context
  const deadlineMs = port.nowMs() + timeoutMs
  for (;;) {
    if (port.ledger.place(id) !== undefined) return
    const failure = lost(id, port.undecided(id))
    // Between the two reads it may have been committed: then it is undecided no more.
    if (failure !== undefined && port.ledger.place(id) === undefined) throw failure
    if (failure !== undefined) return
    const leftMs = deadlineMs - port.nowMs()
    await context.waitForHeight(headHeight(port.ledger) + 1, Math.max(0, leftMs)).catch((error) => {
      if (!(error instanceof EpioneError) || error.code !== 'NOT_CAUGHT_UP') throw error
      throw new EpioneError({
        code: 'TIMEOUT',
        message: `${id} is in no block after ${timeoutMs} ms; it still waits`,
        hint: 'ask tx_status, or send the same envelope again: its id makes sure that it counts once',
        data: { id },
      })
    })
  }
}
