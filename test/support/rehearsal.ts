// A run of epione dev under test: started, held before the questions if wished, and its processes gone with the test.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { finish, type Ran } from './epione.ts'
import type { Plan } from './rehearse.ts'

const entry = join(import.meta.dirname, 'rehearse.ts')

export type Rehearsing = {
  readonly child: ChildProcess
  readonly ended: Promise<Ran>
  /** Resolves when all is recorded; only with `hold`. */
  readonly recorded: Promise<unknown>
  /** Lets the payers ask. */
  readonly go: () => void
}

export function rehearse(t: Test, plan: Plan, env: NodeJS.ProcessEnv = {}): Rehearsing {
  const child = spawn(process.execPath, [entry, JSON.stringify(plan)], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
  })
  const ended = finish(child)
  t.teardown(async () => {
    child.kill('SIGTERM')
    await ended
  })
  // A run that ends before it is held tells why on stderr.
  const recorded = Promise.race([
    once(child, 'message'),
    ended.then(({ err }) => {
      throw new Error(`ended too early: ${err}`)
    }),
  ])
  recorded.catch(() => undefined)
  return { child, ended, recorded, go: () => child.send('go') }
}

function pathsBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
}

/** Every file below the folder, with its content; nobody may write there meanwhile. */
export function filesBelow(folder: string): readonly { path: string; bytes: Buffer }[] {
  return pathsBelow(folder).map((path) => ({ path, bytes: readFileSync(path) }))
}

/** Ids of the processes that run in the homes of a network. */
export function pidsIn(home: string): readonly number[] {
  return pathsBelow(home)
    .filter((path) => path.endsWith('running.json'))
    .map((path) => JSON.parse(readFileSync(path, 'utf8')).pid as number)
}
