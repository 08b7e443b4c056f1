// The validator processes of a network on this machine: started detached, asked, stopped.
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Digest, Height } from '../../vm/types.ts'
import { EpioneError } from '../errors.ts'
import { homePaths } from '../home.ts'

const entry = fileURLToPath(new URL('../cli/main.ts', import.meta.url))

export type Running = { readonly pid: number; readonly rpcUrl: string }

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
  } catch {
    return false
  }
}

/** What runs in a home now; undefined if nothing does, whatever an old file says. */
export async function runningIn(home: string): Promise<Running | undefined> {
  const text = await readFile(homePaths(home).running, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const running = JSON.parse(text) as Running
  return isAlive(running.pid) ? running : undefined
}

/** node_status of a node; undefined if it does not answer in time. */
export async function askNode(rpcUrl: string, timeoutMs: number): Promise<Answer | undefined> {
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

export async function stateOf(
  { name, home }: { readonly name: string; readonly home: string },
  timeoutMs = 700,
): Promise<NodeState> {
  const running = await runningIn(home)
  const answer = running && (await askNode(running.rpcUrl, timeoutMs))
  return {
    name,
    pid: running?.pid ?? null,
    rpcUrl: running?.rpcUrl ?? null,
    height: answer?.height ?? null,
    stateRoot: answer?.stateRoot ?? null,
    validator: answer?.validator ?? null,
  }
}

/** A validator that lives on when this command ends, with all its streams on its own log. */
export function startDetached(home: string): number {
  const log = openSync(homePaths(home).log, 'a', 0o600)
  const child = spawn(process.execPath, [entry, 'start', '--home', home], {
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  child.unref()
  return child.pid ?? 0
}

async function lastLine(home: string): Promise<string> {
  const text = await readFile(homePaths(home).log, 'utf8').catch(() => '')
  return text.trimEnd().split('\n').at(-1) ?? ''
}

/** Resolves when the node of the home answers and sees a quorum; throws CHILD_FAILED if its process ended. */
export async function untilReady(
  home: string,
  { pid, timeoutMs }: { readonly pid: number; readonly timeoutMs: number },
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    const running = await runningIn(home)
    const answer = running && (await askNode(running.rpcUrl, 1_000))
    if (answer?.quorum === true) return
    if (!isAlive(pid)) {
      throw new EpioneError({
        code: 'CHILD_FAILED',
        message: `the node in ${home} ended: ${await lastLine(home)}`,
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

/** SIGTERM, then SIGKILL for one that has not ended within ten seconds; false if nothing ran. */
export async function stopIn(home: string): Promise<boolean> {
  const running = await runningIn(home)
  if (running === undefined) return false
  process.kill(running.pid, 'SIGTERM')
  const deadline = performance.now() + 10_000
  while (isAlive(running.pid)) {
    if (performance.now() > deadline) process.kill(running.pid, 'SIGKILL')
    await sleep(50)
  }
  return true
}
