// Checkers of how honest nodes treat each other, and that none stops for what others do.
import { placeOf } from '../chain.ts'
import type { Checker } from './checker.ts'

/** Evidence names nobody who kept the rules. */
const accusations: Checker = {
  name: 'honest-accused',
  create: ({ find, byzantine, world }) => ({
    onEvidence: ({ process }, { fault, consensusKey }) => {
      const place = placeOf(world.chain, consensusKey)
      if (!byzantine.has(place)) find(`process ${process} accuses ${place} of ${fault}`)
    },
  }),
}

/** No honest validator loses its seat unless a quorum wants it: evidence and votes of a minority take none. */
const seats: Checker = {
  name: 'honest-unseated',
  create: ({ find, byzantine, world }) => ({
    onCommit: (_, { executed: { header, validators } }) => {
      const left = new Set(validators.map(({ consensusKey }) => consensusKey))
      const gone = world.chain.seats.findIndex(
        ({ keys }, place) =>
          !byzantine.has(place) &&
          !world.dismissed.has(place) &&
          !left.has(keys.consensus.publicKey),
      )
      if (gone >= 0) find(`validator ${gone} has no seat after block ${header.height}`)
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

/** What may be logged as an error: evidence, and a vote lock that was taken away. */
const EXPECTED = ['the vote lock is lost', 'a validator signed what no correct one does']

/** Nothing else is. */
const errors: Checker = {
  name: 'no-error',
  create: ({ find }) => ({
    onErrorLog: ({ process }, line) => {
      if (!EXPECTED.some((start) => line.startsWith(start))) find(`process ${process}: ${line}`)
    },
  }),
}

export const conductCheckers = [accusations, seats, penalties, errors] as const
