// Says nothing to anybody: as bad as it gets for liveness, and nothing to be seen of it but its absence.
import type { Actor } from './actor.ts'

export const silent: Actor = {
  name: 'silent',
  behaviours: [5],
  expectation: 'ignored',
  create: ({ note }) => ({
    meddle: () => {
      note()
      return []
    },
  }),
}
