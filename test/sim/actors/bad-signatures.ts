// Signs in others' names, for other chains, not at all, or hands on what others signed.
import type { Message } from '../../../consensus/message.ts'
import { fromHex } from '../../../vm/bytes.ts'
import { digest } from '../../../vm/hash.ts'
import { voteDigest } from '../../../vm/vote.ts'
import type { Actor } from './actor.ts'
import { letterOf, onMessages } from './letters.ts'

/** Own votes, changed after signing. */
function spoiled(
  name: string,
  behaviours: readonly number[],
  spoil: (message: Message, other: number) => Message,
): Actor {
  return {
    name,
    behaviours,
    expectation: 'dropped',
    create: ({ note, others }) => ({
      meddle: onMessages((message, _, letter) => {
        if (message.kind === 'pre-prepare') return undefined
        note()
        return [letter, letterOf(spoil(message, others[0] ?? 0))]
      }),
    }),
  }
}

export const noSignature = spoiled('empty signature', [10], (message) => ({
  ...message,
  view: message.view + 1,
  signature: new Uint8Array(64),
}))

export const impostor = spoiled('in the name of another', [10], (message, other) => ({
  ...message,
  view: message.view + 1,
  signer: other,
}))

/** Nobody's vote: it is not even looked at. */
export const stranger: Actor = {
  ...spoiled('signer outside the set', [11], (message) => ({
    ...message,
    view: message.view + 1,
    signer: 39,
  })),
  expectation: 'ignored',
}

/** Valid on a chain with another id. */
export const otherChain: Actor = {
  name: 'votes of another chain',
  behaviours: [9],
  expectation: 'dropped',
  create: ({ note, chain, index, signerOf }) => {
    const keys = chain.seats[index]?.keys
    const signDigest = keys && signerOf(keys.consensus)
    const otherId = digest('tx', fromHex(chain.genesis.chainId))
    return {
      meddle: onMessages((message, _, letter) => {
        if (message.kind === 'pre-prepare' || signDigest === undefined) return undefined
        note()
        const higher = { ...message, view: message.view + 1 }
        const signature = signDigest(voteDigest(otherId, higher))
        return [letter, letterOf({ ...higher, signature })]
      }),
    }
  },
}

/** Everything that was ever said, again. */
export const replayer: Actor = {
  name: 'replayed heights',
  behaviours: [8],
  expectation: 'ignored',
  create: ({ note, heard, others, post, random }) => ({
    act: () => {
      const frames = heard.old()
      if (frames.length === 0) return
      note()
      for (const to of others) post(to, { kind: 'frame', bytes: random.pick(frames) })
    },
  }),
}
