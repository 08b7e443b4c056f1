// Runs ahead through the views, and serves the certificate of another block.

import { blocksAnswerCodec } from '../../../node/protocol.ts'
import { decode, encode } from '../../../vm/codec.ts'
import type { Actor } from '../actors/actor.ts'
import { letterOf } from '../actors/letters.ts'

const FAR = 2 ** 31

/** Asks for a far view at every height. */
export const runaway: Actor = {
  name: 'runaway',
  behaviours: [22],
  expectation: 'ignored',
  create: (ports) => ({
    hear: (heard) => {
      if (heard.kind !== 'pre-prepare') return
      ports.note()
      const { height } = heard
      const unsigned = { kind: 'view-change', height, view: FAR + height, prepared: null } as const
      const letter = letterOf(ports.sign({ ...unsigned, signer: ports.index, certificate: null }))
      for (const to of ports.others) ports.post(to, letter)
    },
  }),
}

/** Hands each block on with the certificate of the one before. */
export const mismatcher: Actor = {
  name: 'server of other certificates',
  behaviours: [24],
  expectation: 'dropped',
  create: (ports) => ({
    answer: (request, honest) => {
      if (request.kind !== 'blocks' || honest === undefined) return honest
      const answer = decode(blocksAnswerCodec, honest)
      if (answer.kind !== 'blocks') return honest
      ports.note()
      const blocks = answer.blocks.map((block, place) => {
        const height = request.from + place
        const certificate = ports.node()?.ledger.certificate(height - 1)
        return certificate === undefined || certificate.length === 0
          ? block
          : { ...block, certificate }
      })
      return encode(blocksAnswerCodec, { kind: 'blocks', blocks })
    },
  }),
}
