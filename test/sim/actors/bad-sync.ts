// Lies to those who catch up: false heights, wrong blocks, no answer.

import { blocksAnswerCodec, headAnswerCodec } from '../../../node/protocol.ts'
import { encodeDecidedFrame } from '../../../node/replica/frames.ts'
import { decodeHeader, encodeHeader } from '../../../vm/block.ts'
import { decode, encode } from '../../../vm/codec.ts'
import type { Actor } from './actor.ts'

function higher(header: Uint8Array, by: number): Uint8Array {
  const decoded = decodeHeader(header)
  return encodeHeader({ ...decoded, height: Math.max(0, decoded.height + by) })
}

export const boaster: Actor = {
  name: 'false heights',
  behaviours: [24],
  expectation: 'dropped',
  atSync: true,
  create: ({ note, random, node, others, post }) => ({
    answer: ({ kind }, honest) => {
      if (kind !== 'head' || honest === undefined) return honest
      note()
      const head = decode(headAnswerCodec, honest)
      return encode(headAnswerCodec, {
        ...head,
        header: higher(head.header, random.pick([1_000, -3])),
      })
    },
    act: () => {
      const head = node()?.ledger.head()
      if (head === undefined || head.header.height === 0) return
      note()
      const { headerBytes, certificateBytes: certificate } = head
      const bytes = encodeDecidedFrame({ header: higher(headerBytes, 50), certificate })
      post(random.pick(others), { kind: 'frame', bytes })
    },
  }),
}

export const staller: Actor = {
  name: 'no answers',
  behaviours: [24],
  expectation: 'ignored',
  atSync: true,
  create: ({ note }) => ({
    answer: () => {
      note()
      return new Promise(() => undefined)
    },
  }),
}

export const forkServer: Actor = {
  name: 'wrong blocks',
  behaviours: [24],
  expectation: 'dropped',
  atSync: true,
  create: ({ note, random }) => ({
    answer: ({ kind }, honest) => {
      if (kind !== 'blocks' || honest === undefined) return honest
      note()
      const decoded = decode(blocksAnswerCodec, honest)
      if (decoded.kind !== 'blocks') return honest
      const blocks = decoded.blocks.map((block) => {
        const certificate = Uint8Array.from(block.certificate)
        const at = random.below(certificate.length)
        certificate[at] = (certificate[at] ?? 0) ^ 1
        return { ...block, certificate }
      })
      return encode(blocksAnswerCodec, { kind: 'blocks', blocks })
    },
  }),
}
