// Claims a view of its own before its turn, or with a justification that is none, and proposes what nobody prepared.
import type { Message, PrePrepare } from '../../../consensus/message.ts'
import type { View } from '../../../vm/types.ts'
import type { Actor, ActorPorts, Deeds } from '../actors/actor.ts'
import { letterOf, messageIn } from '../actors/letters.ts'
import { makeBlock, proposeInstead } from './own-blocks.ts'

type ViewChanges = NonNullable<PrePrepare['justification']>['viewChanges']

/** The next view above `after` that this validator leads. */
function ownView({ index, chain, node }: ActorPorts, after: View): View | undefined {
  const running = node()
  if (running === undefined) return undefined
  const { ledger } = running
  const n = chain.seats.length
  const height = ledger.head().header.height + 1
  const first = ledger.rules.list.identity.firstPrimary(ledger.state(), height)
  return after + 1 + ((((index - first - after - 1) % n) + n) % n)
}

/** A view-change of its own that reports nothing. */
function denial({ sign, index }: ActorPorts, height: number, view: View): ViewChanges[number] {
  const unsigned = { kind: 'view-change', height, view, prepared: null, signer: index } as const
  const { signature } = sign({ ...unsigned, certificate: null })
  return { signer: index, prepared: null, signature }
}

type MakeViewChanges = (ports: ActorPorts, height: number, view: View) => ViewChanges

/** Proposes in its next own view as soon as somebody commits, on view-changes of its own making. */
function early(viewChanges: MakeViewChanges): Actor['create'] {
  return (ports): Deeds => {
    let done = 0
    return {
      hear: (heard: Message) => {
        const node = ports.node()
        if (heard.kind !== 'commit' || heard.signer === ports.index || node === undefined) return
        const { height } = heard
        if (height !== node.ledger.head().header.height + 1 || height === done) return
        const view = ownView(ports, heard.view)
        if (view === undefined) return
        const block = makeBlock(ports, node, { timeMs: ports.nowMs(), candidates: [] })
        if (block === undefined) return
        done = height
        ports.note()
        const justification = { viewChanges: viewChanges(ports, height, view), certificate: null }
        const unsigned = { kind: 'pre-prepare', height, view, signer: ports.index } as const
        const letter = letterOf(ports.sign({ ...unsigned, ...block, justification }))
        for (const one of ports.others) ports.post(one, letter)
      },
    }
  }
}

/** On its own word alone. */
export const unjustified: Actor = {
  name: 'usurper on its own word',
  behaviours: [21],
  expectation: 'dropped',
  create: early((ports, height, view) => [denial(ports, height, view)]),
}

/** On a quorum of copies of its own view-change. */
export const repeated: Actor = {
  name: 'usurper on copies',
  behaviours: [21],
  expectation: 'dropped',
  create: early((ports, height, view) =>
    ports.chain.seats.slice(0, 3).map(() => denial(ports, height, view)),
  ),
}

/** On view-changes in others' names, under its own signature. */
export const forged: Actor = {
  name: 'usurper on forged view-changes',
  behaviours: [21],
  expectation: 'dropped',
  create: early((ports, height, view) => {
    const own = denial(ports, height, view)
    return [own, ...ports.others.slice(0, 2).map((signer) => ({ ...own, signer }))]
  }),
}

type Turn = (justification: NonNullable<PrePrepare['justification']>) => ViewChanges

/** In its own turn, on real view-changes: what they bind it to is left out. */
function unbound(viewChanges: Turn): Actor['create'] {
  return (ports) => {
    const made = new Map<string, Message>()
    const instead = (message: PrePrepare): Message => {
      const { justification, height, view } = message
      const node = ports.node()
      const place = `${height}/${view}`
      if (justification === null || justification.certificate === null || node === undefined)
        return message
      const block = makeBlock(ports, node, { timeMs: ports.nowMs(), candidates: [] })
      if (block === undefined) return message
      const free = { viewChanges: viewChanges(justification), certificate: null }
      const other =
        made.get(place) ?? proposeInstead(ports, { ...message, justification: free }, block)
      if (!made.has(place)) ports.note()
      made.set(place, other)
      return other
    }
    return {
      meddle: (letter) => {
        const message = messageIn(letter)
        // Its votes are missed: every quorum then needs all others, and views are left more often.
        if (message?.kind === 'prepare' || message?.kind === 'commit') return []
        return message?.kind === 'pre-prepare' ? [letterOf(instead(message))] : [letter]
      },
    }
  }
}

/** Shows the reports and does not keep to them. */
export const free: Actor = {
  name: 'primary that is free despite reports',
  behaviours: [21],
  expectation: 'dropped',
  create: unbound(({ viewChanges }) => viewChanges),
}

/** Strips the reports from others' view-changes. */
export const stripper: Actor = {
  name: 'primary that strips reports',
  behaviours: [21],
  expectation: 'dropped',
  create: unbound(({ viewChanges }) => viewChanges.map((one) => ({ ...one, prepared: null }))),
}
