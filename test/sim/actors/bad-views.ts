// Lies about views: far-away ones, forged certificates, forgotten commits, proposals nobody justified.
import type { Message } from '../../../consensus/message.ts'
import { fromHex } from '../../../vm/bytes.ts'
import { digest } from '../../../vm/hash.ts'
import type { Actor, ActorPorts } from './actor.ts'
import { letterOf, onMessages, onProposals, signAgain } from './letters.ts'

function sayToAll({ others, post }: ActorPorts, message: Message): void {
  for (const to of others) post(to, letterOf(message))
}

const FAR_VIEW = 2 ** 31

/** Nobody follows it; its node commits as before, and so the empty reports convict it. */
export const farViews: Actor = {
  name: 'far-away views',
  behaviours: [22],
  expectation: 'evidence',
  create: (ports) => {
    let view = FAR_VIEW
    return {
      act: () => {
        ports.note()
        view += 1
        const height = ports.heard.height()
        const prepared = { kind: 'view-change', height, view, prepared: null } as const
        sayToAll(ports, ports.sign({ ...prepared, signer: ports.index, certificate: null }))
      },
    }
  },
}

/** Says after a commit that it never prepared anything. */
export const forgetful: Actor = {
  name: 'amnesia',
  behaviours: [23],
  expectation: 'evidence',
  create: (ports) => ({
    meddle: onMessages((message, _, letter) => {
      if (message.kind !== 'commit') return undefined
      ports.note()
      const { height, signer, view } = message
      const blank = { kind: 'view-change', height, view: view + 1, prepared: null } as const
      return [letter, letterOf(ports.sign({ ...blank, signer, certificate: null }))]
    }),
  }),
}

/** Reports what no quorum prepared. */
export const forger: Actor = {
  name: 'forged certificate',
  behaviours: [21],
  expectation: 'dropped',
  create: (ports) => ({
    act: () => {
      const heard = ports.heard.messages()
      const prepare = heard.find(({ kind }) => kind === 'prepare')
      if (prepare?.kind !== 'prepare') return
      ports.note()
      const { height, view } = prepare
      const blockId = digest('tx', fromHex(prepare.blockId))
      const { signature } = prepare
      const signers = new Uint8Array([0b0111])
      const signatures = [signature, signature, signature]
      const certificate = { height, view, blockId, signers, signatures }
      const change = { kind: 'view-change', height, view: view + 1, signer: ports.index } as const
      sayToAll(ports, ports.sign({ ...change, prepared: { view, blockId }, certificate }))
    },
  }),
}

/** Leads a view that nobody asked for. */
export const usurper: Actor = {
  name: 'unjustified proposal',
  behaviours: [21],
  expectation: 'dropped',
  create: (ports) => ({
    meddle: onProposals((proposal, _, letter) => {
      ports.note()
      const view = proposal.view + ports.chain.seats.length
      return [letter, letterOf(signAgain(ports, proposal, { view, justification: null }))]
    }),
  }),
}
