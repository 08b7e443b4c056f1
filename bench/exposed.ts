// What one validator has done so far, by its own count.
import { metricsOf, sumOf } from '../node/dev/exposed.ts'

/** Running totals of one validator. */
export type Counters = {
  readonly verified: number
  readonly executed: number
  readonly blocks: number
  readonly sentBytes: number
  readonly viewChanges: number
  readonly residentBytes: number
}

export async function countersOf(rpcUrl: string): Promise<Counters> {
  const text = await metricsOf(rpcUrl)
  return {
    verified: sumOf(text, 'epione_verification_signatures_total'),
    executed: sumOf(text, 'epione_consensus_transactions_total'),
    blocks: sumOf(text, 'epione_consensus_blocks_total'),
    sentBytes: sumOf(text, 'epione_p2p_sent_bytes_total'),
    viewChanges: sumOf(text, 'epione_consensus_view_changes_total'),
    residentBytes: sumOf(text, 'epione_process_resident_memory_bytes'),
  }
}
