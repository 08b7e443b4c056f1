// PoA: authorities seal in turn. Safe under crashes and any delay, and under nothing else: one authority that lies can fork it.
import type { Engine } from '../engine.ts'
import { fetchReported, proposeAgain, proposeFirst } from '../pbft/new-view.ts'
import { decide, raisePrepared, sendPrepare, startExecution } from '../pbft/normal-case.ts'
import { createEngine } from '../pbft/step.ts'
import { startViewTimer } from '../pbft/timers.ts'
import { followOthers, followPrimary } from '../pbft/view-change.ts'
import type { State } from '../state.ts'

/**
 * PBFT without its second phase (Liskov and Cowling, Viewstamped Replication Revisited, with signatures). A prepare is a seal: the
 * primary of a view signs it beside its pre-prepare, the others countersign when they have executed the block. A majority of
 * seals of one view decides. What a view-change reports is the own newest seal (phases.ts), and the primary of a higher view
 * proposes again the highest among a majority of reports, its own included: whoever was part of a majority that decided is part
 * of that majority too.
 */
export const poa: Engine<State> = createEngine({
  replica: [
    decide,
    followOthers,
    followPrimary,
    raisePrepared,
    proposeFirst,
    fetchReported,
    proposeAgain,
    startExecution,
    sendPrepare,
    startViewTimer,
  ],
  observer: [decide],
})
