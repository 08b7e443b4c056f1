// The peers that hold one state, each asked for a few things at once; who is late is asked last, who lies or stays silent no more.
import type { PublicKey } from '../../vm/types.ts'

/** Requests under way at one peer. */
const UNDERWAY_MAX = 4
/** Requests in a row without an answer after which a peer is no source: one that holds a state alone could stall for ever. */
const SILENT_MAX = 3 * UNDERWAY_MAX

export function createSources(peers: readonly PublicKey[]) {
  const underway = new Map(peers.map((peerKey): [PublicKey, number] => [peerKey, 0]))
  /** Requests without an answer since the last one that had one; who was late once stays among the late. */
  const late = new Map<PublicKey, number>()
  return {
    isEmpty: () => underway.size === 0,
    /** A peer that may be asked now. */
    choose: (): PublicKey | undefined => {
      const all = [...underway]
      const quick = all.filter(([peerKey]) => !late.has(peerKey))
      const free = (quick.length > 0 ? quick : all).filter(([, count]) => count < UNDERWAY_MAX)
      return free.toSorted(([, left], [, right]) => left - right)[0]?.[0]
    },
    begin: (peerKey: PublicKey): void => {
      underway.set(peerKey, (underway.get(peerKey) ?? 0) + 1)
    },
    end: (peerKey: PublicKey): void => {
      const count = underway.get(peerKey)
      if (count !== undefined) underway.set(peerKey, count - 1)
    },
    late: (peerKey: PublicKey): void => {
      const times = (late.get(peerKey) ?? 0) + 1
      late.set(peerKey, times)
      if (times >= SILENT_MAX) underway.delete(peerKey)
    },
    answered: (peerKey: PublicKey): void => {
      if (late.has(peerKey)) late.set(peerKey, 0)
    },
    remove: (peerKey: PublicKey): void => {
      underway.delete(peerKey)
    },
  }
}
