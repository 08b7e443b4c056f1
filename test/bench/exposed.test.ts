// Figures out of the text that a node exposes.
import t from 'tap'
import { sumOf } from '../../node/dev/exposed.ts'

const text = `# HELP epione_mempool_rejected_total Transactions not taken
# TYPE epione_mempool_rejected_total counter
epione_mempool_rejected_total{reason="BUSY"} 7
epione_mempool_rejected_total{reason="TX_EXPIRED",zone="a"} 2
epione_mempool_rejected_total_other 100
epione_consensus_height 12
`

t.test('a metric is summed over its labels, and no other of a longer name', async (t) => {
  t.equal(sumOf(text, 'epione_mempool_rejected_total'), 9)
  t.equal(sumOf(text, 'epione_consensus_height'), 12)
  t.equal(sumOf(text, 'epione_unknown'), 0)
})
