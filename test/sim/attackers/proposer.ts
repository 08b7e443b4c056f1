// Proposes blocks in its turn that break one rule each.
import type { Message, PrePrepare } from '../../../consensus/message.ts'
import type { ProposedBlock } from '../../../consensus/types.ts'
import type { Waiting } from '../../../node/mempool.ts'
import { fromHex } from '../../../vm/bytes.ts'
import { digest } from '../../../vm/hash.ts'
import type { Actor, ActorPorts } from '../actors/actor.ts'
import { letterOf, messageIn } from '../actors/letters.ts'
import type { Running } from '../running.ts'
import { makeBlock, proposeInstead, withHeader } from './own-blocks.ts'

type Make = (ports: ActorPorts, node: Running, block: ProposedBlock) => ProposedBlock | undefined

/** Tells all the same wrong block, in each of its turns. */
function proposing(make: Make): Actor['create'] {
  return (ports) => {
    const made = new Map<string, Message>()
    const instead = (message: PrePrepare): Message => {
      const node = ports.node()
      const place = `${message.height}/${message.view}`
      const before = made.get(place)
      if (before !== undefined || node === undefined) return before ?? message
      if (message.justification !== null && message.justification.certificate !== null)
        return message
      const block = make(ports, node, message)
      if (block === undefined) return message
      const other = proposeInstead(ports, message, block)
      made.set(place, other)
      ports.note()
      return other
    }
    return {
      meddle: (letter) => {
        const message = messageIn(letter)
        return message?.kind === 'pre-prepare' ? [letterOf(instead(message))] : [letter]
      },
      hear: (heard) => {
        // Its own votes for what it proposed; the node below votes for what it would have proposed.
        if (heard.kind !== 'prepare' && heard.kind !== 'commit') return
        const own = made.get(`${heard.height}/${heard.view}`)
        if (own?.kind !== 'pre-prepare' || heard.blockId !== own.blockId) return
        const { kind, height, view, blockId } = heard
        const vote = letterOf(ports.sign({ kind, height, view, blockId, signer: ports.index }))
        for (const to of ports.others) ports.post(to, vote)
      },
    }
  }
}

export const wrongRoot: Actor = {
  name: 'proposer of a wrong state root',
  behaviours: [18],
  expectation: 'ignored',
  create: proposing((_, __, block) =>
    withHeader(block, { stateRoot: digest('block', fromHex(block.blockId)) }),
  ),
}

const MINUTE_MS = 60_000

export const hasty: Actor = {
  name: 'proposer in the future',
  behaviours: [20],
  expectation: 'ignored',
  create: proposing((ports, node) => makeBlock(ports, node, { timeMs: ports.nowMs() + MINUTE_MS })),
}

/** Transactions that it saw waiting, of which most are in a block by now. */
function createMemory(ports: ActorPorts) {
  const seen = new Map<string, Waiting>()
  return {
    look: (): void => {
      for (const one of ports.node()?.core.mempool.values() ?? []) seen.set(one.transaction.id, one)
    },
    decided: ({ ledger }: Running): readonly Waiting[] =>
      [...seen.values()].filter((one) => ledger.contains(one.transaction.id)).slice(-1),
  }
}

/** What is in a block already is put into another, if its ledger lets it. */
export const repeater: Actor = {
  name: 'proposer of what was decided',
  behaviours: [19],
  expectation: 'ignored',
  create: (ports) => {
    const memory = createMemory(ports)
    const deeds = proposing((_, node, block) => {
      const candidates = [...memory.decided(node), ...node.core.mempool.values()]
      const timeMs = ports.nowMs()
      const again = makeBlock(ports, node, { timeMs, candidates })
      return again === undefined || again.transactions.length === 0 ? block : again
    })(ports)
    return {
      ...deeds,
      hear: (heard) => {
        memory.look()
        deeds.hear?.(heard)
      },
    }
  },
}
