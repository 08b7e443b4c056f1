// Everything of a node between its home and its RPC: verification, mempool, network, replica.
import { availableParallelism } from 'node:os'
import type { PublicKey } from '../vm/types.ts'
import { createAdmission } from './admission.ts'
import { createBodies } from './bodies.ts'
import type { Settings } from './config-schema.ts'
import { verifySignature } from './crypto/ed25519.ts'
import { createVerifier } from './crypto/verifier.ts'
import { createGossip } from './gossip.ts'
import type { Logger } from './logger.ts'
import { createMempool, mempoolLimits } from './mempool.ts'
import type { Metrics } from './metrics.ts'
import { handshakeOf, membersOf } from './network.ts'
import { createNodeObserver } from './node-observer.ts'
import type { OpenedHome } from './opened-home.ts'
import { createHost } from './p2p/host.ts'
import { createReadiness } from './readiness.ts'
import { createBlocks } from './replica/blocks.ts'
import { createReplica } from './replica/replica.ts'
import { serve } from './replica/serve.ts'
import type { Committed } from './replica/settle.ts'
import { createSubmission } from './submission.ts'
import { createVerification } from './verification.ts'

const REQUEST_TIMEOUT_MS = 5_000
/** More waiting work than this many blocks hold is refused: clients are told to come back rather than to wait. */
const BLOCKS_WAITING_MAX = 6

export type StackParts = {
  readonly home: OpenedHome
  readonly settings: Settings
  readonly metrics: Metrics
  readonly module: (name: string) => Logger
  readonly nowMs: () => number
  /** When reads see the block. */
  readonly onCommit: (height: number) => void
  readonly onFailure: (error: unknown) => void
}

export type Stack = Awaited<ReturnType<typeof createStack>>

function createChecks({ home, settings, module, metrics }: StackParts) {
  const log = module('verification')
  const verifier = createVerifier({
    threads: settings.threads || Math.max(1, availableParallelism() - 1),
    chainId: home.ledger.rules.chainId,
    onFault: ({ kind, cause }) => log.error({ kind, err: cause }, 'verification fault'),
  })
  const { verify } = verifier
  const onProofs = (seconds: number) => metrics.verification.duration({}, seconds)
  return {
    verifier,
    verification: createVerification({ verify, state: home.ledger.state, onProofs }),
  }
}

async function createNetwork({ home, settings, module }: StackParts) {
  const { file, validators, signDigest } = home
  const network = { file, validators, peers: settings.peers, signDigest }
  const host = await createHost({
    peerSeed: home.peerSeed,
    chainId: home.ledger.rules.chainId,
    listen: [settings.listen],
    members: () => membersOf(network),
    handshake: handshakeOf(network),
    log: module('p2p'),
  })
  const request = async (to: PublicKey, bytes: Uint8Array) => {
    const result = await host.request(to, bytes, { timeoutMs: REQUEST_TIMEOUT_MS })
    return result.ok ? result.bytes : undefined
  }
  return { host, request }
}

export async function createStack(parts: StackParts) {
  const { home, settings, nowMs, onFailure } = parts
  const { ledger, voting, signer } = home
  const log = parts.module('consensus')
  const { verifier, verification } = createChecks(parts)
  const { check } = verification
  const { mempoolCount: countMax, mempoolBytes: bytesMax } = settings.limits
  const unitsMax = BLOCKS_WAITING_MAX * ledger.rules.parameters.blockBudget
  const mempool = createMempool({ ...mempoolLimits, countMax, bytesMax, unitsMax })
  const { host, request } = await createNetwork(parts)
  const bodies = createBodies({ rules: ledger.rules, mempool, check, nowMs, request })
  const blocks = createBlocks({
    ledger,
    mempool,
    bodies,
    check,
    request,
    nowMs,
    log,
    onExecuted: (seconds) => parts.metrics.storage.executeDuration({}, seconds),
  })
  const { blockBudget } = ledger.rules.parameters
  const gossip = createGossip({ host, mempool, blockBudget })
  const observer = createNodeObserver({ metrics: parts.metrics, mempool, host, verification })

  const onCommit = (committed: Committed): void => {
    observer.replica.onCommit(committed)
    onReady(committed)
    voting.regain({ ledger, verifySignature, request }, host.connected()).catch(onFailure)
    parts.onCommit(committed.executed.header.height)
  }
  const replica = createReplica({
    ledger,
    mempool,
    bodies,
    blocks,
    gossip,
    host,
    voter: voting.voter,
    account: home.self?.account,
    recovered: voting.recovered,
    verifySignature,
    nowMs,
    log,
    observe: { ...observer.replica, onCommit, onExpired: (ids) => submission.onExpired(ids) },
    onFailure,
  })
  const head = () => ({ ...ledger.head().header, state: ledger.state() })
  const { rules, contains: isInWindow } = ledger
  const submission = createSubmission({
    admit: createAdmission({ rules, head, isInWindow, check, mempool, nowMs }),
    mempool,
    gossip,
    onWaiting: replica.onWaiting,
    isProposed: blocks.isProposed,
    observe: observer.onAdmission,
  })
  const onReady = createReadiness({ ledger, signer, submit: submission.submit, nowMs, log })

  host.onFrame(replica.onFrame)
  host.onTransactions(submission.receive)
  host.onRequest((_from, bytes) => serve({ ledger, bodies, blocks }, bytes))
  host.onConnected(replica.onConnected)
  host.onDisconnected(gossip.onDisconnected)
  return {
    host,
    mempool,
    replica,
    submission,
    expose: () =>
      observer.expose({ syncing: replica.isBehind(), journalBytes: voting.journalBytes() }),
    start: async () => {
      await host.start()
      replica.start()
    },
    stop: async () => {
      await replica.stop()
      gossip.stop()
      await host.stop()
      await verifier.stop()
    },
  }
}
