// Loaded before a validator's program by the benchmark: measures its own process between two messages of the parent.
import { readdirSync, readFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'
import type { ProbeAnswer, ProbeAsk, ProbeFigures, Profile } from './probe.ts'

/** How often the event loop is looked at; what it reports includes this. */
const LOOP_MS = 10
const FS_BLOCK_BYTES = 512

type TakenProfile = Awaited<ReturnType<typeof takeProfile>>

async function takeProfile(session: Session) {
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()
  return profile
}

async function startProfile(everyMicros: number): Promise<Session> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: everyMicros })
  await session.post('Profiler.start')
  return session
}

/** The tree with parents before children, and nothing in it but what attribution needs. */
function flatten({ nodes }: TakenProfile): Profile {
  const places = new Map(nodes.map(({ id }, place) => [id, place]))
  const parents = new Map<number, number>()
  for (const [place, { children = [] }] of nodes.entries()) {
    for (const child of children) parents.set(places.get(child) ?? -1, place)
  }
  return nodes.map(({ callFrame, hitCount = 0 }, place) => ({
    parent: parents.get(place) ?? -1,
    name: callFrame.functionName,
    url: callFrame.url,
    hits: hitCount,
  }))
}

const TASKS = '/proc/self/task'

/** CPU time of all threads that bear a name; Linux only, elsewhere 0. */
function threadsMicros(name: string): number {
  try {
    return readdirSync(TASKS).reduce((sum, task) => {
      const read = (file: string) => readFileSync(`${TASKS}/${task}/${file}`, 'utf8')
      return read('comm').trim() === name
        ? sum + Number(read('schedstat').split(' ')[0]) / 1_000
        : sum
    }, 0)
  } catch {
    return 0
  }
}

/** Everything that is read at both ends of the window. */
function totals() {
  const cpu = process.cpuUsage()
  const main = process.threadCpuUsage()
  return {
    cpuMicros: cpu.user + cpu.system,
    mainMicros: main.user + main.system,
    engineMicros: threadsMicros('V8Worker'),
    workerMicros: threadsMicros('WorkerThread'),
    writtenBytes: process.resourceUsage().fsWrite * FS_BLOCK_BYTES,
    activeMs: performance.eventLoopUtilization().active,
  }
}

function createProbe() {
  const loop = monitorEventLoopDelay({ resolution: LOOP_MS })
  loop.enable()
  let gcMs = 0
  const collecting = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) gcMs += duration
  })
  collecting.observe({ entryTypes: ['gc'] })
  let before = totals()
  let session: Session | undefined
  return {
    begin: (): void => {
      loop.reset()
      gcMs = 0
      before = totals()
    },
    end: (): ProbeFigures => {
      const after = totals()
      const loopDelayP99Ms = Math.max(0, loop.percentile(99) / 1e6 - LOOP_MS)
      const residentBytes = process.memoryUsage.rss()
      const gcShare = gcMs / Math.max(1, after.activeMs - before.activeMs)
      return {
        cpuMicros: after.cpuMicros - before.cpuMicros,
        mainMicros: after.mainMicros - before.mainMicros,
        engineMicros: after.engineMicros - before.engineMicros,
        workerMicros: after.workerMicros - before.workerMicros,
        writtenBytes: after.writtenBytes - before.writtenBytes,
        loopDelayP99Ms,
        gcShare,
        residentBytes,
      }
    },
    beginProfile: async (everyMicros: number): Promise<void> => {
      session = await startProfile(everyMicros)
    },
    endProfile: async (): Promise<Profile> => {
      const profile = session === undefined ? [] : flatten(await takeProfile(session))
      session = undefined
      return profile
    },
  }
}

async function answerTo(
  probe: ReturnType<typeof createProbe>,
  ask: ProbeAsk,
): Promise<ProbeAnswer> {
  switch (ask.kind) {
    case 'probe-begin':
      probe.begin()
      return { kind: 'begun' }
    case 'probe-end':
      return { kind: 'probe-ended', figures: probe.end() }
    case 'profile-begin':
      await probe.beginProfile(ask.everyMicros)
      return { kind: 'begun' }
    case 'profile-end':
      return { kind: 'profile-ended', profile: await probe.endProfile() }
  }
}

function serve(): void {
  const probe = createProbe()
  process.on('message', (ask: ProbeAsk) => {
    answerTo(probe, ask)
      .then((answer) => process.send?.(answer))
      .catch((error: unknown) => {
        process.stderr.write(`probe: ${String(error)}\n`)
        process.exit(1)
      })
  })
}

// Worker threads load it too, and have no parent to answer.
if (isMainThread && process.send !== undefined) serve()
