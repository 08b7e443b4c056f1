// Hands in what proves a validator faulty: two votes that contradict each other, as a transaction that takes its seat.
import { evidence } from '../apps/registry/evidence.ts'
import { suspensions } from '../apps/registry/state.ts'
import type { SignedVote } from '../client/signed-vote.ts'
import type { TransactionSigner } from '../client/signer.ts'
import { act, signTransaction } from '../client/transaction.ts'
import { toHex, u64 } from '../vm/bytes.ts'
import type { PublicKey } from '../vm/types.ts'
import type { Admission } from './admission.ts'
import type { Clock } from './clock.ts'
import type { Ledger } from './ledger/types.ts'
import type { Logger } from './logger.ts'

/** Two votes of one validator that no correct one signs both. */
export type Accusation = {
  readonly fault: 'equivocation' | 'amnesia'
  readonly consensusKey: PublicKey
  readonly first: Pick<SignedVote, 'vote' | 'signature'>
  readonly second: Pick<SignedVote, 'vote' | 'signature'>
}

export type AccuserPorts = {
  readonly ledger: Ledger
  /** The validator's account; without its key this node only logs. */
  readonly signer: TransactionSigner | undefined
  readonly submit: (envelope: Uint8Array) => Promise<Admission>
  readonly clock: Clock
  readonly log: Logger
}

const VALID_MS = 60_000

const plain = ({ vote, signature }: Accusation['first']) => ({ vote, signature })

/** Every correct validator that has seen both hands them in; the first transaction takes the seat, the others are refused. */
export function createAccuser(ports: AccuserPorts): (accusation: Accusation) => Promise<void> {
  const { ledger, signer, clock, log } = ports
  return async ({ fault, consensusKey, first, second }) => {
    const { height } = first.vote
    const kinds = [first.vote.kind, second.vote.kind]
    log.error({ fault, consensusKey, height, kinds }, 'a validator signed what no correct one does')
    if (signer === undefined || suspensions.get(ledger.state(), consensusKey) !== undefined) return
    const payload = { consensusKey, first: plain(first), second: plain(second) }
    const signed = await signTransaction({
      chainId: ledger.rules.chainId,
      act: act(evidence, payload),
      validUntil: clock.nowMs() + VALID_MS,
      signers: [signer],
      // No chance in it: a node does the same in the same situation.
      salt: toHex(u64(BigInt(height))),
    })
    const admission = await ports.submit(signed.bytes)
    log.info({ id: signed.id, admission: admission.kind }, 'evidence handed in')
  }
}
