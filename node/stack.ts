// Everything of a node between its home and its RPC: the verifier's threads, the network host, the rooms, their metrics.
import { availableParallelism } from 'node:os'
import { nodeClock } from './clock.ts'
import type { Settings } from './config-schema.ts'
import { createCore } from './core.ts'
import { verifySignature } from './crypto/ed25519.ts'
import { createVerifier } from './crypto/verifier.ts'
import type { Logger } from './logger.ts'
import { mempoolLimits } from './mempool.ts'
import type { Metrics } from './metrics.ts'
import { handshakeOf, membersOf } from './network.ts'
import { createNodeObserver } from './node-observer.ts'
import type { OpenedHome } from './opened-home.ts'
import { createHost } from './p2p/host.ts'
import { checkpointOf } from './snapshot/checkpoint.ts'

/** More waiting work than this many blocks hold is refused: clients are told to come back rather than to wait. */
const BLOCKS_WAITING_MAX = 6

export type StackParts = {
  readonly home: OpenedHome
  readonly settings: Settings
  readonly metrics: Metrics
  readonly module: (name: string) => Logger
  /** When reads see the block. */
  readonly onCommit: (height: number) => void
  readonly onFailure: (error: unknown) => void
}

export type Stack = Awaited<ReturnType<typeof createStack>>

function createChecks({ home, settings, module }: StackParts) {
  const log = module('verification')
  return createVerifier({
    threads: settings.threads || Math.max(1, availableParallelism() - 1),
    chainId: home.ledger.rules.chainId,
    onFault: ({ kind, cause }) => log.error({ kind, err: cause }, 'verification fault'),
  })
}

function createNetwork({ home, settings, module }: StackParts) {
  const { file, members, signDigest } = home
  const network = { file, members, peers: settings.peers, signDigest }
  return createHost({
    peerSeed: home.peerSeed,
    chainId: home.ledger.rules.chainId,
    listen: [settings.listen],
    members: () => membersOf(network),
    handshake: handshakeOf(network),
    log: module('p2p'),
  })
}

function limitsOf({ home, settings }: StackParts) {
  const { mempoolCount: countMax, mempoolBytes: bytesMax } = settings.limits
  const unitsMax = BLOCKS_WAITING_MAX * home.ledger.rules.parameters.blockBudget
  return { ...mempoolLimits, countMax, bytesMax, unitsMax }
}

export async function createStack(parts: StackParts) {
  const { home, metrics, onFailure } = parts
  const { ledger, voting, signer } = home
  const verifier = createChecks(parts)
  const host = await createNetwork(parts)
  const observer = createNodeObserver({ metrics, host })
  const core = createCore({
    ...{ ledger, host, voting, signer, verifySignature, onFailure },
    clock: nodeClock,
    verify: verifier.verify,
    limits: limitsOf(parts),
    sync: { ...parts.settings.sync, checkpoint: checkpointOf(parts.settings.sync.checkpoint) },
    log: parts.module('consensus'),
    observe: {
      ...observer.core,
      onCommit: (committed) => {
        observer.core.onCommit(committed)
        parts.onCommit(committed.executed.header.height)
      },
    },
  })
  const { mempool, replica, submission, verification } = core
  return {
    ...{ host, mempool, replica, submission },
    expose: () =>
      observer.expose({
        mempool: mempool.size(),
        checked: verification.counters(),
        syncing: replica.isBehind(),
        journalBytes: voting.journalBytes(),
      }),
    start: async () => {
      await host.start()
      core.start()
    },
    stop: async () => {
      await core.stop()
      await host.stop()
      await verifier.stop()
    },
  }
}
