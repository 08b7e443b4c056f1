// Proposes one block to some and another to the rest, and votes with everybody for what each of them votes for.
import type { Message } from '../../../consensus/message.ts'
import type { Actor, ActorPorts, Deeds } from '../actors/actor.ts'
import { letterOf, messageIn } from '../actors/letters.ts'
import { proposeInstead, siblingOf } from './own-blocks.ts'

/** The other proposal of each view, made once. */
function createSiblings(ports: ActorPorts) {
  const made = new Map<string, Message>()
  return (message: Extract<Message, { kind: 'pre-prepare' }>): Message => {
    const place = `${message.height}/${message.view}`
    const node = ports.node()
    const isFree = message.justification === null || message.justification.certificate === null
    const before = made.get(place)
    if (before !== undefined || node === undefined || !isFree) return before ?? message
    const block = siblingOf(ports, node, message)
    if (block === undefined) return message
    const sibling = proposeInstead(ports, message, block)
    made.set(place, sibling)
    ports.note()
    return sibling
  }
}

/** Tells everybody what it wants to hear: with the votes of one liar two quorums need one honest validator in common. */
function agree(ports: ActorPorts, heard: Message): void {
  const { index, sign, post, others } = ports
  if (heard.signer === index || heard.kind === 'view-change') return
  const to = heard.kind === 'pre-prepare' ? others : [heard.signer]
  const { height, view, blockId } = heard
  for (const kind of ['prepare', 'commit'] as const) {
    const vote = letterOf(sign({ kind, height, view, blockId, signer: index }))
    for (const one of to) post(one, vote)
  }
}

/** The node below votes for one side; so its votes are held back. */
function divide(ports: ActorPorts): NonNullable<Deeds['meddle']> {
  const sibling = createSiblings(ports)
  return (letter, to) => {
    const message = messageIn(letter)
    if (message === undefined || message.kind === 'view-change') return [letter]
    if (message.kind !== 'pre-prepare') return []
    return to === ports.others[0] ? [letter] : [letterOf(sibling(message))]
  }
}

export const twoFaced: Actor = {
  name: 'two-faced',
  behaviours: [1, 2, 3, 7],
  expectation: 'ignored',
  create: (ports) => ({ meddle: divide(ports), hear: (message) => agree(ports, message) }),
}

/** Proposes two blocks and votes for none: nobody has a quorum, and everybody has a proposal. */
export const divider: Actor = {
  name: 'divider',
  behaviours: [1],
  expectation: 'ignored',
  create: (ports) => ({ meddle: divide(ports) }),
}
