// A ledger with the toy applications, and blocks on it.
import { encodeCommitCertificate, formCertificate } from '../../consensus/certificate.ts'
import { openLedger } from '../../node/ledger/open.ts'
import type { Executed, Ledger, SealedHeader } from '../../node/ledger/types.ts'
import { createMemoryStore } from '../../node/store/memory.ts'
import type { Store } from '../../node/store/port.ts'
import type { CheckedTransaction } from '../../vm/execute.ts'
import { voteDigest } from '../../vm/vote.ts'
import { accountOf, signerOf, toyGenesis, toyList } from './toy-chain.ts'

export async function openToy(store: Store = createMemoryStore()): Promise<Ledger> {
  return openLedger({ store, genesis: toyGenesis(), list: toyList })
}

/** Builds on the head, one second later, with everything verified as true. */
export function build(
  ledger: Ledger,
  candidates: readonly CheckedTransaction[],
  plan: Partial<Parameters<Ledger['build']>[0]> = {},
): ReturnType<Ledger['build']> {
  return ledger.build({
    candidates,
    verdictsOf: () => Array.from({ length: 1000 }, () => ({ ok: true })),
    timeMs: ledger.head().header.timeMs + 1000,
    proposer: accountOf('validator-1'),
    budget: 1_000_000,
    mayGoOn: () => true,
    ...plan,
  })
}

/** A certificate that nobody checks. */
export function certificateOf(height: number): Uint8Array {
  return new TextEncoder().encode(`certificate of ${height}`)
}

/** A certificate by a quorum of the toy's validators. */
export function certify({ header, id: blockId }: SealedHeader, validators: number): Uint8Array {
  const { height, chainId } = header
  const digest = voteDigest(chainId, { kind: 'commit', height, view: 0, blockId })
  const votes = Array.from({ length: validators }, (_, signer) => ({
    height,
    view: 0,
    blockId,
    signer,
    signature: signerOf(`consensus-${signer}`).sign(digest),
  }))
  return encodeCommitCertificate(formCertificate(votes, validators))
}

export async function grow(
  ledger: Ledger,
  candidates: readonly CheckedTransaction[],
): Promise<Executed> {
  const { execution, leftOut } = build(ledger, candidates)
  if (leftOut.length > 0) throw new Error(`left out: ${leftOut[0]?.reason.kind}`)
  const validators = ledger.rules.list.identity.validators(ledger.state()).length
  await ledger.commit(execution, certify(execution, validators))
  return execution
}
