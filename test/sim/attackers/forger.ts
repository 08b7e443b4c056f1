// Signs in others' names: with what they signed for something else, or elsewhere.
import type { Message } from '../../../consensus/message.ts'
import type { Actor, ActorPorts } from '../actors/actor.ts'
import { letterOf } from '../actors/letters.ts'

type Forge = (ports: ActorPorts, heard: Message) => Message | undefined

/** Gives one of the others a commit that its signer never made, for what the signer prepared. */
function forging(forge: Forge): Actor['create'] {
  return (ports) => ({
    hear: (heard) => {
      if (heard.signer === ports.index) return
      const made = forge(ports, heard)
      if (made === undefined) return
      ports.note()
      for (const to of ports.others) if (to !== heard.signer) ports.post(to, letterOf(made))
    },
  })
}

/** The signature of a prepare under a commit. */
export const recaster: Actor = {
  name: 'forger of commits from prepares',
  behaviours: [10],
  expectation: 'dropped',
  create: forging((_, heard) =>
    heard.kind === 'prepare' ? { ...heard, kind: 'commit' } : undefined,
  ),
}

/** The signature of one view under a vote of the next, with its own vote beside it. */
export const shifter: Actor = {
  name: 'forger of later views',
  behaviours: [8, 10],
  expectation: 'dropped',
  create: forging((ports, heard) => {
    if (heard.kind !== 'commit') return undefined
    const { height, blockId } = heard
    const view = heard.view + 1
    const own = ports.sign({ kind: 'commit', height, view, blockId, signer: ports.index })
    for (const to of ports.others) ports.post(to, letterOf(own))
    return { ...heard, view }
  }),
}

/** What the others signed on a chain that is no more. */
export const foreigner: Actor = {
  name: 'replayer of another chain',
  behaviours: [9],
  expectation: 'dropped',
  create: forging(({ signElsewhere, index }, heard) => {
    if (heard.kind !== 'prepare') return undefined
    const { height, view, blockId, signer } = heard
    const vote = { kind: 'commit', height, view, blockId } as const
    return signElsewhere(signer, { ...vote, signer: index })
  }),
}
