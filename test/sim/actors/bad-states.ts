// Lies to those who fetch a state in place of blocks: wrong pieces of it, a state of another chain, one without an end, or nothing.
import {
  headersAnswerCodec,
  type StateAnswer,
  setsAnswerCodec,
  snapshotsAnswerCodec,
  stateAnswerCodec,
} from '../../../node/protocol.ts'
import { decodeHeader, encodeHeader } from '../../../vm/block.ts'
import { encode } from '../../../vm/codec.ts'
import { digest } from '../../../vm/hash.ts'
import { changing } from '../../support/changing.ts'
import type { Actor, ActorPorts, Deeds } from './actor.ts'

type Answer = NonNullable<Deeds['answer']>

/** Lies about one kind of request. */
function about(
  { note }: ActorPorts,
  kind: Parameters<Answer>[0]['kind'],
  say: (honest: Uint8Array) => ReturnType<Answer>,
): Answer {
  return (request, honest) => {
    if (request.kind !== kind || honest === undefined) return honest
    note()
    return say(honest)
  }
}

export const wrongPieces: Actor = {
  name: 'wrong pieces of a state',
  behaviours: [25],
  expectation: 'dropped',
  atState: true,
  create: (ports) => ({
    answer: about(
      ports,
      'state',
      changing(stateAnswerCodec, (one): StateAnswer => {
        if (one.kind === 'gone') return one
        if (one.kind === 'node') return { kind: 'node', bytes: one.bytes.toReversed() }
        const at = ports.random.below(one.entries.length)
        const entries = one.entries.flatMap((entry, place) => {
          if (place !== at) return [entry]
          return ports.random.pick([[], [entry, entry], [{ ...entry, value: new Uint8Array([7]) }]])
        })
        return entries.length === 0
          ? { kind: 'node', bytes: new Uint8Array([1]) }
          : { kind: 'values', entries }
      }),
    ),
  }),
}

const otherChain = digest('sim-other-chain', new Uint8Array())

/** Under the signatures of this one. */
export const foreignState: Actor = {
  name: 'state of another chain',
  behaviours: [25],
  expectation: 'dropped',
  atState: true,
  create: (ports) => ({
    answer: about(
      ports,
      'snapshots',
      changing(snapshotsAnswerCodec, (offers) =>
        offers.map(({ header, ...offer }) => {
          const forged = encodeHeader({ ...decodeHeader(header), chainId: otherChain })
          return { ...offer, header: forged }
        }),
      ),
    ),
  }),
}

/** Every piece leads to more pieces, every page of headers and sets to another page. */
export const endlessState: Actor = {
  name: 'state without an end',
  behaviours: [25],
  expectation: 'dropped',
  atState: true,
  create: (ports) => {
    const pages = changing(headersAnswerCodec, (headers) =>
      headers.flatMap((one) => Array.from({ length: 4 }, () => one)).slice(0, headers.length),
    )
    const links = changing(setsAnswerCodec, (sets) => [...sets, ...sets])
    return {
      answer: (request, honest) => {
        if (honest === undefined) return honest
        switch (request.kind) {
          case 'state': {
            ports.note()
            const node = { kind: 'node', bytes: new Uint8Array(4 + 16 * 70).fill(1) } as const
            return encode(stateAnswerCodec, node)
          }
          case 'headers':
            ports.note()
            return pages(honest)
          case 'sets':
            ports.note()
            return links(honest)
          default:
            return honest
        }
      },
    }
  },
}

export const withheldState: Actor = {
  name: 'withheld state',
  behaviours: [25],
  expectation: 'ignored',
  atState: true,
  create: (ports) => ({
    answer: about(ports, 'state', () =>
      ports.random.chance(0.5)
        ? new Promise(() => undefined)
        : encode(stateAnswerCodec, { kind: 'gone' }),
    ),
  }),
}
