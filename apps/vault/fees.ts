// The fee of a query: in escrow until its result, then with the servers that made it; otherwise back with the insurer.
import { assert } from '../../vm/assert.ts'
import type { Writer } from '../../vm/state.ts'
import type { AccountId, Digest } from '../../vm/types.ts'
import { closeEscrow } from '../bank/money.ts'
import { getEscrow } from '../bank/state.ts'

/** Equal parts to the servers whose responses made the result, the remainder to the first. */
export function payServers(
  state: Writer,
  { fee, id }: { readonly fee: bigint; readonly id: Digest },
  servers: readonly AccountId[],
): void {
  if (fee === 0n) return
  const part = fee / BigInt(servers.length)
  const rest = fee - part * BigInt(servers.length)
  const payments = servers.map((to, place) => ({ to, amount: place === 0 ? part + rest : part }))
  const refusal = closeEscrow(state, { id, payments })
  assert(refusal === undefined, 'the escrow of an open query holds its fee')
}

/** Gives back what is left in an escrow; where nothing was put aside, or all was paid out, there is nothing to give back. */
export function refundFee(state: Writer, id: Digest): void {
  if (getEscrow(state, id) === undefined) return
  const refusal = closeEscrow(state, { id, payments: [] })
  assert(refusal === undefined, 'an escrow goes back to its payer')
}
