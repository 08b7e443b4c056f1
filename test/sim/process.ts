// What a simulated node does with what arrives: messages through triage and verification, certified blocks, questions.
import { verifyCommitCertificate } from '../../consensus/certificate.ts'
import { decodeMessage } from '../../consensus/message.ts'
import { pbft } from '../../consensus/pbft/step.ts'
import { verifyMessage } from '../../consensus/verify.ts'
import { assertNever } from '../../vm/assert.ts'
import type { ReplicaIndex } from '../../vm/types.ts'
import { belongsTogether } from './application.ts'
import type { Decided } from './disk.ts'
import { verifySimulated as verifySignature } from './keys.ts'
import {
  after,
  boot,
  conclude,
  feed,
  heightOf,
  pump,
  type Replica,
  type ReplicaOptions,
  send,
  serve,
} from './replica.ts'
import type { Frame, Process } from './world.ts'

export function createProcess(options: ReplicaOptions): Process {
  const replica = boot(options)
  return {
    index: options.index,
    height: () => heightOf(replica),
    receive: (from, frame) => receive(replica, from, frame),
    feed: (input) => feed(replica, input),
    stop: () => {
      replica.isStopped = true
    },
  }
}

function receive(replica: Replica, from: ReplicaIndex, frame: Frame): void {
  if (replica.isStopped) return
  switch (frame.kind) {
    case 'message':
      receiveMessage(replica, from, frame.bytes)
      return
    case 'decided':
      takeDecided(replica, frame)
      return
    case 'status':
      serve(replica, from, frame.height)
      return
    case 'get': {
      const block = replica.host.held(frame.blockId)
      if (block !== undefined) send(replica, from, { kind: 'block', block })
      return
    }
    case 'block':
      replica.host.add(frame.block)
      return
    default:
      assertNever(frame)
  }
}

function receiveMessage(replica: Replica, from: ReplicaIndex, bytes: Uint8Array): void {
  const message = decodeMessage(bytes)
  const { config } = replica.state
  const triage = pbft.triage(replica.state, message)
  if (triage === 'answer') feed(replica, { kind: 'stale', from, height: message.height })
  if (triage === 'later') askLater(replica, from)
  if (triage !== 'take') return
  const verification = verifyMessage({ config, verifySignature, belongsTogether }, message)
  if (verification.ok) feed(replica, { kind: 'message', from, message: verification.message })
}

/** A peer is at a higher height: what it decided is asked for if this replica does not decide it soon. */
function askLater(replica: Replica, from: ReplicaIndex): void {
  if (replica.isAsking) return
  replica.isAsking = true
  after(replica, 1_000, () => {
    replica.isAsking = false
    send(replica, from, { kind: 'status', height: heightOf(replica) })
  })
}

/** Sync: a certified block of the running height, from whoever sends it. */
function takeDecided(replica: Replica, decided: Decided): void {
  const { certificate, block } = decided
  const { config } = replica.state
  if (certificate.height !== config.height || replica.isWaiting) return
  const about = { height: config.height, blockId: block.blockId }
  const check = { set: config, value: certificate, about, verifySignature }
  if (verifyCommitCertificate(check) !== undefined) return
  replica.inputs = []
  feed(replica, { kind: 'synced' })
  conclude(replica, decided)
  pump(replica)
}
