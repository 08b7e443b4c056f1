// Signs two different votes in one place, and tells half of the others the one and half the other.
import type { Message, Unsigned } from '../../../consensus/message.ts'
import { decodeFrame, encodeMessageFrame } from '../../../node/replica/frames.ts'
import { fromHex } from '../../../vm/bytes.ts'
import { digest } from '../../../vm/hash.ts'
import type { Letter } from '../host.ts'
import type { Actor, ActorPorts } from './actor.ts'

function messageIn(letter: Letter): Message | undefined {
  if (letter.kind !== 'frame') return undefined
  const frame = decodeFrame(letter.bytes)
  return frame.kind === 'message' ? frame.message : undefined
}

/** The same vote for a block that nobody knows. */
function contradiction({ sign }: ActorPorts, { signature: _, ...vote }: Message): Letter {
  const other = 'blockId' in vote ? digest('tx', fromHex(vote.blockId)) : undefined
  const changed = other === undefined ? vote : { ...vote, blockId: other }
  return { kind: 'frame', bytes: encodeMessageFrame(sign(changed as Unsigned)) }
}

function contradicting(kind: 'prepare' | 'commit', both: boolean): Actor['create'] {
  return (ports) => ({
    meddle: (letter, to) => {
      const message = messageIn(letter)
      if (message?.kind !== kind || to % 2 === 0) return [letter]
      ports.note()
      return both ? [letter, contradiction(ports, message)] : [contradiction(ports, message)]
    },
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
