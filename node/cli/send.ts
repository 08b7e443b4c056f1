// Sends one act and waits for its block; a refusal is told with its meaning.
import { codes } from '../../apps/registry/codes.ts'
import type { Client } from '../../client/client.ts'
import type { TransactionSigner } from '../../client/signer.ts'
import { type Act, signTransaction } from '../../client/transaction.ts'
import type { Digest } from '../../vm/types.ts'

const VALID_MS = 120_000

export type Sent = { readonly id: Digest; readonly block: number; readonly code: string }

export async function sendAct(client: Client, act: Act, signer: TransactionSigner): Promise<Sent> {
  const { chainId } = await client.chain()
  const validUntil = Date.now() + VALID_MS
  const signed = await signTransaction({ chainId, act, validUntil, signers: [signer] })
  const { block, receipt } = await client.submitAndWait(signed)
  return { id: signed.id, block, code: receipt.code }
}

/** A line for a person: what happened, or why the ledger says no. */
export function tellSent({ block, code }: Sent, done: string): string {
  if (code === '') return `${done} (block ${block})`
  const meaning = (codes as Readonly<Record<string, string>>)[code]
  return `refused in block ${block}: ${code}${meaning === undefined ? '' : `: ${meaning}`}`
}
