// One node: its home, its stack and its RPC, started in order and stopped in reverse.
import { useGroup } from '../vm/crypto/execution-group.ts'
import { nodeClock } from './clock.ts'
import { tuneCollector } from './collector.ts'
import type { Settings } from './config-schema.ts'
import { installNativeKeyCheck } from './crypto/ed25519.ts'
import { createNativeGroup } from './crypto/ristretto255.ts'
import { installNativeSha256 } from './crypto/sha256.ts'
import { type Logger, moduleLogger } from './logger.ts'
import { createMetrics } from './metrics.ts'
import { openHome } from './opened-home.ts'
import type { NodePort } from './rpc/port.ts'
import { createRpcServer } from './rpc/server.ts'
import { createStack } from './stack.ts'
import { statusOf } from './status.ts'
import { programVersion } from './version.ts'

export type Node = {
  /** Of its validator; null for an observer. */
  readonly name: string | null
  readonly rpcUrl: string
  /** Multiaddrs that it listens on. */
  readonly addresses: readonly string[]
  readonly port: NodePort
  /** Drains calls, then ends everything. */
  readonly stop: () => Promise<void>
}

export type NodeOptions = {
  readonly settings: Settings
  readonly log: Logger
  /** A failure after the start: the process must end, nothing can be trusted any more. */
  readonly onFailure: (error: unknown) => void
}

/** Opens the home and starts the node in it; throws EpioneError with what to do. */
export async function startNode({ settings, log, onFailure }: NodeOptions): Promise<Node> {
  tuneCollector()
  installNativeSha256()
  installNativeKeyCheck()
  useGroup(await createNativeGroup())
  const module = (name: string) => moduleLogger(log, name, settings.log.levels)
  const home = await openHome(settings, module('home'))
  const metrics = createMetrics({ version: programVersion })
  const listeners = new Set<(height: number) => void>()
  let failure: string | null = null
  const stack = await createStack({
    home,
    settings,
    metrics,
    module,
    onCommit: (height) => {
      for (const listener of listeners) listener(height)
    },
    onFailure: (error) => {
      failure = error instanceof Error ? error.message : String(error)
      onFailure(error)
    },
  })
  const port: NodePort = {
    ledger: home.ledger,
    submit: stack.submission.submit,
    submitMany: stack.submission.submitMany,
    undecided: stack.submission.undecided,
    status: () => statusOf(home, stack, failure),
    onCommit: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    nowMs: nodeClock.nowMs,
  }
  const { rpcConnections: connections, rpcSockets: sockets } = settings.limits
  const rpc = createRpcServer({
    port,
    settings: settings.rpc,
    log: module('rpc'),
    metrics: { expose: stack.expose, ...metrics.rpc },
    limits: { connections, sockets },
  })
  const { url } = await rpc.start()
  await stack.start()
  const seat = home.seat()
  const name = seat === undefined ? null : home.nameOf(seat)
  return {
    name,
    rpcUrl: url,
    addresses: stack.host.addresses(),
    port,
    stop: async () => {
      await rpc.stop()
      await stack.stop()
      await home.close()
    },
  }
}
