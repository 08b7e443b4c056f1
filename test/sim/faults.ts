// Makes the faults of a plan happen, each once, when the chain comes to its height; and ends them.
import { createActs, usualDisks } from './episodes.ts'
import type { Episode, Plan } from './plan.ts'
import type { World } from './world.ts'

export type Faults = {
  /** The newest height that anybody stored. */
  readonly onHeight: (height: number) => void
  /** Somebody has left a view. */
  readonly onViewChange: () => void
  /** No more of them; everything is as well as it can be. */
  readonly end: () => void
}

/** How far off a clock still is that was set right. */
const SKEW_LEFT_MS = 200
/** An episode begins so long after the block of its height, at the latest. */
const DELAY_MAX_MS = 40

export function createFaults(world: World, plan: Plan): Faults {
  const { network, trace, timeline, random, machines } = world
  let left = [...plan.episodes]
  let isOver = false

  const setWeather = (): void => {
    const { loss, repeat, stragglers, delayMaxMs } = plan.background
    Object.assign(network.weather, { loss, repeat, stragglers, delayMinMs: 0.5, delayMaxMs })
  }
  const later = (delayMs: number, run: () => void): void => {
    timeline.after(delayMs, () => {
      if (!isOver) run()
    })
  }
  let armed: (() => void) | undefined
  const acts = createActs({
    ...{ world, setWeather, later },
    onceInViewChange: (run) => {
      armed = run
    },
  })
  const begin = (episode: Episode): void => {
    trace.fault(episode.kind)
    trace.note(episode.kind, 0)
    ;(acts[episode.kind] as (episode: Episode) => void)(episode)
  }
  setWeather()
  return {
    onHeight: (height) => {
      const due = left.filter(({ atHeight }) => atHeight <= height)
      left = left.filter(({ atHeight }) => atHeight > height)
      for (const { episode } of due) {
        later(random.fraction() * DELAY_MAX_MS, () => begin(episode))
      }
    },
    onViewChange: () => {
      const run = armed
      armed = undefined
      if (run !== undefined) later(random.fraction() * DELAY_MAX_MS, run)
    },
    end: () => {
      isOver = true
      network.clearFaults()
      Object.assign(world.speed, usualDisks)
      for (const machine of machines) {
        const { clockError, home, scope } = machine
        home.trouble = undefined
        const { skewMs } = clockError
        clockError.skewMs = Math.max(-SKEW_LEFT_MS, Math.min(SKEW_LEFT_MS, skewMs))
        scope?.goOn()
        world.start(machine)
      }
    },
  }
}
