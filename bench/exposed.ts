// Reads the figures that a node exposes at /metrics.

/** The sum of all lines of a metric, whatever their labels. */
export function sumOf(text: string, name: string): number {
  return linesOf(text, name).reduce((sum, { value }) => sum + value, 0)
}

/** The values of a metric by one of its labels. */
export function byLabel(
  text: string,
  name: string,
  label: string,
): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {}
  for (const { labels, value } of linesOf(text, name)) {
    const key = new RegExp(`\\b${label}="([^"]*)"`).exec(labels)?.[1] ?? ''
    sums[key] = (sums[key] ?? 0) + value
  }
  return sums
}

function linesOf(text: string, name: string) {
  return text.split('\n').flatMap((line) => {
    const found = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line)
    if (found?.[1] !== name) return []
    return [{ labels: found[2] ?? '', value: Number(found[3]) }]
  })
}

/** Running totals of one validator. */
export type Counters = {
  readonly verified: number
  readonly executed: number
  readonly blocks: number
  readonly sentBytes: number
  readonly viewChanges: number
  readonly waiting: number
  readonly rejected: Readonly<Record<string, number>>
}

export async function countersOf(rpcUrl: string): Promise<Counters> {
  const text = await (await fetch(new URL('/metrics', rpcUrl))).text()
  return {
    verified: sumOf(text, 'epione_verification_signatures_total'),
    executed: sumOf(text, 'epione_consensus_transactions_total'),
    blocks: sumOf(text, 'epione_consensus_blocks_total'),
    sentBytes: sumOf(text, 'epione_p2p_sent_bytes_total'),
    viewChanges: sumOf(text, 'epione_consensus_view_changes_total'),
    waiting: sumOf(text, 'epione_mempool_transactions'),
    rejected: byLabel(text, 'epione_mempool_rejected_total', 'reason'),
  }
}
