// Signs two different votes in one place, and tells half of the others the one and half the other.
import type { Message } from '../../../consensus/message.ts'
import { decodeHeader } from '../../../vm/block.ts'
import { fromHex } from '../../../vm/bytes.ts'
import { digest } from '../../../vm/hash.ts'
import type { Letter } from '../host.ts'
import type { Actor, ActorPorts } from './actor.ts'
import { letterOf, onMessages, onProposals, reproposal, signAgain } from './letters.ts'

/** The same vote for a block that nobody knows. */
function contradiction(ports: ActorPorts, vote: Message): Letter {
  const blockId = 'blockId' in vote ? digest('tx', fromHex(vote.blockId)) : undefined
  return letterOf(signAgain(ports, vote, { blockId }))
}

function contradicting(kind: 'prepare' | 'commit', both: boolean): Actor['create'] {
  return (ports) => ({
    meddle: onMessages((message, to, letter) => {
      if (message.kind !== kind || to % 2 === 0) return undefined
      ports.note()
      const other = contradiction(ports, message)
      return both ? [letter, other] : [other]
    }),
  })
}

export const twoPrepares: Actor = {
  name: 'two prepares',
  behaviours: [2],
  expectation: 'evidence',
  create: contradicting('prepare', true),
}

export const twoCommits: Actor = {
  name: 'two commits',
  behaviours: [3],
  expectation: 'evidence',
  create: contradicting('commit', true),
}

export const splitPrepares: Actor = {
  name: 'prepares to two halves',
  behaviours: [2],
  expectation: 'ignored',
  create: contradicting('prepare', false),
}

/** Two valid blocks in one view; one half may see both. */
function twoBlocks(both: boolean): Actor['create'] {
  return (ports) => ({
    meddle: onProposals((proposal, to, letter) => {
      if (proposal.view > 0 || to % 2 === 0) return undefined
      ports.note()
      const { timeMs } = decodeHeader(proposal.header)
      const other = letterOf(reproposal(ports, proposal, { timeMs: timeMs + 1 }))
      return both ? [letter, other] : [other]
    }),
  })
}

export const equivocator: Actor = {
  name: 'equivocating primary',
  behaviours: [1],
  expectation: 'ignored',
  create: twoBlocks(false),
}

export const openEquivocator: Actor = {
  name: 'primary with two proposals',
  behaviours: [1],
  expectation: 'evidence',
  create: twoBlocks(true),
}
