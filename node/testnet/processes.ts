// The validator processes of a network on this machine: started detached, asked, stopped.
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { open, readFile, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { Digest, Height } from '../../vm/types.ts'
import { startEnvironment, startFlags } from '../collector.ts'
import { EpioneError, systemCodeOf } from '../errors.ts'
import { isHeld } from '../exclusive.ts'
import { homePaths } from '../home.ts'

const entry = fileURLToPath(new URL('../cli/main.ts', import.meta.url))

const runningSchema = z.looseObject({ pid: z.int().min(2), rpcUrl: z.string() })
export type Running = z.infer<typeof runningSchema>

export type NodeState = {
  readonly name: string
  readonly pid: number | null
  readonly rpcUrl: string | null
  readonly height: Height | null
  readonly stateRoot: Digest | null
  readonly validator: string | null
}

type Answer = {
  readonly height: Height
  readonly stateRoot: Digest
  readonly validator: string | null
  readonly quorum: boolean
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCodeOf(error) === 'EPERM'
  }
}

function parsed(text: string): Running | undefined {
  try {
    return runningSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/**
 * What runs in a home now; undefined if nothing does, whatever an old file says. A process that got the number of one that was
 * killed is told apart by the lock on the home, which it does not hold.
 */
export async function runningIn(home: string): Promise<Running | undefined> {
  const { running, journalLock } = homePaths(home)
  const text = await readFile(running, 'utf8').catch(() => undefined)
  const found = text === undefined ? undefined : parsed(text)
  if (found === undefined || !isAlive(found.pid)) return undefined
  return isHeld(journalLock) ? found : undefined
}

/** node_status of a node; undefined if it does not answer in time. */
async function askNode(rpcUrl: string, timeoutMs: number): Promise<Answer | undefined> {
  try {
    const response = await fetch(rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'node_status' }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    return ((await response.json()) as { readonly result?: Answer }).result
  } catch {
    return undefined
  }
}

/** A validator that does not answer must not keep people waiting for the others: the whole command takes less than a second. */
const ANSWER_MS = 600

export async function stateOf({
  name,
  home,
}: {
  readonly name: string
  readonly home: string
}): Promise<NodeState> {
  const running = await runningIn(home)
  const answer = running && (await askNode(running.rpcUrl, ANSWER_MS))
  return {
    name,
    pid: running?.pid ?? null,
    rpcUrl: running?.rpcUrl ?? null,
    height: answer?.height ?? null,
    stateRoot: answer?.stateRoot ?? null,
    validator: answer?.validator ?? null,
  }
}

export type Started = {
  readonly pid: number
  /** Where its part of the log begins. */
  readonly logStart: number
}

/** A validator that lives on when this command ends, with all its streams on its own log. `flags` go over its settings. */
export async function startDetached(home: string, flags: readonly string[] = []): Promise<Started> {
  const path = homePaths(home).log
  const before = await stat(path).catch(() => undefined)
  const log = openSync(path, 'a', 0o600)
  const child = spawn(process.execPath, [...startFlags, entry, 'start', '--home', home, ...flags], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...startEnvironment, ...process.env },
  })
  closeSync(log)
  child.unref()
  return { pid: child.pid ?? 0, logStart: before?.size ?? 0 }
}

/** Enough for the last lines. */
const LAST_BYTES = 16_384

/** The line with the code of what ended a process; its last line if it said none. */
async function lastWords(home: string, logStart: number): Promise<string> {
  const log = await open(homePaths(home).log, 'r')
  const { size } = await log.stat()
  const tail = new Uint8Array(Math.min(size - logStart, LAST_BYTES))
  await log.read(tail, 0, tail.length, size - tail.length)
  await log.close()
  const lines = new TextDecoder().decode(tail).trimEnd().split('\n')
  return lines.findLast((line) => /^[A-Z_]+: /.test(line)) ?? lines.at(-1) ?? ''
}

/** Resolves when the node of the home answers and sees a quorum; throws CHILD_FAILED if its process ended. */
export async function untilReady(
  home: string,
  { started, timeoutMs }: { readonly started: Started | undefined; readonly timeoutMs: number },
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    const running = await runningIn(home)
    const answer = running && (await askNode(running.rpcUrl, 1_000))
    if (answer?.quorum === true) return
    if (running === undefined && (started === undefined || !isAlive(started.pid))) {
      throw new EpioneError({
        code: 'CHILD_FAILED',
        message: `the node in ${home} ended: ${await lastWords(home, started?.logStart ?? 0)}`,
        hint: `read ${homePaths(home).log}`,
      })
    }
    await sleep(100)
  }
  throw new EpioneError({
    code: 'TIMEOUT',
    message: `the node in ${home} did not see a quorum within ${timeoutMs / 1_000} s`,
    hint: `read ${homePaths(home).log}, and start enough of the other validators`,
  })
}

/** False if the process is gone. */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name)
    return true
  } catch (error) {
    if (systemCodeOf(error) === 'ESRCH') return false
    throw error
  }
}

const DRAIN_MS = 10_000
/** From giving up its locks to the end of the process; a zombie that nobody waits for stays for ever. */
const LAST_MS = 2_000

/** SIGTERM, then SIGKILL for one that has not ended within ten seconds; false if nothing ran. */
export async function stopIn(home: string): Promise<boolean> {
  const running = await runningIn(home)
  if (running === undefined || !signal(running.pid, 'SIGTERM')) return false
  const killAt = performance.now() + DRAIN_MS
  let goneAt = Number.POSITIVE_INFINITY
  while (isAlive(running.pid) && performance.now() < goneAt) {
    if (performance.now() > killAt) signal(running.pid, 'SIGKILL')
    if (goneAt === Number.POSITIVE_INFINITY && !isHeld(homePaths(home).journalLock))
      goneAt = performance.now() + LAST_MS
    await sleep(50)
  }
  return true
}
