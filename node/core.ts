// The rooms of a node between store, network and clock: mempool, bodies, blocks, gossip, replica, submission. The simulator runs the same.

import type { TransactionSigner } from '../client/signer.ts'
import type { VerifySignature } from '../consensus/certificate.ts'
import type { Digest, PublicKey } from '../vm/types.ts'
import { createAccuser } from './accuser.ts'
import { createAdmission, retryAfterMs } from './admission.ts'
import { createBodies } from './bodies.ts'
import type { Clock } from './clock.ts'
import { createGossip } from './gossip.ts'
import type { Ledger } from './ledger/types.ts'
import type { Logger } from './logger.ts'
import { createMempool, type MempoolLimits } from './mempool.ts'
import type { Host } from './p2p/types.ts'
import { createReadiness } from './readiness.ts'
import { createBlocks } from './replica/blocks.ts'
import { createReplica, type ReplicaObserver, type ReplicaPorts } from './replica/replica.ts'
import { serve } from './replica/serve.ts'
import type { Committed } from './replica/settle.ts'
import { syncDefaults } from './replica/sync.ts'
import { createKeptStates } from './snapshot/kept-states.ts'
import { createSubmission, type SubmissionPorts } from './submission.ts'
import { createVerification, type VerificationPorts } from './verification.ts'
import type { Voting } from './voting.ts'

const REQUEST_TIMEOUT_MS = 5_000

export type CorePorts = {
  readonly ledger: Ledger
  readonly host: Host
  readonly clock: Clock
  readonly voting: Voting
  /** Signs as the validator's account; undefined if its key is not here. */
  readonly signer: TransactionSigner | undefined
  /** Signatures and proofs of one transaction, wherever they are computed. */
  readonly verify: VerificationPorts['verify']
  /** The port of the network's one signature rule, for consensus messages. */
  readonly verifySignature: VerifySignature
  readonly limits: MempoolLimits
  /** How the node catches up, where it is not as usual. */
  readonly sync?: Partial<ReplicaPorts['sync']>
  readonly log: Logger
  readonly observe: Omit<ReplicaObserver, 'onExpired'> & {
    readonly onAdmission: SubmissionPorts['observe']
    /** Time of the proofs of one transaction. */
    readonly onProofs: (seconds: number) => void
    /** Time to execute a block of somebody else. */
    readonly onExecuted: (seconds: number) => void
  }
  /** The process must stop. */
  readonly onFailure: (error: unknown) => void
}

function createRooms(ports: CorePorts, ask: Ask) {
  const { ledger, clock, log, observe } = ports
  const { rules } = ledger
  const { onProofs, onExecuted } = observe
  const mempool = createMempool(ports.limits)
  const { verify } = ports
  const verification = createVerification({ verify, state: ledger.state, clock, onProofs })
  const { check } = verification
  const { nowMs } = clock
  const { connected } = ports.host
  const bodies = createBodies({ rules, mempool, check, clock, request: ask, connected })
  const blocks = createBlocks({
    ...{ ledger, mempool, bodies, check, clock, log, onExecuted },
    ...{ request: ask, connected },
  })
  const head = createHeadView(ledger)
  const { isInWindow, contains: isDecided } = ledger
  const admit = createAdmission({ rules, head, isInWindow, isDecided, check, mempool, nowMs })
  return { mempool, verification, bodies, blocks, admit }
}

/** Asks one peer; undefined when it does not answer. */
type Ask = (to: PublicKey, bytes: Uint8Array) => Promise<Uint8Array | undefined>

/** What admission looks at for each transaction; made once for each block. */
function createHeadView({ head, state }: Ledger) {
  const made = (of: ReturnType<typeof head>) => {
    const { height, timeMs } = of.header
    return { of, height, timeMs, state: state() }
  }
  let view = made(head())
  return () => {
    const newest = head()
    if (newest !== view.of) view = made(newest)
    return view
  }
}

/** Whether the ledger knows the peer; looked up once for each block. */
function createMemberCheck({ head, state, rules }: Ledger): (peerKey: PublicKey) => boolean {
  let known: { readonly id: Digest; readonly peerKeys: ReadonlySet<PublicKey> } | undefined
  return (peerKey) => {
    const { id } = head()
    if (known?.id !== id) {
      const members = rules.list.identity.members(state())
      known = { id, peerKeys: new Set(members.map((member) => member.peerKey)) }
    }
    return known.peerKeys.has(peerKey)
  }
}

export function createCore(ports: CorePorts) {
  const { ledger, host, clock, voting, verifySignature, observe, onFailure } = ports
  const ask: Ask = async (to, bytes) => {
    const result = await host.request(to, bytes, { timeoutMs: REQUEST_TIMEOUT_MS })
    return result.ok ? result.bytes : undefined
  }
  const rooms = createRooms(ports, ask)
  const { mempool, bodies, blocks, admit } = rooms
  const { blockBudget } = ledger.rules.parameters
  const gossip = createGossip({ host, mempool, clock, blockBudget })
  const kept = createKeptStates({ ledger, clock })
  const onCommit = (committed: Committed): void => {
    const lost = { ledger, verifySignature, request: ask }
    onReady(committed)
    submission.onDecided(committed.cost)
    kept.onCommit(committed.executed.header.height)
    voting.regain(lost, host.connected()).catch(onFailure)
    observe.onCommit(committed)
  }
  const replica = createReplica({
    ...{ ledger, mempool, bodies, blocks, gossip, host, clock, voting, verifySignature, onFailure },
    log: ports.log,
    sync: { ...syncDefaults, ...ports.sync },
    observe: {
      ...observe,
      onCommit,
      onEvidence: (accusation) => {
        observe.onEvidence(accusation)
        accuse(accusation).catch(onFailure)
      },
      onExpired: (ids) => submission.onExpired(ids),
    },
  })
  const submission = createSubmission({
    ...{ admit, mempool, clock, gossip },
    onWaiting: replica.onWaiting,
    isProposed: blocks.isProposed,
    blockBudget,
    retryAfterMs: retryAfterMs(ledger.rules),
    observe: observe.onAdmission,
  })
  const { signer, log } = ports
  const { submit } = submission
  const { isBehind } = replica
  const { publicKey } = voting
  const onReady = createReadiness({
    ...{ ledger, signer, publicKey, isBehind, submit, clock, log, onFailure },
  })
  const accuse = createAccuser({ ledger, signer, submit, clock, log })
  host.onFrame(replica.onFrame)
  const isMember = createMemberCheck(ledger)
  // Who is known to the settings alone may ask for blocks, and hands on nothing.
  host.onTransactions((from, envelopes) =>
    isMember(from) ? submission.receive(from, envelopes) : undefined,
  )
  host.onRequest((_from, bytes) => serve({ ledger, kept, bodies, blocks }, bytes))
  host.onConnected(replica.onConnected)
  host.onDisconnected(replica.onDisconnected)
  return {
    ...{ ...rooms, gossip, replica, submission },
    start: replica.start,
    /** The host is stopped by whoever made it, before or after. */
    stop: async (): Promise<void> => {
      await replica.stop()
      kept.stop()
      gossip.stop()
      blocks.clear()
    },
  }
}
