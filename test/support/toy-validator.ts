// A validator of the toy chain: everything of a node but process, disk store and sockets, with its journal and vote lock in a folder.
import { EventEmitter } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { createAdmission } from '../../node/admission.ts'
import { type BodiesPorts, createBodies } from '../../node/bodies.ts'
import { verifySignature } from '../../node/crypto/ed25519.ts'
import { createVerifier } from '../../node/crypto/verifier.ts'
import { createGossip } from '../../node/gossip.ts'
import { homePaths } from '../../node/home.ts'
import { openLedger } from '../../node/ledger/open.ts'
import type { Ledger } from '../../node/ledger/types.ts'
import { createLogger } from '../../node/logger.ts'
import { createMempool, mempoolLimits } from '../../node/mempool.ts'
import { createBlocks } from '../../node/replica/blocks.ts'
import type { Voter } from '../../node/replica/promise.ts'
import { createReplica } from '../../node/replica/replica.ts'
import { serve } from '../../node/replica/serve.ts'
import type { Committed } from '../../node/replica/settle.ts'
import { createMemoryStore } from '../../node/store/memory.ts'
import type { Store } from '../../node/store/port.ts'
import { createSubmission } from '../../node/submission.ts'
import { createVerification } from '../../node/verification.ts'
import { openVoting } from '../../node/voting.ts'
import type { Parameters } from '../../vm/rules.ts'
import type { PublicKey, TimeMs } from '../../vm/types.ts'
import {
  accountOf,
  genesisTimeMs,
  idOf,
  publicKeyOf,
  signerOf,
  toyGenesis,
  toyList,
} from './toy-chain.ts'
import type { Wire } from './wire.ts'

/** Quick to leave a view. The primary of view 0 is always validator 0. */
export const toyParameters: Partial<Parameters> = {
  baseTimeoutMs: 250,
  timeoutStepMs: 100,
  timeoutCapMs: 1_000,
  minIntervalMs: 0,
}

const startedMs = performance.now()
/** The clock of the toy chain goes on from its genesis. */
export function toyNowMs(): TimeMs {
  return Math.floor(genesisTimeMs + 1_000 + performance.now() - startedMs)
}

export const silent = createLogger({ level: 'silent', format: 'json' })

export function peerKeyOf(index: number): PublicKey {
  return idOf('peer', index)
}

/** What outlives a process. */
export type Disk = { readonly store: Store; readonly folder: string }

export function createDisk(t: Test, index: number): Disk {
  const folder = mkdtempSync(join(tmpdir(), 'epione-validator-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'keys'))
  writeFileSync(homePaths(folder).unusedKey, publicKeyOf(`consensus-${index}`))
  return { store: createMemoryStore(), folder }
}

export type ValidatorOptions = {
  readonly wire: Wire
  readonly index: number
  readonly disk: Disk
  readonly nowMs?: () => TimeMs
  /** Stands between the replica and its right to sign: crashes, observations. */
  readonly wrap?: (voter: Voter) => Voter
}

export type ToyValidator = Awaited<ReturnType<typeof startValidator>>

async function openRooms(
  { disk, nowMs = toyNowMs }: ValidatorOptions,
  ask: BodiesPorts['request'],
) {
  const genesis = toyGenesis(toyParameters)
  const ledger = await openLedger({ store: disk.store, genesis, list: toyList })
  const { rules } = ledger
  const mempool = createMempool(mempoolLimits)
  const { chainId } = rules
  const { verify } = createVerifier({ threads: 1, chainId, onFault: () => undefined })
  const { check } = createVerification({ verify, state: ledger.state, onProofs: () => undefined })
  const common = { mempool, check, nowMs, request: ask }
  const bodies = createBodies({ rules, ...common })
  const blocks = createBlocks({
    ledger,
    bodies,
    log: silent,
    onExecuted: () => undefined,
    ...common,
  })
  const head = () => ({ ...ledger.head().header, state: ledger.state() })
  const admit = createAdmission({ ...common, rules, head, isInWindow: ledger.contains })
  return { ledger, mempool, bodies, blocks, admit }
}

function voterOf(voting: Awaited<ReturnType<typeof openVoting>>, wrap: ValidatorOptions['wrap']) {
  let wrapped: { readonly from: Voter['lock']; readonly voter: Voter } | undefined
  return (): Voter | undefined => {
    const voter = voting.voter()
    if (voter === undefined || wrap === undefined) return voter
    if (wrapped?.from !== voter.lock) wrapped = { from: voter.lock, voter: wrap(voter) }
    return wrapped.voter
  }
}

/** Emits what a node reports: 'block', 'view', 'fault', 'evidence', 'failure'. */
function observed(events: EventEmitter) {
  const emit = (name: string) => (what?: unknown) => void events.emit(name, what)
  const nothing = () => undefined
  return {
    observe: {
      onStored: nothing,
      onSynced: nothing,
      onStep: nothing,
      onExpired: nothing,
      onPassedOver: emit('passed-over'),
      onView: emit('view'),
      onEvidence: emit('evidence'),
      onFault: emit('fault'),
    },
    onFailure: emit('failure'),
  }
}

function happens(events: EventEmitter, name: string): Promise<unknown> {
  return new Promise((resolve) => events.once(name, resolve))
}

/** Resolves when the node has stored this height. */
function reachIn(ledger: Ledger, events: EventEmitter) {
  return async (height: number): Promise<void> => {
    while (ledger.head().header.height < height) await happens(events, 'block')
  }
}

export async function startValidator(options: ValidatorOptions) {
  const { wire, index, disk, nowMs = toyNowMs } = options
  const host = wire.host(peerKeyOf(index))
  const request = async (to: PublicKey, bytes: Uint8Array) => {
    const result = await host.request(to, bytes, { timeoutMs: 1_000 })
    return result.ok ? result.bytes : undefined
  }
  const { ledger, mempool, bodies, blocks, admit } = await openRooms(options, request)
  const { chainId } = ledger.rules
  const name = `consensus-${index}`
  const signDigest = signerOf(name).sign
  const publicKey = publicKeyOf(name)
  const voting = await openVoting({
    ...{ home: disk.folder, chainId, publicKey, signDigest, log: silent },
  })
  const gossip = createGossip({ host, mempool, blockBudget: 1_000 })
  const events = new EventEmitter().setMaxListeners(100)
  const committed: Committed[] = []
  const { observe, onFailure } = observed(events)
  const onCommit = (one: Committed): void => {
    committed.push(one)
    voting.regain({ ledger, verifySignature, request }, host.connected()).catch(onFailure)
    events.emit('block', one)
  }
  const voter = voterOf(voting, options.wrap)
  const replica = createReplica({
    ...{ ledger, mempool, bodies, blocks, gossip, host, verifySignature, nowMs, onFailure },
    voter,
    account: accountOf(`validator-${index}`),
    recovered: voting.recovered,
    log: silent,
    observe: { ...observe, onCommit },
  })
  const { isProposed } = blocks
  const { onWaiting } = replica
  const submission = createSubmission({
    ...{ admit, mempool, gossip, onWaiting, isProposed, observe: () => undefined },
  })
  host.onFrame(replica.onFrame)
  host.onTransactions(submission.receive)
  host.onRequest((_, bytes) => serve({ ledger, bodies, blocks }, bytes))
  host.onConnected(replica.onConnected)
  host.onDisconnected(gossip.onDisconnected)
  replica.start()
  let running = true
  return {
    ...{ host, ledger, mempool, bodies, blocks, gossip, replica, events, committed, voter },
    peerKey: host.peerKey,
    submit: submission.submit,
    happens: (name: string) => happens(events, name),
    reach: reachIn(ledger, events),
    stop: async (): Promise<void> => {
      if (!running) return
      running = false
      await host.stop()
      await replica.stop()
      gossip.stop()
      await voting.close()
    },
  }
}

/** Makes a validator lose its vote lock; it must not be running. */
export function loseLock({ folder }: Disk): void {
  rmSync(homePaths(folder).voteLock)
}

/** Makes a validator lose its journal; it must not be running. */
export function loseJournal({ folder }: Disk): void {
  rmSync(homePaths(folder).journal, { recursive: true })
}
