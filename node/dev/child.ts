// Child processes: started with a channel that ends them when this process is gone, and stopped without leaving one behind.
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startEnvironment, startFlags } from '../collector.ts'
import { EpioneError } from '../errors.ts'

const main = fileURLToPath(new URL('../cli/main.ts', import.meta.url))
export type Child = {
  readonly name: string
  readonly home: string
  readonly isAlive: () => boolean
  /** Messages as they come; those that came before anybody listened are kept. */
  readonly onMessage: (listener: (message: unknown) => void) => void
  readonly send: (message: object) => void
  /** Rejects with EpioneError when the process ends without having been told to. */
  readonly lost: Promise<never>
  readonly stop: () => Promise<void>
  /** At once, whatever it is doing. */
  readonly kill: () => Promise<void>
}

type Ending = { readonly how: string; readonly exitCode: number | null }

/** After SIGTERM. */
const KILL_AFTER_MS = 4_500

function lostError(name: string, log: string, { how, exitCode }: Ending): EpioneError {
  return new EpioneError({
    code: 'CHILD_FAILED',
    message: `the process of ${name} ended by itself (${how})`,
    hint: `see ${log}`,
    data: { exitCode },
  })
}

export type ChildPlan = {
  readonly name: string
  readonly home: string
  readonly logName: string
  /** Of the command line. */
  readonly args: readonly string[]
  /** Of another checkout, to be measured beside this one. */
  readonly program?: string | undefined
  /** Modules that are loaded before the program. */
  readonly preloads?: readonly string[]
}

/** Settings of this process's own environment, such as a port, cannot be those of every validator. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env)
  return Object.fromEntries(entries.filter(([name]) => !name.startsWith('EPIONE_')))
}

/** Starts a process with all output in the log of its home; it gets neither this terminal nor its Ctrl-C. */
function spawnChild(plan: ChildPlan): Child {
  const { name, home, args, program = main, preloads = [] } = plan
  const imports = preloads.map((module) => `--import=${module}`)
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const log = join(home, plan.logName)
  const output = openSync(log, 'a', 0o600)
  const child = spawn(process.execPath, [...startFlags, ...imports, program, ...args], {
    stdio: ['ignore', output, output, 'ipc'],
    detached: true,
    env: { ...startEnvironment, ...plainEnvironment() },
  })
  closeSync(output)
  const ended = Promise.withResolvers<Ending>()
  child.on('error', (error) => ended.resolve({ how: error.message, exitCode: null }))
  child.on('exit', (exitCode, signal) =>
    ended.resolve({ how: signal ?? `exit code ${exitCode}`, exitCode }),
  )
  let stopping = false
  const listeners: ((message: unknown) => void)[] = []
  const early: unknown[] = []
  child.on('message', (message) => {
    if (listeners.length === 0) early.push(message)
    for (const listener of listeners) listener(message)
  })
  const lost = ended.promise.then((ending) => {
    if (!stopping) throw lostError(name, log, ending)
    return new Promise<never>(() => undefined)
  })
  // Whoever waits for it hears of it; nobody has to.
  lost.catch(() => undefined)
  return {
    name,
    home,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    lost,
    onMessage: (listener) => {
      listeners.push(listener)
      for (const message of early.splice(0)) listener(message)
    },
    send: (message) => {
      if (child.connected) child.send(message, () => undefined)
    },
    stop: async () => {
      stopping = true
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS)
      await ended.promise
      clearTimeout(timer)
    },
    kill: async () => {
      stopping = true
      child.kill('SIGKILL')
      await ended.promise
    },
  }
}

/** All processes that were started, so that whatever happens none stays behind. */
export type Children = {
  readonly start: (plan: ChildPlan) => Child
  /** Stops all that were started; others may be started afterwards. */
  readonly stopStarted: () => Promise<void>
  /** Those that were started last are stopped first; nothing is started any more. */
  readonly stop: () => Promise<void>
  /** Ends all at once; nothing is started any more. */
  readonly kill: () => Promise<void>
}

/** Validators before agents: so many are stopped together, in two waves. */
export function createChildren(): Children {
  const started: { readonly child: Child; readonly wave: string }[] = []
  let stopping: Promise<void> | undefined
  const stopWave = async (wave: string): Promise<void> => {
    const ending = started.filter((one) => one.wave === wave)
    await Promise.all(ending.map(({ child }) => child.stop()))
  }
  return {
    start: (plan) => {
      if (stopping !== undefined)
        throw new EpioneError({
          code: 'SHUTTING_DOWN',
          message: `${plan.name} was not started`,
          hint: 'start the network again',
        })
      const child = spawnChild(plan)
      started.push({ child, wave: plan.args[0] ?? '' })
      return child
    },
    stopStarted: async () => {
      await Promise.all(started.splice(0).map(({ child }) => child.stop()))
    },
    stop: () => {
      stopping ??= stopWave('agent').then(() => stopWave('start'))
      return stopping
    },
    kill: async () => {
      const killed = Promise.all(started.map(({ child }) => child.kill())).then(() => undefined)
      stopping ??= killed
      await killed
    },
  }
}
