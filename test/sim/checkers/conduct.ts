// Checkers of how honest nodes treat each other, and that none stops for what others do.
import type { Checker } from './checker.ts'

/** Evidence names nobody who kept the rules. */
const accusations: Checker = {
  name: 'honest-accused',
  create: ({ find, byzantine }) => ({
    onEvidence: ({ process }, { fault, signer }) => {
      if (!byzantine.has(signer)) find(`process ${process} accuses ${signer} of ${fault}`)
    },
  }),
}

/** No honest node drops another for what it sent. */
const penalties: Checker = {
  name: 'honest-dropped',
  create: ({ find, byzantine }) => ({
    onPenalty: ({ process }, { process: peer, reason }) => {
      if (!byzantine.has(peer)) find(`process ${process} drops ${peer}: ${reason}`)
    },
  }),
}

/** Nothing is logged as an error but evidence, and a vote lock that was taken away. */
const errors: Checker = {
  name: 'no-error',
  create: ({ find }) => ({
    onErrorLog: ({ process }, line) => {
      if (!line.startsWith('the vote lock is lost')) find(`process ${process}: ${line}`)
    },
  }),
}

export const conductCheckers = [accusations, penalties, errors] as const
