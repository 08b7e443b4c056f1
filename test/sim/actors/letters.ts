// How adversaries read and write letters.
import type { Message, Unsigned } from '../../../consensus/message.ts'
import { decodeFrame, encodeMessageFrame } from '../../../node/replica/frames.ts'
import { blockId, decodeHeader, encodeHeader, type Header } from '../../../vm/block.ts'
import type { Letter } from '../host.ts'
import type { ActorPorts } from './actor.ts'

export type Proposal = Extract<Message, { kind: 'pre-prepare' }>

export function messageIn(letter: Letter): Message | undefined {
  if (letter.kind !== 'frame') return undefined
  const frame = decodeFrame(letter.bytes)
  return frame.kind === 'message' ? frame.message : undefined
}

export function letterOf(message: Message): Letter {
  return { kind: 'frame', bytes: encodeMessageFrame(message) }
}

/** The message with changes, signed anew. */
export function signAgain(
  { sign }: ActorPorts,
  { signature: _, ...message }: Message,
  changes: object,
): Message {
  return sign({ ...message, ...changes } as Unsigned)
}

/** Another block than the one proposed, with a header of its own. */
export function reproposal(ports: ActorPorts, one: Proposal, changes: Partial<Header>): Proposal {
  const header = encodeHeader({ ...decodeHeader(one.header), ...changes })
  return signAgain(ports, one, { header, blockId: blockId(header) }) as Proposal
}

/** The node's own messages, changed; everything else as it is. */
export function onMessages(
  change: (message: Message, to: number, letter: Letter) => readonly Letter[] | undefined,
): (letter: Letter, to: number) => readonly Letter[] {
  return (letter, to) => {
    const message = messageIn(letter)
    return (message && change(message, to, letter)) ?? [letter]
  }
}

/** The node's proposals, changed. */
export function onProposals(
  change: (proposal: Proposal, to: number, letter: Letter) => readonly Letter[] | undefined,
): (letter: Letter, to: number) => readonly Letter[] {
  return onMessages((message, to, letter) =>
    message.kind === 'pre-prepare' ? change(message, to, letter) : undefined,
  )
}
