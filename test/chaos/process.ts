// One validator process: started with a channel that ends it with this process, killed, paused, and heard when it ends.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'

const main = join(import.meta.dirname, '../../node/cli/main.ts')

export type Ending = { readonly code: number | null; readonly signal: string | null }

export type StartOptions = {
  /** Modules that are loaded before the program. */
  readonly preloads?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export type ValidatorProcess = {
  readonly name: string
  readonly home: string
  readonly rpcUrl: string
  readonly isUp: () => boolean
  /** Resolves when RPC answers; rejects if the process ends before. */
  readonly start: (options?: StartOptions) => Promise<void>
  /** SIGKILL; resolves when the process is gone. */
  readonly kill: () => Promise<void>
  /** SIGTERM; resolves when the process is gone. */
  readonly stop: () => Promise<void>
  /** SIGSTOP and SIGCONT. */
  readonly pause: () => void
  readonly resume: () => void
  /** How the process that runs now ends. */
  readonly ended: () => Promise<Ending>
}

export type ProcessPlan = {
  readonly name: string
  readonly home: string
  readonly rpcUrl: string
  /** Takes all output. */
  readonly log: string
  /** A process has ended that nobody had told to. */
  readonly onLost: (name: string, ending: Ending) => void
}

const STOP_MS = 12_000
const alive = new Set<ChildProcess>()

// Whatever ends this process, also a bug: nothing that it started stays behind. A paused one would not see its channel close.
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

/** Settings of this process's own environment are not those of the validators. */
function environment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(EPIONE_|TAP|_TAPJS_)/.test(name))
  return { ...Object.fromEntries(own), ...extra }
}

type Life = {
  readonly child: ChildProcess
  readonly ended: Promise<Ending>
  isExpected: boolean
}

function launch({ name, home, log, onLost }: ProcessPlan, options: StartOptions): Life {
  const { preloads = [], env = {} } = options
  const output = openSync(log, 'a', 0o600)
  const imports = preloads.map((path) => `--import=${path}`)
  const child = spawn(process.execPath, [...imports, main, 'start', '--home', home], {
    stdio: ['ignore', output, output, 'ipc'],
    detached: true,
    env: environment(env),
  })
  closeSync(output)
  alive.add(child)
  const ended = new Promise<Ending>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  const life: Life = { child, ended, isExpected: false }
  void ended.then((ending) => {
    alive.delete(child)
    if (!life.isExpected) onLost(name, ending)
  })
  return life
}

export function createProcess(plan: ProcessPlan): ValidatorProcess {
  const { name, home, rpcUrl } = plan
  let life: Life | undefined
  const isUp = (): boolean => life?.child.exitCode === null && life.child.signalCode === null
  const running = (): Life => {
    if (life === undefined) throw new Error(`${name} was never started`)
    return life
  }
  const kill = async (): Promise<void> => {
    const { child, ended } = running()
    running().isExpected = true
    child.kill('SIGKILL')
    await ended
  }
  return {
    name,
    home,
    rpcUrl,
    isUp,
    start: async (options = {}) => {
      if (isUp()) throw new Error(`${name} runs already`)
      const started = launch(plan, options)
      life = started
      const ready = new Promise<void>((resolve) => started.child.once('message', () => resolve()))
      const early = started.ended.then(({ code, signal }) => {
        throw new Error(`${name} ended at its start (${signal ?? code}): see ${plan.log}`)
      })
      await Promise.race([ready, early])
    },
    kill,
    stop: async () => {
      const { child, ended } = running()
      running().isExpected = true
      child.kill('SIGCONT')
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      await ended
      clearTimeout(timer)
    },
    pause: () => running().child.kill('SIGSTOP'),
    resume: () => running().child.kill('SIGCONT'),
    ended: () => {
      running().isExpected = true
      return running().ended
    },
  }
}
