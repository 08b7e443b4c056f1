// Says less than it should, or says it late, or not to all.
import type { Actor } from './actor.ts'
import { messageIn, onProposals } from './letters.ts'

export const silentPrimary: Actor = {
  name: 'silent primary',
  behaviours: [4],
  expectation: 'ignored',
  create: ({ note }) => ({
    meddle: onProposals(() => {
      note()
      return []
    }),
  }),
}

/** Just before the others give up. */
const DRIP_MS = 850

export const slowPrimary: Actor = {
  name: 'slow primary',
  behaviours: [6],
  expectation: 'ignored',
  create: ({ note, post, after }) => ({
    meddle: onProposals((_, to, letter) => {
      note()
      after(DRIP_MS, () => post(to, letter))
      return []
    }),
  }),
}

export const selective: Actor = {
  name: 'selective',
  behaviours: [7],
  expectation: 'ignored',
  create: ({ note, others }) => ({
    meddle: (letter, to) => {
      if (to === others[0]) return [letter]
      note()
      return []
    },
  }),
}

/** Sends its proposal to one more than a minority, and its votes to nobody. */
export const halfHearted: Actor = {
  name: 'proposal to some, votes to none',
  behaviours: [4, 7],
  expectation: 'ignored',
  create: ({ note, others }) => ({
    meddle: (letter, to) => {
      const kind = messageIn(letter)?.kind
      if (kind === undefined || (kind === 'pre-prepare' && to !== others.at(-1))) return [letter]
      note()
      return []
    },
  }),
}
