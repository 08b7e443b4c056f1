// Directed scenes of the simulator: where chance alone would take long to come.
import type { Actor } from '../sim/actors/actor.ts'
import { silent } from '../sim/actors/silent.ts'
import { foreigner, recaster, shifter } from '../sim/attackers/forger.ts'
import { mismatcher, runaway } from '../sim/attackers/others.ts'
import { hasty, repeater, wrongRoot } from '../sim/attackers/proposer.ts'
import { divider, twoFaced } from '../sim/attackers/two-faced.ts'
import { forged, free, repeated, stripper, unjustified } from '../sim/attackers/usurper.ts'
import { noExtras } from '../sim/extras.ts'
import type { Plan } from '../sim/plan.ts'
import type { SimulationOptions } from '../sim/simulation.ts'

export type Scene = Omit<SimulationOptions, 'seed'>

/** Frames get lost so often that heights take several views. */
const rough: Plan['background'] = { loss: 0.25, repeat: 0.05, stragglers: 0.02, delayMaxMs: 20 }
const smooth: Plan['background'] = { loss: 0, repeat: 0, stragglers: 0, delayMaxMs: 10 }

/** Clocks that are right, and one client: a quick run. */
function plain(plan: Plan): Plan {
  return {
    ...plan,
    byzantine: [],
    clients: { count: 1, pauseMs: 10 },
    clocks: plan.clocks.map(() => ({ skewMs: 0, rate: 1 })),
    episodes: [],
    extras: noExtras,
  }
}

function calm(validators: number): Scene {
  const replan = (plan: Plan): Plan => ({ ...plain(plan), background: smooth })
  return { validators, heights: 8, actors: [], replan }
}

function attack(attacker: Actor, background: Plan['background']): Scene {
  const replan = (plan: Plan): Plan => ({ ...plain(plan), byzantine: [1], background })
  return { validators: 4, heights: 10, actors: [attacker], replan }
}

type Episode = Plan['episodes'][number]['episode']

/** One episode at each of the middle heights. */
function trouble(episode: Episode): Scene {
  const episodes = Array.from({ length: 8 }, (_, place) => ({ atHeight: place + 1, episode }))
  const replan = (plan: Plan): Plan => ({ ...plain(plan), background: rough, episodes })
  return { validators: 4, heights: 12, actors: [], replan }
}

export const scenes: Readonly<Record<string, Scene>> = {
  calm: calm(4),
  'calm five': calm(5),
  rough: { ...trouble({ kind: 'pause', count: 1, forMs: 50 }), heights: 10 },
  /** One is alone for long; the others cannot do without it. */
  alone: {
    validators: 4,
    heights: 4,
    actors: [silent],
    replan: (plan) => ({
      ...plain(plan),
      byzantine: [1],
      background: smooth,
      episodes: [{ atHeight: 1, episode: { kind: 'isolate', forMs: 100_000 } }],
    }),
  },
  crashes: trouble({ kind: 'crash', count: 4, downMs: 50 }),
  'wiped journals': trouble({ kind: 'wiped journal', downMs: 50 }),
  'damaged locks': trouble({ kind: 'damaged lock slot', downMs: 50 }),
  'two-faced': attack(twoFaced, smooth),
  divider: attack(divider, smooth),
  unjustified: attack(unjustified, rough),
  repeated: attack(repeated, rough),
  forged: attack(forged, rough),
  free: attack(free, rough),
  stripper: attack(stripper, rough),
  recaster: attack(recaster, smooth),
  shifter: attack(shifter, smooth),
  foreigner: attack(foreigner, smooth),
  runaway: attack(runaway, smooth),
  'wrong root': attack(wrongRoot, smooth),
  hasty: attack(hasty, smooth),
  repeater: attack(repeater, smooth),
  mismatcher: {
    ...attack(mismatcher, smooth),
    replan: (plan) => ({
      ...plain(plan),
      byzantine: [1],
      background: smooth,
      episodes: [2, 4, 6].map((atHeight) => ({
        atHeight,
        episode: { kind: 'wiped store', downMs: 50 },
      })),
    }),
  },
}
