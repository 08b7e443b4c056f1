// Reads the figures that a node exposes at /metrics.

/** The sum of all lines of a metric, whatever their labels. */
export function sumOf(text: string, name: string): number {
  return valuesOf(text, name).reduce((sum, value) => sum + value, 0)
}

function valuesOf(text: string, name: string): readonly number[] {
  return text.split('\n').flatMap((line) => {
    const found = /^(\w+)(?:\{.*\})? (\S+)$/.exec(line)
    if (found?.[1] !== name) return []
    return [Number(found[2])]
  })
}

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
  const text = await (await fetch(new URL('/metrics', rpcUrl))).text()
  return {
    verified: sumOf(text, 'epione_verification_signatures_total'),
    executed: sumOf(text, 'epione_consensus_transactions_total'),
    blocks: sumOf(text, 'epione_consensus_blocks_total'),
    sentBytes: sumOf(text, 'epione_p2p_sent_bytes_total'),
    viewChanges: sumOf(text, 'epione_consensus_view_changes_total'),
    residentBytes: sumOf(text, 'epione_process_resident_memory_bytes'),
  }
}
