// The figures of a node for Prometheus: plain handles that the rooms call, one registry that /metrics shows.
import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type LabelValues,
  Registry,
} from 'prom-client'

/** Gauges of prom-client that end in _total, which promtool refuses. */
const misnamed = [
  'epione_nodejs_active_handles_total',
  'epione_nodejs_active_requests_total',
  'epione_nodejs_active_resources_total',
]

const secondsBuckets = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

type Labels<L extends string> = LabelValues<L>

/** Each metric in one line; names are given without the prefix. */
function createKit(registry: Registry) {
  const common = (name: string, help: string) => ({
    name: `epione_${name}`,
    help,
    registers: [registry],
  })
  return {
    gauge: (name: string, help: string) => {
      const gauge = new Gauge(common(name, help))
      return (value: number): void => gauge.set(value)
    },
    counter: <L extends string>(name: string, help: string, ...labelNames: readonly L[]) => {
      const counter = new Counter<L>({ ...common(name, help), labelNames: [...labelNames] })
      if (labelNames.length === 0) counter.inc(0)
      return (labels: Labels<L>, by = 1): void => counter.inc(labels, by)
    },
    histogram: <L extends string>(name: string, help: string, ...labelNames: readonly L[]) => {
      const histogram = new Histogram<L>({
        ...common(name, help),
        labelNames: [...labelNames],
        buckets: secondsBuckets,
      })
      return (labels: Labels<L>, seconds: number): void => histogram.observe(labels, seconds)
    },
  }
}

type Kit = ReturnType<typeof createKit>

function consensusMetrics({ gauge, counter, histogram }: Kit) {
  return {
    setHeight: gauge('consensus_height', 'Newest decided height'),
    setView: gauge('consensus_view', 'View of the height that is being decided'),
    setValidators: gauge('consensus_validators', 'Validators of the set that decides'),
    setSyncing: gauge('consensus_syncing', '1 while decided blocks are being caught up'),
    /** Steps: the kinds of own messages. */
    stepDuration: histogram(
      'consensus_step_duration_seconds',
      'From the begin of a height to an own message',
      'step',
    ),
    blockInterval: histogram('consensus_block_interval_seconds', 'Time between decided blocks'),
    viewChanged: counter('consensus_view_changes_total', 'Views that were given up'),
    messageRefused: counter('consensus_messages_refused_total', 'Messages not taken', 'reason'),
    /** Ways: decided by voting or fetched. */
    blockCommitted: counter('consensus_blocks_total', 'Blocks committed', 'way'),
    transactionCommitted: counter('consensus_transactions_total', 'Transactions', 'outcome'),
  }
}

function mempoolMetrics({ gauge, counter }: Kit) {
  return {
    setSize: gauge('mempool_transactions', 'Transactions that wait'),
    setBytes: gauge('mempool_bytes', 'Bytes of the transactions that wait'),
    rejected: counter('mempool_rejected_total', 'Transactions not taken', 'reason'),
    admitted: counter('mempool_admitted_total', 'Transactions taken', 'source'),
    /** Blocks with room that left out what waited through as many heights as there are validators. */
    passedOver: counter(
      'mempool_passed_over_total',
      'Blocks that passed over a waiting transaction',
    ),
  }
}

function networkMetrics({ gauge, counter }: Kit) {
  return {
    setPeers: gauge('p2p_peers', 'Connected validators'),
    received: counter('p2p_received_bytes_total', 'Bytes received', 'protocol'),
    sent: counter('p2p_sent_bytes_total', 'Bytes sent', 'protocol'),
    /** Frames that a full queue or a limit dropped. */
    dropped: counter('p2p_dropped_frames_total', 'Frames dropped', 'protocol', 'reason'),
    refusedPeer: counter('p2p_refused_peers_total', 'Connections refused', 'reason'),
  }
}

function storageMetrics({ histogram, gauge }: Kit) {
  return {
    commitDuration: histogram('ledger_commit_duration_seconds', 'Time of the synced batch'),
    executeDuration: histogram('ledger_execute_duration_seconds', 'Time to execute a block'),
    /** Files: journal, vote-lock. */
    syncDuration: histogram('journal_sync_duration_seconds', 'Time of an fsync', 'file'),
    setJournalBytes: gauge('journal_bytes', 'Size of the journal'),
  }
}

function verificationMetrics({ counter, gauge, histogram }: Kit) {
  return {
    signatures: counter('verification_signatures_total', 'Signatures checked', 'outcome'),
    proofs: counter('verification_proofs_total', 'Proofs checked', 'outcome'),
    cached: counter('verification_cached_total', 'Verdicts known already', 'kind'),
    duration: histogram('verification_duration_seconds', 'Time of the proofs of a transaction'),
    setQueue: gauge('verification_queue_jobs', 'Transactions whose proofs are checked now'),
  }
}

function rpcMetrics({ gauge, histogram, counter }: Kit) {
  const slow = counter('rpc_slow_consumers_total', 'Connections closed as too slow')
  const callDuration = histogram('rpc_call_duration_seconds', 'Time of a call', 'method', 'status')
  return {
    observeCall: (call: { method: string; status: string; seconds: number }): void =>
      callDuration({ method: call.method, status: call.status }, call.seconds),
    setSockets: gauge('rpc_sockets', 'Open WebSocket connections'),
    slowConsumer: (): void => slow({}),
  }
}

export type Metrics = {
  readonly consensus: ReturnType<typeof consensusMetrics>
  readonly mempool: ReturnType<typeof mempoolMetrics>
  readonly p2p: ReturnType<typeof networkMetrics>
  readonly storage: ReturnType<typeof storageMetrics>
  readonly verification: ReturnType<typeof verificationMetrics>
  readonly rpc: ReturnType<typeof rpcMetrics>
  /** Prometheus text. */
  readonly expose: () => Promise<{ readonly contentType: string; readonly text: string }>
}

export function createMetrics(build: { readonly version: string }): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'epione_' })
  for (const name of misnamed) registry.removeSingleMetric(name)
  const kit = createKit(registry)
  new Gauge({
    name: 'epione_build_info',
    help: 'Always 1; the labels say what runs',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version: build.version, node: process.version }, 1)
  return {
    consensus: consensusMetrics(kit),
    mempool: mempoolMetrics(kit),
    p2p: networkMetrics(kit),
    storage: storageMetrics(kit),
    verification: verificationMetrics(kit),
    rpc: rpcMetrics(kit),
    expose: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  }
}
