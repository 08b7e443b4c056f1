// A whole node but process, disk store and sockets: the real ledger, engine, journal and vote lock, with the toy applications.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { createAdmission } from '../../../node/admission.ts'
import { createBodies } from '../../../node/bodies.ts'
import { verifySignature } from '../../../node/crypto/ed25519.ts'
import type { TransactionVerdict, VerificationJob } from '../../../node/crypto/verifier.ts'
import { createGossip } from '../../../node/gossip.ts'
import { openJournal } from '../../../node/journal.ts'
import { openLedger } from '../../../node/ledger/open.ts'
import type { Ledger } from '../../../node/ledger/types.ts'
import { createLogger } from '../../../node/logger.ts'
import { createMempool, type MempoolLimits, mempoolLimits } from '../../../node/mempool.ts'
import { createBlocks } from '../../../node/replica/blocks.ts'
import { createReplica } from '../../../node/replica/replica.ts'
import { serve } from '../../../node/replica/serve.ts'
import type { Committed } from '../../../node/replica/settle.ts'
import { createMemoryStore } from '../../../node/store/memory.ts'
import type { Store } from '../../../node/store/port.ts'
import { createSubmission } from '../../../node/submission.ts'
import { createVerification } from '../../../node/verification.ts'
import { createVoteLock, openVoteLock } from '../../../node/vote-lock.ts'
import { fromHex } from '../../../vm/bytes.ts'
import type { PublicKey } from '../../../vm/types.ts'
import {
  accountOf,
  genesisTimeMs,
  publicKeyOf,
  signerOf,
  toyGenesis,
  toyList,
  validatorsOf,
} from '../../support/toy-chain.ts'
import type { Loopback } from './loopback.ts'

/** Quick, so that a dead primary is passed soon; the heartbeat stays out of the way. */
export const parameters = { baseTimeoutMs: 300, timeoutStepMs: 100, minIntervalMs: 5 } as const

const startedMs = performance.now()
/** The time of the toy chain goes on from its genesis. */
export function toyNowMs(): number {
  return Math.floor(genesisTimeMs + 1_000 + performance.now() - startedMs)
}

export const silent = createLogger({ level: 'silent', format: 'json' })

export function peerKeyOf(index: number): PublicKey {
  return validatorsOf(index + 1)[index]?.peerKey ?? '0x'
}

/** Signatures and proofs in this thread. */
async function verify({ transaction, acts }: VerificationJob): Promise<TransactionVerdict> {
  const { body, signatures, id } = transaction
  const signed = body.signers.every(({ publicKey }, index) =>
    verifySignature(fromHex(publicKey), fromHex(id), signatures[index] ?? new Uint8Array()),
  )
  return { signatures: signed, items: acts.items.map(() => ({ ok: true })) }
}

/** What is on the disk of a validator, for its next start. */
export type Disk = { readonly store: Store; readonly folder: string }

export function createDisk(t: Test): Disk {
  const folder = mkdtempSync(join(tmpdir(), 'epione-replica-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return { store: createMemoryStore(), folder }
}

async function openVoter(index: number, { folder }: Disk) {
  const { chainId } = toyGenesis()
  const signer = signerOf(`consensus-${index}`)
  const lockConfig = {
    path: join(folder, 'vote-lock'),
    chainId,
    publicKey: publicKeyOf(`consensus-${index}`),
  }
  await createVoteLock(lockConfig).catch(() => undefined)
  const opening = await openVoteLock(lockConfig)
  if (opening.kind !== 'open') throw new Error(opening.reason)
  const { journal, recovered } = await openJournal({ folder: join(folder, 'journal'), chainId })
  const voter = { journal, lock: opening.lock, signDigest: signer.sign }
  const close = async () => {
    await journal.close()
    await opening.lock.close()
  }
  return { voter, recovered, close }
}

/** Ledger, mempool, bodies and blocks of a node, enough to serve others and to apply what they send. */
export async function createRooms(
  { store }: Pick<Disk, 'store'>,
  request: (to: PublicKey, bytes: Uint8Array) => Promise<Uint8Array | undefined>,
  limits: MempoolLimits = mempoolLimits,
) {
  const ledger = await openLedger({ store, genesis: toyGenesis(parameters), list: toyList })
  const mempool = createMempool(limits)
  const { check } = createVerification({ verify, state: ledger.state })
  const common = { mempool, check, nowMs: toyNowMs, request }
  const bodies = createBodies({ rules: ledger.rules, ...common })
  const blocks = createBlocks({ ledger, bodies, log: silent, ...common })
  return { ledger, mempool, check, bodies, blocks }
}

export type ToyNode = Awaited<ReturnType<typeof startNode>>

export async function startNode(index: number, loopback: Loopback, disk: Disk) {
  const host = loopback.host(peerKeyOf(index))
  const request = async (to: PublicKey, bytes: Uint8Array) => {
    const result = await host.request(to, bytes)
    return result.ok ? result.bytes : undefined
  }
  const { ledger, mempool, check, bodies, blocks } = await createRooms(disk, request)
  const gossip = createGossip({ host, mempool, blockBudget: 1_000 })
  const { voter, recovered, close } = await openVoter(index, disk)
  const waiting = new Set<() => void>()
  const committed: Committed[] = []
  const failure = Promise.withResolvers<unknown>()
  const nothing = () => undefined
  const replica = createReplica({
    ledger,
    mempool,
    bodies,
    blocks,
    gossip,
    host,
    voter: () => voter,
    account: accountOf(`validator-${index}`),
    recovered,
    verifySignature,
    nowMs: toyNowMs,
    log: silent,
    observe: {
      onCommit: (one) => {
        committed.push(one)
        for (const wake of waiting) wake()
      },
      onStored: nothing,
      onExpired: nothing,
      onPassedOver: nothing,
      onView: nothing,
      onEvidence: nothing,
      onFault: nothing,
    },
    onFailure: failure.resolve,
  })
  const submission = createSubmission({
    admit: createAdmission({
      rules: ledger.rules,
      head: () => ({ ...ledger.head().header, state: ledger.state() }),
      isInWindow: ledger.contains,
      check,
      mempool,
      nowMs: toyNowMs,
    }),
    mempool,
    gossip,
    onWaiting: replica.onWaiting,
    isProposed: blocks.isProposed,
    observe: nothing,
  })
  host.onFrame(replica.onFrame)
  host.onTransactions(submission.receive)
  host.onRequest((_, bytes) => serve({ ledger, bodies, blocks }, bytes))
  host.onConnected(replica.onConnected)
  host.onDisconnected(gossip.onDisconnected)
  replica.start()
  return {
    peerKey: host.peerKey,
    ledger,
    mempool,
    submit: submission.submit,
    committed,
    /** What would have ended the process. */
    failure: failure.promise,
    /** Resolves when the node has stored this height. */
    reach: (height: number): Promise<void> =>
      new Promise((resolve) => {
        const wake = () => {
          if (ledger.head().header.height < height) return
          waiting.delete(wake)
          resolve()
        }
        waiting.add(wake)
        wake()
      }),
    stop: async () => {
      await replica.stop()
      gossip.stop()
      await close()
    },
  }
}

/** Connects everybody with everybody. */
export function mesh(loopback: Loopback, nodes: readonly { readonly peerKey: PublicKey }[]): void {
  for (const [place, left] of nodes.entries()) {
    for (const right of nodes.slice(place + 1)) loopback.connect(left.peerKey, right.peerKey)
  }
}

export type ToyLedger = Ledger
