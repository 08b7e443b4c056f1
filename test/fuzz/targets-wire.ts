// Everything in CBOR between nodes, from clients and on disk: each codec by itself, and the envelopes that nest two of them.
import { appList } from '../../apps/index.ts'
import { createFrameReader, joinFrames } from '../../node/p2p/framing.ts'
import {
  decodeAnswerFrame,
  decodeRequestFrame,
  encodeAnswerFrame,
  encodeRequestFrame,
} from '../../node/p2p/request-wire.ts'
import * as protocol from '../../node/protocol.ts'
import type { App, TxType } from '../../vm/app.ts'
import { BATCH_TAG, batchCodec, decodeActs } from '../../vm/batch.ts'
import { concat, toHex } from '../../vm/bytes.ts'
import { type CborValue, type Codec, CodecError } from '../../vm/codec.ts'
import {
  bodyCodec,
  bodyOf,
  decodeTransaction,
  encodeBody,
  encodeEnvelope,
} from '../../vm/transaction.ts'
import { codecs as frozen } from '../docs/wire-codecs.ts'
import { createRandom } from '../sim/random.ts'
import { signerOf } from '../support/toy-chain.ts'
import { codecTarget, refusedBy, type Target, type Valid, valuesOf } from './target.ts'

type AnyCodec = Codec<unknown>

/** Every codec with frozen bytes, and every one of the nodes' protocol, by the name of its rule. */
function codecTargets(): readonly Target[] {
  const all = new Map<string, AnyCodec>(Object.entries(frozen as Record<string, AnyCodec>))
  for (const [name, value] of Object.entries(protocol)) {
    if (name.endsWith('Codec')) all.set((value as AnyCodec).cddl.expression, value as AnyCodec)
  }
  return [...all].map(([name, codec]) => codecTarget(name, codec))
}

/** Signatures of the right number, which need not hold: their form is all that decoding sees. */
function enveloped(body: ReturnType<typeof encodeBody>, signers: number): Uint8Array {
  const { sign } = signerOf('fuzz')
  return encodeEnvelope(
    body,
    Array.from({ length: signers }, () => sign(new Uint8Array(32))),
  )
}

function envelopeOf(seed: number, tag: number, payload: CborValue): Uint8Array {
  const random = createRandom(seed)
  const word = (size: number) => toHex(new Uint8Array(size).fill(random.below(256)))
  const count = random.pick([1, 1, 1, 2, 8])
  const signers = Array.from({ length: count }, (_, place) => ({
    account: toHex(new Uint8Array(32).fill(place)),
    publicKey: word(32),
  }))
  const head = { version: 1, chainId: word(32), salt: word(8) } as const
  const body = { ...head, tag, payload, validUntil: random.below(2 ** 31), signers }
  return enveloped(encodeBody(body), count)
}

/** Transactions of one application: body, payload and batch, as a node and a block's execution read them. */
function payloadTarget({ name, txs }: App): Target {
  const types = new Map<number, TxType>(txs.map((type) => [type.tag, type]))
  const envelopes = (type: TxType, seed: number): readonly Valid[] => {
    const payloads = valuesOf(type.payload as AnyCodec, seed, 4).map((value) =>
      type.payload.toCbor(value as never),
    )
    const batch = { atomic: true, tag: type.tag, payloads: payloads.slice(0, 3) }
    const singles = payloads.map((payload, place) => envelopeOf(seed + place, type.tag, payload))
    if (payloads.length === 0) return []
    const whole = envelopeOf(seed, BATCH_TAG, batchCodec.toCbor(batch))
    return [...singles, whole].map((bytes) => ({ bytes }))
  }
  return {
    name: `transaction-${name}`,
    form: 'cbor',
    valid: (seed) => txs.flatMap((type, place) => envelopes(type, seed + place)),
    read: (input) => {
      try {
        const transaction = decodeTransaction(input)
        const { body, signatures } = transaction
        const accounts = new Set(body.signers.map(({ account }) => account))
        if (accounts.size !== signatures.length) throw new Error('a signature of nobody')
        const again = encodeEnvelope(encodeBody(bodyOf(transaction)), signatures)
        const acts = decodeActs(types, transaction)
        const { cost } = acts
        if (!Number.isSafeInteger(cost) || cost < 1) throw new RangeError(`a cost of ${cost}`)
        for (const item of acts.items) readFacts(acts.type, item)
        return { kind: 'accepted', value: transaction, again }
      } catch (error) {
        return refusedBy([CodecError], error)
      }
    },
  }
}

/** Which facts its proof rests on is asked of every payload before anything else is known about it. */
function readFacts(type: TxType, payload: unknown): void {
  type.facts?.(payload as never)
}

/** Mutations inside the body: in the envelope it is a byte string whose length they would break. */
const bodyTarget: Target = {
  ...codecTarget('body', bodyCodec),
  read: (input) => {
    try {
      const body = bodyOf(decodeTransaction(enveloped(input, 1)))
      return { kind: 'accepted', value: body, again: encodeBody(body) }
    } catch (error) {
      return refusedBy([CodecError], error)
    }
  },
  valid: (seed, count) =>
    valuesOf(bodyCodec, seed, count).map((value) => {
      const body = { ...value, signers: value.signers.slice(0, 1) }
      return { bytes: encodeBody(body), value: body }
    }),
}

function numbered(
  seed: number,
  count: number,
  make: (seed: number) => Uint8Array,
): readonly Valid[] {
  return Array.from({ length: count }, (_, place) => ({ bytes: make(seed + place) }))
}

function someBytes(seed: number): Uint8Array {
  const random = createRandom(seed)
  return new Uint8Array(1 + random.below(40)).fill(random.below(256))
}

const requestFrame: Target = {
  name: 'request-frame',
  form: 'bytes',
  valid: (seed, count) =>
    numbered(seed, count, (one) => encodeRequestFrame({ number: one >>> 0, body: someBytes(one) })),
  read: (input) => {
    try {
      const value = decodeRequestFrame(input)
      return { kind: 'accepted', value, again: encodeRequestFrame(value) }
    } catch (error) {
      return refusedBy([CodecError], error)
    }
  },
}

const answerFrame: Target = {
  name: 'answer-frame',
  form: 'bytes',
  valid: (seed, count) =>
    numbered(seed, count, (one) => {
      const status = createRandom(one).pick(['ok', 'busy', 'refused'] as const)
      return encodeAnswerFrame({ number: one >>> 0, status, body: someBytes(one) })
    }),
  read: (input) => {
    try {
      const value = decodeAnswerFrame(input)
      return { kind: 'accepted', value, again: encodeAnswerFrame(value) }
    } catch (error) {
      return refusedBy([CodecError], error)
    }
  },
}

const FRAME_MAX = 1_000

/** However a stream is cut, the same frames come out, and nothing is kept that is longer than what came. */
const stream: Target = {
  name: 'frames',
  form: 'bytes',
  valid: (seed, count) =>
    numbered(seed, count, (one) =>
      joinFrames(Array.from({ length: 1 + (one % 5) }, (_, place) => someBytes(one + place))),
    ),
  read: (input) => {
    const cuts = createRandom(input.length + (input[0] ?? 0))
    const whole = createFrameReader(FRAME_MAX).push(input)
    const reader = createFrameReader(FRAME_MAX)
    const pieces: Uint8Array[] = []
    let fault: string | undefined
    for (let at = 0; at < input.length && fault === undefined; ) {
      const size = 1 + cuts.below(9)
      const read = reader.push(input.subarray(at, at + size))
      if (typeof read === 'string') fault = read
      else pieces.push(...read)
      at += size
    }
    if (typeof whole === 'string') {
      if (fault !== whole) throw new Error(`in pieces ${fault}, in one ${whole}`)
      return { kind: 'refused', reason: whole }
    }
    if (fault !== undefined) throw new Error(`only in pieces: ${fault}`)
    const again = joinFrames(pieces)
    if (joinFrames(whole).length !== again.length) throw new Error('other frames in pieces')
    return { kind: 'accepted', value: pieces, again: concat(again, input.subarray(again.length)) }
  },
}

export const wireTargets: readonly Target[] = [
  ...codecTargets(),
  ...appList.apps.map(payloadTarget),
  bodyTarget,
  requestFrame,
  answerFrame,
  stream,
]
