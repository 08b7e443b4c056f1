// One node: everything composed, started in order and stopped in reverse.
import { availableParallelism } from 'node:os'
import { appList } from '../apps/index.ts'
import { quorum } from '../consensus/quorum.ts'
import type { PublicKey } from '../vm/types.ts'
import { createAdmission } from './admission.ts'
import { createBodies } from './bodies.ts'
import type { Settings } from './config-schema.ts'
import { createSigner, verifySignature } from './crypto/ed25519.ts'
import { installNativeSha256 } from './crypto/sha256.ts'
import { createVerifier } from './crypto/verifier.ts'
import { createGossip } from './gossip.ts'
import { homePaths, openHomeLock, readGenesis, validatorSigner } from './home.ts'
import { openJournal } from './journal.ts'
import { readKey } from './keys/key-file.ts'
import { readPassphrase } from './keys/passphrase.ts'
import { openLedger } from './ledger/open.ts'
import { type Logger, moduleLogger } from './logger.ts'
import { createMempool, mempoolLimits } from './mempool.ts'
import { createMetrics } from './metrics.ts'
import { handshakeOf, membersOf, nameOf } from './network.ts'
import { createNodeObserver } from './node-observer.ts'
import { createHost } from './p2p/host.ts'
import { createReadiness } from './readiness.ts'
import { createBlocks } from './replica/blocks.ts'
import { createReplica } from './replica/replica.ts'
import { serve } from './replica/serve.ts'
import type { NodePort } from './rpc/port.ts'
import { createRpcServer } from './rpc/server.ts'
import { openLevelStore } from './store/level.ts'
import { createSubmission } from './submission.ts'
import { createVerification } from './verification.ts'
import { programVersion } from './version.ts'

export type Node = {
  readonly name: string | null
  readonly rpcUrl: string
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

const REQUEST_TIMEOUT_MS = 5_000

/** Opens the home and starts the node in it; throws EpioneError with what to do. */
export async function startNode({ settings, log, onFailure }: NodeOptions): Promise<Node> {
  installNativeSha256()
  const paths = homePaths(settings.home)
  const module = (name: string) => moduleLogger(log, name, settings.log.levels)
  const { file, genesis } = await readGenesis(paths.genesis)
  const passphrase = await readPassphrase(settings.passphraseFile)
  const consensusKey = await readKey({ path: paths.consensusKey, kind: 'consensus', passphrase })
  const peerKey = await readKey({ path: paths.peerKey, kind: 'p2p', passphrase })
  const store = await openLevelStore(paths.data)
  const ledger = await openLedger({ store, genesis, list: appList })
  const binding = { chainId: genesis.chainId, publicKey: consensusKey.publicKey }
  const opening = await openHomeLock(settings.home, binding)
  if (opening.kind === 'lost') {
    module('consensus').error(
      { reason: opening.reason },
      'the vote lock is lost: this validator only follows',
    )
  }
  const { journal, recovered } = await openJournal({
    folder: paths.journal,
    chainId: genesis.chainId,
  })
  const signer = createSigner(consensusKey.secret)
  const validators = () => ledger.rules.list.identity.validators(ledger.state())
  const self = validators().find((member) => member.consensusKey === consensusKey.publicKey)

  const metrics = createMetrics({ version: programVersion })
  const threads = settings.threads || Math.max(1, availableParallelism() - 1)
  const verifier = createVerifier({
    threads,
    chainId: genesis.chainId,
    onFault: ({ kind, cause }) =>
      module('verification').error({ kind, err: cause }, 'verification fault'),
  })
  const verification = createVerification({ verify: verifier.verify, state: ledger.state })
  const { mempoolCount: countMax, mempoolBytes: bytesMax } = settings.limits
  const mempool = createMempool({ ...mempoolLimits, countMax, bytesMax })
  const nowMs = () => Date.now()
  const network = { file, validators, peers: settings.peers, signDigest: signer.sign }
  const host = await createHost({
    peerSeed: peerKey.secret,
    chainId: genesis.chainId,
    listen: [settings.listen],
    members: () => membersOf(network),
    handshake: handshakeOf(network),
    log: module('p2p'),
  })
  const request = async (to: PublicKey, bytes: Uint8Array) => {
    const result = await host.request(to, bytes, { timeoutMs: REQUEST_TIMEOUT_MS })
    return result.ok ? result.bytes : undefined
  }
  const { check } = verification
  const bodies = createBodies({ rules: ledger.rules, mempool, check, nowMs, request })
  const consensusLog = module('consensus')
  const blocks = createBlocks({ ledger, mempool, bodies, check, request, nowMs, log: consensusLog })
  const gossip = createGossip(host, mempool)
  const listeners = new Set<(height: number) => void>()
  let failure: string | null = null
  const fail = (error: unknown): void => {
    failure = error instanceof Error ? error.message : String(error)
    onFailure(error)
  }
  const observer = createNodeObserver({ metrics, mempool, host, verification })
  const replica = createReplica({
    ledger,
    mempool,
    bodies,
    blocks,
    gossip,
    host,
    voter:
      opening.kind === 'open'
        ? { journal, lock: opening.lock, signDigest: signer.sign }
        : undefined,
    account: self?.account,
    recovered,
    verifySignature,
    nowMs,
    log: consensusLog,
    observe: {
      ...observer.replica,
      onCommit: (committed) => {
        observer.replica.onCommit(committed)
        onReady(committed)
        for (const listener of listeners) listener(committed.executed.header.height)
      },
      onExpired: (ids) => submission.onExpired(ids),
    },
    onFailure: fail,
  })
  const submission = createSubmission({
    admit: createAdmission({
      rules: ledger.rules,
      head: () => ({ ...ledger.head().header, state: ledger.state() }),
      isInWindow: ledger.contains,
      check,
      mempool,
      nowMs,
    }),
    mempool,
    gossip,
    onWaiting: replica.onWaiting,
    isProposed: blocks.isProposed,
    observe: observer.onAdmission,
  })
  const onReady = createReadiness({
    ledger,
    signer: await validatorSigner(settings.home, { file, self, passphrase }),
    submit: submission.submit,
    nowMs,
    log: consensusLog,
  })
  host.onFrame(replica.onFrame)
  host.onTransactions((_from, envelopes) => submission.receive(envelopes))
  host.onRequest((_from, bytes) => serve({ ledger, bodies, blocks }, bytes))
  host.onConnected(replica.onConnected)
  host.onDisconnected(gossip.forget)

  const status: NodePort['status'] = () => {
    const connected = new Set(host.connected())
    const others = validators().filter((member) => member.peerKey !== host.peerKey)
    const reached = others.filter((member) => connected.has(member.peerKey)).length
    return {
      version: programVersion,
      validator: self === undefined ? null : nameOf(file, self.peerKey),
      peers: others.map((member) => ({
        name: nameOf(file, member.peerKey),
        connected: connected.has(member.peerKey),
      })),
      quorum: reached + (self === undefined ? 0 : 1) >= quorum(validators().length),
      syncing: replica.isBehind(),
      mempool: mempool.size(),
      failure,
    }
  }
  const port: NodePort = {
    ledger,
    submit: submission.submit,
    undecided: submission.undecided,
    status,
    onCommit: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    nowMs,
  }
  const rpc = createRpcServer({
    port,
    settings: settings.rpc,
    log: module('rpc'),
    metrics: { expose: observer.expose, ...metrics.rpc },
  })
  const { url } = await rpc.start()
  await host.start()
  replica.start()
  return {
    name: self === undefined ? null : nameOf(file, self.peerKey),
    rpcUrl: url,
    addresses: host.addresses(),
    port,
    stop: async () => {
      await rpc.stop()
      await replica.stop()
      gossip.stop()
      await host.stop()
      await verifier.stop()
      await journal.close()
      if (opening.kind === 'open') await opening.lock.close()
      await store.close()
    },
  }
}
