// How each kind of episode is brought about.
import {
  damageJournal,
  damageLockSlot,
  damageStore,
  loseJournal,
  loseLock,
  wipeStore,
} from './damage.ts'
import type { Part, Trouble } from './home.ts'
import type { Episode } from './plan.ts'
import type { Machine, World } from './world.ts'

export type EpisodePorts = {
  readonly world: World
  /** Puts the weather of the plan back. */
  readonly setWeather: () => void
  /** Runs later, unless the bad time is over by then. */
  readonly later: (delayMs: number, run: () => void) => void
  /** Runs a little after somebody has left a view; one thing at a time. */
  readonly onceInViewChange: (run: () => void) => void
}

type Acts = {
  readonly [Kind in Episode['kind']]: (episode: Extract<Episode, { kind: Kind }>) => void
}

export const usualDisks = { syncMinMs: 0.1, syncMaxMs: 2 }

/** Until a loss that the others could not make up for is thought of again. */
const PATIENCE_MS = 20

/** Down, changed, and up again. */
function createChange({ world, later }: EpisodePorts) {
  const { timeline, random, machines, trace } = world
  const change = (
    machine: Machine,
    downMs: number,
    harm?: (machine: Machine, world: World) => void,
  ): void => {
    world.crash(machine)
    harm?.(machine, world)
    timeline.after(downMs, () => world.start(machine))
  }
  /** Waits until the others can make up for it, and looks again when it is down: a crash may have kept more than was synced. */
  const lose = (
    machine: Machine,
    downMs: number,
    { parts, harm }: { parts: readonly Part[]; harm: typeof wipeStore | typeof loseLock },
  ): void => {
    const isBearable = () => parts.every((part) => world.mayLose(machine, part))
    if (!isBearable()) {
      trace.fault('loss put off')
      later(PATIENCE_MS, () => lose(machine, downMs, { parts, harm }))
      return
    }
    change(machine, downMs, () => {
      if (isBearable()) harm(machine, world)
    })
  }
  const honest = machines.filter((one) => one.isHonest)
  return {
    change,
    lose,
    honest: () => random.pick(honest),
    /** Of those that may lose their chain: always the same, so that others have it. */
    spare: () => honest.at(-1) ?? random.pick(honest),
  }
}

function networkActs({ world, setWeather, later }: EpisodePorts) {
  const { network, random, machines } = world
  const partition = (group: ReadonlySet<number>, forMs: number): void => {
    network.allow((one, two) => group.has(one) === group.has(two))
    later(forMs, () => network.allow(undefined))
  }
  return {
    partition: ({ forMs }) => {
      const group = machines.filter(() => random.chance(0.5)).map(({ process }) => process)
      partition(new Set(group), forMs)
    },
    isolate: ({ forMs }) => partition(new Set([random.pick(machines).process]), forMs),
    'one-way cut': ({ forMs }) => {
      const [from, to] = random.shuffle(machines)
      if (from !== undefined && to !== undefined) network.mute(from.process, to.process, forMs)
    },
    'broken connections': ({ share, forMs }) => {
      for (const station of [...network.stations()]) {
        for (const connection of network.allRoutes(station)) {
          if (random.chance(share)) network.sever(connection, forMs)
        }
      }
    },
    storm: ({ forMs }) => {
      Object.assign(network.weather, {
        loss: random.fraction() * 0.3,
        repeat: random.fraction() * 0.5,
        delayMaxMs: random.pick([5, 50, 400]),
        stragglers: random.fraction() * 0.1,
      })
      later(forMs, setWeather)
    },
  } satisfies Partial<Acts>
}

export function createActs(ports: EpisodePorts): Acts {
  const { world, later } = ports
  const { random, machines, timeline } = world
  const { change, lose, honest, spare } = createChange(ports)
  const strain = ({ home }: Machine, trouble: Trouble, forMs: number): void => {
    home.trouble = trouble
    timeline.after(forMs, () => {
      home.trouble = undefined
    })
  }
  return {
    ...networkActs(ports),
    crash: ({ count, downMs }) => {
      for (const machine of random.shuffle(machines).slice(0, count)) change(machine, downMs)
    },
    'crash in a view change': ({ downMs }) =>
      ports.onceInViewChange(() => {
        for (const machine of machines) change(machine, downMs)
      }),
    pause: ({ count, forMs }) => {
      for (const { scope } of random.shuffle(machines).slice(0, count)) {
        scope?.pause()
        timeline.after(forMs, () => scope?.goOn())
      }
    },
    'slow disks': ({ forMs }) => {
      Object.assign(world.speed, { syncMinMs: 1, syncMaxMs: random.pick([20, 100, 300]) })
      later(forMs, () => Object.assign(world.speed, usualDisks))
    },
    'full disk': ({ share, forMs }) => strain(honest(), { code: 'ENOSPC', share }, forMs),
    'failing disk': ({ share, forMs }) => strain(honest(), { code: 'EIO', share }, forMs),
    'wiped store': ({ downMs }) => lose(spare(), downMs, { parts: ['store'], harm: wipeStore }),
    'damaged store': ({ downMs }) => lose(spare(), downMs, { parts: ['store'], harm: damageStore }),
    'wiped journal': ({ downMs }) =>
      lose(honest(), downMs, { parts: ['journal'], harm: loseJournal }),
    'damaged journal': ({ downMs }) =>
      lose(honest(), downMs, { parts: ['journal'], harm: damageJournal }),
    'damaged lock slot': ({ downMs }) => change(honest(), downMs, damageLockSlot),
    'lost vote lock': ({ downMs }) =>
      lose(spare(), downMs, { parts: ['journal', 'store'], harm: loseLock }),
  }
}
