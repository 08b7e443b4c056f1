// A replica: frames, timers and decisions in one queue, one height after the other, catching up in between.
import { type CommitCertificate, encodeCommitCertificate } from '../../consensus/certificate.ts'
import { honest } from '../../vm/quorum.ts'
import type { Height, PublicKey, View } from '../../vm/types.ts'
import type { Accusation } from '../accuser.ts'
import type { Gossip } from '../gossip.ts'
import type { Mempool } from '../mempool.ts'
import { createPace } from '../pace.ts'
import type { Checkpoint } from '../snapshot/checkpoint.ts'
import { createSnapshot } from '../snapshot/snapshot.ts'
import { nextMembers } from './certified.ts'
import { createDuty } from './duty.ts'
import type { Happening } from './effects.ts'
import { type Arrival, createEarlyMessages, decodeFrame, sortFrame, sortMessage } from './frames.ts'
import { HeightAtWork, type HeightPorts } from './height.ts'
import { createQueue } from './queue.ts'
import { createSettlement, type SettlePorts } from './settle.ts'
import { createSync, type SyncSettings } from './sync.ts'
import { createTimers } from './timers.ts'
import { createWitness } from './witness.ts'

/** What others may want to know of a replica's work; none of it is part of the protocol. */
export type ReplicaObserver = Pick<
  SettlePorts,
  'onCommit' | 'onStored' | 'onExpired' | 'onPassedOver'
> &
  Pick<HeightPorts, 'onView' | 'onSynced' | 'onStep'> & {
    readonly onEvidence: (accusation: Accusation) => void
    /** A message that does not hold. */
    readonly onFault: (reason: string) => void
  }

export type ReplicaPorts = Omit<
  HeightPorts,
  'early' | 'effects' | 'onView' | 'onSynced' | 'onStep'
> & {
  readonly mempool: Mempool
  readonly gossip: Gossip
  readonly observe: ReplicaObserver
  readonly sync: SyncSettings & { readonly checkpoint: Checkpoint | undefined }
  /** The process must stop. */
  readonly onFailure: (error: unknown) => void
}

export type Replica = {
  readonly start: () => void
  readonly stop: () => Promise<void>
  /** A transaction entered the mempool. */
  readonly onWaiting: () => void
  /** Throws CodecError for bytes that are no frame, upon which the host drops the peer; until it resolves no more may come. */
  readonly onFrame: (from: PublicKey, frame: Uint8Array) => Promise<void>
  readonly onConnected: (peerKey: PublicKey) => void
  readonly onDisconnected: (peerKey: PublicKey) => void
  readonly view: () => View
  readonly isBehind: () => boolean
}

const ACCUSATIONS_MAX = 1_000

/** A faulty replica can give evidence by the thousand; one of a kind and height is told. */
function createAccusations() {
  const known = new Set<string>()
  return {
    isNew: ({ fault, consensusKey, first }: Accusation): boolean => {
      if (known.size >= ACCUSATIONS_MAX) known.clear()
      const { size } = known
      return known.add(`${first.vote.height} ${fault} ${consensusKey}`).size > size
    },
  }
}

export function createReplica(ports: ReplicaPorts): Replica {
  const { ledger, host, observe, clock, log, onFailure } = ports
  const timers = createTimers(clock)
  const early = createEarlyMessages()
  const accusations = createAccusations()
  const queue = createQueue(onFailure)
  const onEvidence = (accusation: Accusation): void => {
    if (accusations.isNew(accusation)) observe.onEvidence(accusation)
  }
  const witness = createWitness({ ledger, verifySignature: ports.verifySignature, onEvidence })
  const pace = createPace(clock)
  const settlement = createSettlement({
    ...ports,
    ...observe,
    onCommit: (committed) => {
      pace.note(committed.executed.transactions.length)
      observe.onCommit(committed)
    },
    witness,
    checkpoint: ports.sync.checkpoint,
    onPassedOver: () => {
      observe.onPassedOver()
      ports.gossip.share()
    },
  })
  let stopped = false

  const feed = (height: Height, happening: Happening): void => {
    void queue.push(async () => {
      if (work.height === height) await work.advance(happening)
    })
  }

  /** Runs beside the queue: bodies may have to be fetched. */
  const settle = async (
    certificate: CommitCertificate,
    sources: readonly PublicKey[],
  ): Promise<void> => {
    const executed = await settlement.obtain(certificate, sources)
    if (executed === undefined) return
    await queue.push(async () => {
      if (executed.header.height !== ledger.head().header.height + 1) return
      const bytes = encodeCommitCertificate(certificate)
      await settlement.store(executed, { bytes, view: certificate.view, way: 'decided' })
      await begin()
    })
  }

  const work = new HeightAtWork({
    ...ports,
    early,
    onView: observe.onView,
    onSynced: observe.onSynced,
    onStep: observe.onStep,
    effects: {
      gossip: ports.gossip,
      timers,
      feed,
      onDecided: (certificate, sources) => {
        settle(certificate, sources).catch(onFailure)
      },
      onEvidence,
      onFailure,
    },
  })

  const duty = createDuty({
    parameters: ledger.rules.parameters,
    mempool: ports.mempool,
    parentTimeMs: () => ledger.head().header.timeMs,
    clock,
    pace,
    onDue: () => feed(ledger.head().header.height + 1, { kind: 'due' }),
  })

  const concluded = async (height: Height): Promise<void> => {
    if (work.height === height) await work.advance({ kind: 'synced' })
  }

  const snapshot = createSnapshot({
    ...{ ledger, host, clock, log, verifySignature: ports.verifySignature },
    checkpoint: ports.sync.checkpoint,
    adopt: (state, adoption) =>
      queue.push(async () => {
        await concluded(ledger.head().header.height + 1)
        await settlement.adopt(state, adoption)
      }),
  })

  const sync = createSync({
    host,
    clock,
    log,
    settings: ports.sync,
    fetchState: (from) =>
      snapshot.run(from).catch((error: unknown) => {
        onFailure(error)
        return false
      }),
    height: () => ledger.head().header.height,
    honest: () => honest(nextMembers(ledger).length, ledger.rules.engine),
    seats: () => {
      const { identity } = ledger.rules.list
      return new Set(identity.validators(ledger.state()).map(({ peerKey }) => peerKey))
    },
    apply: async (received) => {
      let holds = false
      await queue.push(async () => {
        holds = await settlement.apply(received, concluded)
      })
      return holds
    },
    onCaughtUp: () => {
      void queue.push(async () => {
        if (work.height !== ledger.head().header.height + 1) await begin()
      })
    },
  })

  /** The height after the head, unless blocks of it and later ones are there to be fetched. */
  const begin = async (): Promise<void> => {
    sync.recheck()
    if (stopped || sync.isBehind()) return
    timers.clearAll()
    witness.begin()
    await work.begin()
    for (const { from, message } of early.take(ledger.head().header.height + 1)) {
      const context = work.frameContext(from)
      if (context !== undefined) await arrive(from, sortMessage(context, message))
    }
    duty.begin()
  }

  const arrive = async (peerKey: PublicKey, arrival: Arrival): Promise<void> => {
    switch (arrival.kind) {
      case 'message':
        witness.note(arrival.message)
        return work.advance(arrival)
      case 'stale': {
        const { from, message } = arrival
        witness.late(message, peerKey)
        return work.advance({ kind: 'stale', from, height: message.height })
      }
      case 'claim':
        return sync.claim(peerKey, arrival.height)
      case 'fault':
        observe.onFault(arrival.reason)
        log.warn({ peer: peerKey, reason: arrival.reason }, 'a message that does not hold')
        // A correct peer checks what it sends, and hands on nothing of others.
        host.penalize(peerKey, arrival.reason)
        return
      case 'nothing':
        return
    }
  }

  const noteLink = (kind: 'connected' | 'disconnected', peerKey: PublicKey): void => {
    void queue.push(async () => {
      const peer = work.indexOf(peerKey)
      if (peer >= 0) await work.advance({ kind, peer })
    })
  }

  return {
    start: () => {
      sync.start()
      void queue.push(begin)
    },
    stop: async () => {
      stopped = true
      settlement.stop()
      sync.stop()
      await snapshot.stop()
      duty.stop()
      // The task at work may set timers still.
      await queue.stop()
      timers.clearAll()
    },
    onWaiting: duty.rearm,
    onFrame: (peerKey, bytes) => {
      const frame = decodeFrame(bytes)
      return queue.push(async () => {
        const context = work.frameContext(peerKey)
        if (context !== undefined) await arrive(peerKey, sortFrame(context, frame))
      })
    },
    onConnected: (peerKey) => {
      ports.gossip.welcome(peerKey)
      sync.welcome(peerKey).catch(onFailure)
      noteLink('connected', peerKey)
    },
    onDisconnected: (peerKey) => {
      ports.gossip.onDisconnected(peerKey)
      noteLink('disconnected', peerKey)
    },
    view: () => work.view,
    isBehind: sync.isBehind,
  }
}
