// Proposes blocks that are not valid: wrong roots, wrong times, repeated or re-ordered transactions, lying lengths.

import { decodeHeader, type Header } from '../../../vm/block.ts'
import { fromHex } from '../../../vm/bytes.ts'
import { digest } from '../../../vm/hash.ts'
import { txRootOf } from '../../../vm/merkle.ts'
import type { AccountId } from '../../../vm/types.ts'
import type { Actor } from './actor.ts'
import { letterOf, onProposals, type Proposal, reproposal, signAgain } from './letters.ts'

/** The same wrong block to everybody: only what is signed counts, and one wrong block is no evidence. */
function wrongHeader(
  name: string,
  behaviours: readonly number[],
  change: (header: Header) => Partial<Header>,
): Actor {
  return {
    name,
    behaviours,
    expectation: 'ignored',
    create: (ports) => ({
      meddle: onProposals((proposal) => {
        if (proposal.view > 0) return undefined
        ports.note()
        return [letterOf(reproposal(ports, proposal, change(decodeHeader(proposal.header))))]
      }),
    }),
  }
}

export const wrongState = wrongHeader('wrong state root', [18], ({ stateRoot }) => ({
  stateRoot: digest('tx', fromHex(stateRoot)),
}))

export const wrongSet = wrongHeader('wrong validators root', [18, 29], ({ validatorsRoot }) => ({
  validatorsRoot: digest('tx', fromHex(validatorsRoot)),
}))

const HOUR_MS = 3_600_000

export const farFuture = wrongHeader('time far ahead', [20], ({ timeMs }) => ({
  timeMs: timeMs + HOUR_MS,
}))

export const farPast = wrongHeader('time before the parent', [20], ({ timeMs }) => ({
  timeMs: timeMs - HOUR_MS,
}))

export const foreignProposer = wrongHeader('proposer unknown', [18], ({ proposer }) => ({
  proposer: digest('tx', fromHex(proposer)) as string as AccountId,
}))

type Listed = Proposal['transactions']

/** The list that the header commits to is changed with it. */
function wrongList(name: string, change: (listed: Listed) => Listed): Actor {
  return {
    name,
    behaviours: [19],
    expectation: 'ignored',
    create: (ports) => ({
      meddle: onProposals((proposal) => {
        const transactions = change(proposal.transactions)
        if (proposal.view > 0 || transactions === proposal.transactions) return undefined
        ports.note()
        const txRoot = txRootOf(transactions.map(({ id }) => id))
        return [letterOf(reproposal(ports, { ...proposal, transactions }, { txRoot }))]
      }),
    }),
  }
}

export const repeater = wrongList('repeated transaction', (listed) =>
  listed[0] === undefined ? listed : [...listed, listed[0]],
)

export const dropper = wrongList('transaction left out', (listed) =>
  listed.length === 0 ? listed : listed.slice(1),
)

/** What is not under the signature: that copy alone is dropped, and whoever sent it. */
export const lyingLengths: Actor = {
  name: 'lying lengths',
  behaviours: [15],
  expectation: 'ignored',
  create: (ports) => ({
    meddle: onProposals((proposal) => {
      if (proposal.transactions.length === 0) return undefined
      ports.note()
      const transactions = proposal.transactions.map(({ id }) => ({ id, length: 1 }))
      return [letterOf(signAgain(ports, proposal, { transactions }))]
    }),
  }),
}

/** Header and signed id do not belong together. */
export const mismatched: Actor = {
  name: 'header of another block',
  behaviours: [18],
  expectation: 'dropped',
  create: (ports) => ({
    meddle: onProposals((proposal) => {
      ports.note()
      const blockId = digest('tx', fromHex(proposal.blockId))
      return [letterOf(signAgain(ports, proposal, { blockId }))]
    }),
  }),
}
