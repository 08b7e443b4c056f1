// Turns what the rooms of a node report into its metrics.
import type { Receipt } from '../vm/block.ts'
import type { Encoded } from '../vm/execute-transaction.ts'
import type { CorePorts } from './core.ts'
import type { Metrics } from './metrics.ts'
import type { Host } from './p2p/types.ts'
import type { VerificationCounters } from './verification.ts'

function isRefused({ value }: Encoded<Receipt>): boolean {
  return value.code !== ''
}

export type ObserverParts = { readonly metrics: Metrics; readonly host: Host }

/** What is asked of the rooms only when somebody looks. */
type Live = {
  readonly mempool: { readonly count: number; readonly bytes: number }
  readonly checked: VerificationCounters
  readonly syncing: boolean
  readonly journalBytes: number
}

export function createNodeObserver({ metrics, host }: ObserverParts) {
  const seen = new Map<string, number>()
  /** What a running total has grown by since it was last exposed. */
  const growth = (name: string, total: number): number => {
    const by = total - (seen.get(name) ?? 0)
    seen.set(name, total)
    return by
  }
  const refresh = (live: Live): void => {
    metrics.mempool.setSize(live.mempool.count)
    metrics.mempool.setBytes(live.mempool.bytes)
    const network = host.counters()
    metrics.p2p.setPeers(network.peersConnected)
    metrics.p2p.received({ protocol: 'all' }, growth('received', network.bytesReceived))
    metrics.p2p.sent({ protocol: 'all' }, growth('sent', network.bytesSent))
    const dropped = growth('dropped', network.consensusFramesDropped)
    metrics.p2p.dropped({ protocol: 'consensus', reason: 'full' }, dropped)
    metrics.p2p.refusedPeer({ reason: 'not-a-member' }, growth('denied', network.connectionsDenied))
    metrics.p2p.refusedPeer({ reason: 'handshake' }, growth('refused', network.handshakesRefused))
    const { checked } = live
    const refused = growth('bad', checked.refused)
    const signatures = growth('signatures', checked.signaturesVerified)
    metrics.verification.signatures({ outcome: 'valid' }, Math.max(0, signatures - refused))
    metrics.verification.signatures({ outcome: 'invalid' }, refused)
    metrics.verification.proofs({ outcome: 'checked' }, growth('proofs', checked.proofsVerified))
    metrics.verification.cached({ kind: 'envelope' }, growth('cached', checked.servedFromCache))
    metrics.verification.setQueue(checked.proofsUnderway)
    metrics.consensus.setSyncing(live.syncing ? 1 : 0)
    metrics.storage.setJournalBytes(live.journalBytes)
  }
  const core: CorePorts['observe'] = {
    onCommit: ({ executed, seconds, way }) => {
      metrics.consensus.setHeight(executed.header.height)
      metrics.consensus.setValidators(executed.validators.length)
      metrics.consensus.setView(0)
      metrics.consensus.blockInterval({}, seconds)
      metrics.consensus.blockCommitted({ way })
      const { receipts } = executed
      const refused = receipts.filter(isRefused).length
      const outcomes = { ok: receipts.length - refused, refused }
      for (const [outcome, count] of Object.entries(outcomes)) {
        if (count > 0) metrics.consensus.transactionCommitted({ outcome }, count)
      }
    },
    onView: (view) => {
      metrics.consensus.setView(view)
      metrics.consensus.viewChanged({})
    },
    onSynced: (file, seconds) => metrics.storage.syncDuration({ file }, seconds),
    onStep: (step, seconds) => metrics.consensus.stepDuration({ step }, seconds),
    onPassedOver: () => metrics.mempool.passedOver({}),
    onEvidence: () => metrics.consensus.messageRefused({ reason: 'evidence' }),
    onFault: (reason) => metrics.consensus.messageRefused({ reason }),
    onStored: (seconds) => metrics.storage.commitDuration({}, seconds),
    onExecuted: (seconds) => metrics.storage.executeDuration({}, seconds),
    onProofs: (seconds) => metrics.verification.duration({}, seconds),
    onAdmission: ({ source, code, count }) => {
      if (code === 'admitted') metrics.mempool.admitted({ source }, count)
      else if (code !== 'known') metrics.mempool.rejected({ reason: code }, count)
    },
  }
  return {
    core,
    expose: (live: Live) => {
      refresh(live)
      return metrics.expose()
    },
  }
}
