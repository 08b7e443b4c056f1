// One simulation: validators, network and time under one seed; processes that come and go.

import { type Chain, START_MS } from './chain.ts'
import type { Ground, NodeSettings } from './ground.ts'
import { crashHome, createHome, type Home, type Part, type Speed } from './home.ts'
import type { HostPorts } from './host.ts'
import { createNetwork } from './network.ts'
import { createRandom } from './random.ts'
import type { Running } from './running.ts'
import { type ClockError, createScope, type Scope } from './scope.ts'
import type { Signatures } from './signatures.ts'
import { createTimeline } from './timeline.ts'
import { createTrace } from './trace.ts'
import { startValidator } from './validator.ts'
import type { Finding, Watch } from './watch.ts'

/** A place where a process can run: its files, its clock, and the process if one runs. */
export type Machine = {
  readonly process: number
  readonly index: number
  readonly isHonest: boolean
  readonly home: Home
  readonly clockError: ClockError
  readonly watch: Watch
  /** Set by an adversary. */
  meddle: HostPorts['meddle']
  reply: HostPorts['reply']
  scope: Scope | undefined
  /** Set once it has opened its home. */
  running: Running | undefined
  /** Its keys have no seat any more: nobody switches it on again. */
  isRetired: boolean
}

export type World = Ground & {
  readonly speed: { syncMinMs: number; syncMaxMs: number }
  readonly machines: readonly Machine[]
  readonly add: (machine: Pick<Machine, 'process' | 'index' | 'isHonest' | 'watch'>) => Machine
  readonly start: (machine: Machine) => void
  /** The process is gone at once; what was not durable may be. */
  readonly crash: (machine: Machine) => void
  /** Places of honest validators whose seat or keys the others have voted to take. */
  readonly dismissed: Set<number>
  /** Whether the others can make up for it. */
  mayLose: (machine: Machine, part: Part) => boolean
  /** Called with what keeps a home from being opened; may make it whole and start the machine again. */
  onUnopened: (machine: Machine, error: unknown) => void
  readonly find: (checker: string, text: string) => void
  readonly finding: () => Finding | undefined
  readonly segmentBytes: number
}

export type WorldOptions = {
  readonly seed: number
  readonly chain: Chain
  readonly signatures: Signatures
  readonly print?: ((line: string) => void) | undefined
  readonly settings?: NodeSettings
}

export function createWorld(options: WorldOptions): World {
  const { seed, chain, signatures, print, settings = {} } = options
  const random = createRandom(seed)
  const timeline = createTimeline()
  const trace = createTrace({ nowMs: timeline.nowMs, print })
  const network = createNetwork({ timeline, random, trace })
  const speed = { syncMinMs: 0.1, syncMaxMs: 2 }
  const diskSpeed: Speed = {
    syncMs: () => speed.syncMinMs + random.fraction() * (speed.syncMaxMs - speed.syncMinMs),
  }
  const machines: Machine[] = []
  let finding: Finding | undefined

  const world: World = {
    ...{ chain, signatures, timeline, random, trace, network, speed, machines, settings },
    hosts: new Map(),
    dismissed: new Set(),
    segmentBytes: random.pick([4_096, 16_384, 65_536]),
    finding: () => finding,
    find: (checker, text) => {
      finding ??= { checker, text }
      trace.say(() => `FOUND ${checker}: ${text}`)
    },
    overhear: () => undefined,
    mayLose: () => true,
    onUnopened: (machine, error) => world.find('no-crash', `process ${machine.process}: ${error}`),
    add: (one) => {
      const keys = chain.nodes[one.index]?.keys
      if (keys === undefined) throw new RangeError(`no validator ${one.index}`)
      const machine: Machine = {
        ...one,
        home: createHome(keys.consensus.publicKey),
        clockError: { skewMs: 0, rate: 1 },
        meddle: undefined,
        reply: undefined,
        scope: undefined,
        running: undefined,
        isRetired: false,
      }
      machines.push(machine)
      return machine
    },
    start: (machine) => {
      if (machine.scope !== undefined || machine.isRetired) return
      const scope = createScope({ timeline, startMs: START_MS, error: machine.clockError })
      machine.scope = scope
      trace.note('start', machine.process)
      const plan = {
        ...machine,
        world,
        scope,
        random,
        speed: diskSpeed,
        segmentBytes: world.segmentBytes,
      }
      startValidator(plan).then(
        (running) => {
          if (machine.scope === scope) machine.running = running
        },
        (error: unknown) => {
          if (machine.scope === scope) world.onUnopened(machine, error)
        },
      )
    },
    crash: (machine) => {
      const { scope, running } = machine
      if (scope === undefined) return
      trace.note('crash', machine.process)
      scope.kill()
      machine.scope = undefined
      machine.running = undefined
      crashHome(machine.home, random, trace)
      if (running !== undefined) network.unplug(running.host.station)
      else
        for (const station of network.stations())
          if (station.scope === scope) network.unplug(station)
    },
  }
  return world
}
