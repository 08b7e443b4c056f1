// Three validators that go on deciding while the fourth sends them whatever it likes: frames, votes of its own, transactions, requests.
import type { Test } from 'tap'
import type { Message } from '../../consensus/message.ts'
import { messageCodec } from '../../consensus/message.ts'
import { ANSWER_BYTES_MAX, requestCodec } from '../../node/protocol.ts'
import { decodeFrame, encodeMessageFrame } from '../../node/replica/frames.ts'
import { CodecError, encode } from '../../vm/codec.ts'
import { createRandom } from '../sim/random.ts'
import { act, batch, idOf, put, putOf } from '../support/toy-chain.ts'
import { blocksAt, createRogue, decide, fresh, sign, startNetwork } from '../support/toy-network.ts'
import { type ToyValidator, toyNowMs } from '../support/toy-validator.ts'
import type { Wire } from '../support/wire.ts'
import { type Reading, type Target, type Valid, valuesOf } from './target.ts'

/** The fourth of the set. */
const ROGUE = 3

type Scene = {
  readonly wire: Wire
  readonly nodes: readonly ToyValidator[]
  readonly victim: ToyValidator
  readonly rogue: ReturnType<typeof createRogue>
  /** What validators said to each other before anything was sent to them. */
  readonly overheard: readonly Valid[]
  readonly connect: () => void
  /** Whether the rogue was dropped since the last time. */
  readonly wasDropped: () => boolean
  readonly health: () => Promise<string | undefined>
}

async function overhear(wire: Wire, nodes: readonly ToyValidator[]): Promise<readonly Valid[]> {
  const overheard: Valid[] = []
  wire.meddle(({ kind, bytes }) => {
    if (kind === 'frame') overheard.push({ bytes: Uint8Array.from(bytes) })
    return [bytes]
  })
  for (const node of nodes) await decide(node, nodes)
  wire.meddle(({ bytes }) => [bytes])
  return overheard
}

async function createScene(t: Pick<Test, 'teardown'>): Promise<Scene> {
  const { wire, nodes } = await startNetwork(t as Test, [0, 1, 2])
  const [victim] = nodes
  if (victim === undefined) throw new Error('no validators')
  const troubles: string[] = []
  for (const { events } of nodes) events.on('failure', (error) => troubles.push(String(error)))
  const escaped = (error: unknown) =>
    troubles.push(error instanceof Error ? `${error.stack}` : `${error}`)
  process.on('uncaughtException', escaped)
  process.on('unhandledRejection', escaped)
  t.teardown(() => {
    process.off('uncaughtException', escaped)
    process.off('unhandledRejection', escaped)
  })
  const overheard = await overhear(wire, nodes)
  const rogue = createRogue(wire, ROGUE)
  const connect = () => {
    for (const { peerKey } of nodes) wire.connect(rogue.peerKey, peerKey)
  }
  connect()
  let before = 0
  let checked = 1
  return {
    ...{ wire, nodes, victim, rogue, overheard, connect },
    wasDropped: () => {
      const dropped = wire.penalties.length > before
      before = wire.penalties.length
      return dropped
    },
    /** They still agree, still decide, and blame nobody else. */
    health: async () => {
      const height = await decide(victim, nodes)
      for (; checked <= height; checked++) {
        if (blocksAt(nodes, checked).size !== 1) troubles.push(`two blocks of height ${checked}`)
      }
      const framed = wire.penalties.find(({ peerKey }) => peerKey !== rogue.peerKey)
      if (framed !== undefined) troubles.push(`a correct validator was dropped: ${framed.reason}`)
      wire.penalties.length = 0
      before = 0
      return troubles.shift()
    },
  }
}

/** Lets everything that was delivered be worked on. */
async function turns(count: number): Promise<void> {
  for (; count > 0; count--) await new Promise(setImmediate)
}

function readingOf(scene: Scene): Reading {
  return scene.wasDropped()
    ? { kind: 'refused', reason: 'the sender was dropped' }
    : { kind: 'accepted', value: null }
}

/** Frames that were said before, and those changed. */
function framesTarget(scene: Scene): Target {
  return {
    name: 'live-frames',
    form: 'cbor',
    health: scene.health,
    valid: (seed, count) => {
      const random = createRandom(seed)
      // A frame of another is repeated and no lie, but it may be stale by now.
      return Array.from({ length: count }, () => random.pick(scene.overheard))
    },
    read: async (input) => {
      scene.connect()
      scene.rogue.host.send(scene.victim.peerKey, input)
      await turns(3)
      return readingOf(scene)
    },
  }
}

/** The fourth validator's own votes: any values, near the height that is being decided, and rightly signed. */
function votesTarget(scene: Scene): Target {
  const signed = (message: Message, seed: number): Uint8Array => {
    const random = createRandom(seed)
    const { height } = scene.victim.ledger.head().header
    const near = { height: height + random.between(0, 2), view: random.pick([0, 1, 2, 5, 2 ** 31]) }
    return encodeMessageFrame(sign(ROGUE, { ...message, ...near, signer: ROGUE }))
  }
  return {
    name: 'live-votes',
    form: 'cbor',
    health: scene.health,
    valid: (seed, count) =>
      valuesOf(messageCodec, seed, count).map((message) => ({ bytes: signed(message, seed) })),
    read: async (input) => {
      scene.connect()
      scene.rogue.host.send(scene.victim.peerKey, resigned(input) ?? input)
      await turns(3)
      scene.wasDropped()
      return { kind: 'accepted', value: null }
    },
  }
}

/** A changed vote under a good signature, so that more than the signature is looked at. */
function resigned(input: Uint8Array): Uint8Array | undefined {
  try {
    const frame = decodeFrame(input)
    if (frame.kind !== 'message') return undefined
    return encodeMessageFrame(sign(ROGUE, { ...frame.message, signer: ROGUE }))
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}

function transactionOf(seed: number): Uint8Array {
  const random = createRandom(seed)
  if (random.chance(0.6)) return fresh().transaction.bytes
  const payload = { name: 'b', value: new Uint8Array(3), recipients: [idOf('r')] }
  const many = { type: put, payload: [payload, payload], validUntil: toyNowMs() + 60_000 }
  if (random.chance(0.5)) return batch(many, random.chance(0.5)).transaction.bytes
  return act({ ...putOf('c'), signers: ['ann', 'bob'], validUntil: toyNowMs() + 60_000 })
    .transaction.bytes
}

/** Handed in by a client, and handed on by the fourth validator. */
function transactionsTarget(scene: Scene): Target {
  return {
    name: 'live-transactions',
    form: 'cbor',
    health: scene.health,
    valid: (seed, count) =>
      Array.from({ length: count }, (_, place) => ({ bytes: transactionOf(seed + place) })),
    read: async (input) => {
      const admission = await scene.victim.submit(input)
      if ((input.at(-1) ?? 0) % 8 === 0) {
        scene.connect()
        scene.rogue.host.sendTransactions(scene.victim.peerKey, [input])
        await turns(3)
        scene.wasDropped()
      }
      if (admission.kind !== 'refused') return { kind: 'accepted', value: admission.kind }
      return { kind: 'refused', reason: `${admission.code}: ${admission.detail}` }
    },
  }
}

function requestsTarget(scene: Scene): Target {
  return {
    name: 'live-requests',
    form: 'cbor',
    health: scene.health,
    valid: (seed, count) =>
      valuesOf(requestCodec, seed, count).map((request) => ({
        bytes: encode(requestCodec, request),
      })),
    read: async (input) => {
      scene.connect()
      const result = await scene.rogue.host.request(scene.victim.peerKey, input)
      if (result.ok && result.bytes.length > ANSWER_BYTES_MAX + 64 * 1024)
        throw new Error(`an answer of ${result.bytes.length} bytes`)
      const dropped = scene.wasDropped()
      return dropped ? { kind: 'refused', reason: 'dropped' } : { kind: 'accepted', value: null }
    },
  }
}

export async function liveTargets(t: Pick<Test, 'teardown'>): Promise<readonly Target[]> {
  const scene = await createScene(t)
  return [framesTarget, votesTarget, transactionsTarget, requestsTarget].map((make) => make(scene))
}
