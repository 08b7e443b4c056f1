// PBFT: the rules of both phases. It bears Byzantine faults of up to f of n = 3f + 1 validators.
import type { Engine } from '../engine.ts'
import type { State } from '../state.ts'
import { fetchReported, proposeAgain, proposeFirst } from './new-view.ts'
import { decide, raisePrepared, sendCommit, sendPrepare, startExecution } from './normal-case.ts'
import { createEngine } from './step.ts'
import { startViewTimer } from './timers.ts'
import { followOthers, followPrimary } from './view-change.ts'

export const pbft: Engine<State> = createEngine({
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
    sendCommit,
    startViewTimer,
  ],
  observer: [decide],
})
