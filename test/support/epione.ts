// The command line as a user runs it, and networks of real processes that no test leaves behind.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, realpathSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type Client, createClient } from '../../client/client.ts'
import { validatorHomes } from '../../node/testnet/layout.ts'
import { type NodeState, stateOf, stopIn } from '../../node/testnet/processes.ts'
import { epioneHere } from './epione-here.ts'

const program = join(import.meta.dirname, '../../bin/epione')

export type Ran = {
  readonly code: number | null
  readonly signal: string | null
  readonly out: string
  readonly err: string
}

export type Options = {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Starts a command in a plain environment. */
export function spawnEpione(args: readonly string[], { cwd, env }: Options = {}): ChildProcess {
  const { PATH = '' } = process.env
  return spawn(program, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Runs a line of shell, as people copy it from the help. */
export function spawnShell(line: string, { cwd, env }: Options = {}): ChildProcess {
  return spawn('/bin/sh', ['-c', line], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

export async function finish(child: ChildProcess): Promise<Ran> {
  let out = ''
  let err = ''
  child.stdout?.on('data', (chunk) => {
    out += chunk
  })
  child.stderr?.on('data', (chunk) => {
    err += chunk
  })
  const [code, signal] = await once(child, 'close')
  return { code, signal, out, err }
}

export function epione(args: readonly string[], options?: Options): Promise<Ran> {
  return finish(spawnEpione(args, options))
}

/** They end their process by themselves. */
const endsItself = ([command, verb]: readonly string[]) =>
  command === 'dev' || (command === 'testnet' && verb === 'bench')

/**
 * The JSON that a command prints when all is well; fails the test if it is not. A command that needs no environment or process of
 * its own runs in this one.
 */
export async function epioneJson(t: Test, args: readonly string[], options?: Options) {
  const asked = [...args, '--json']
  const apart = options?.env !== undefined || endsItself(args)
  const ran = await (apart ? epione(asked, options) : epioneHere(t, asked, options?.cwd))
  t.equal(ran.code, 0, `epione ${args.join(' ')}: ${ran.err}`)
  return JSON.parse(ran.out)
}

/** A folder that is gone after the test. */
export function temporaryFolder(t: Test): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'epione-test-')))
  t.teardown(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }))
  return folder
}

/** Registers that whatever runs in the homes of a network is stopped with the test; tap tears down in reverse order. */
export function stopAfter(t: Test, network: string): void {
  t.teardown(async () => {
    const homes = await validatorHomes(network).catch(() => [])
    await Promise.all(homes.map(({ home }) => stopIn(home)))
  })
}

const STATUS_ATTEMPTS = 60

/** As `epione testnet status` has it, once every process has had the time to answer. */
export async function statusOf(network: string): Promise<readonly NodeState[]> {
  const homes = await validatorHomes(network)
  for (let attempt = 1; ; attempt++) {
    const nodes = await Promise.all(homes.map(stateOf))
    const isComplete = nodes.every(({ pid, height }) => pid === null || height !== null)
    if (isComplete || attempt === STATUS_ATTEMPTS) return nodes
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

export function clientOf({ rpcUrl }: Pick<NodeState, 'rpcUrl'>): Client {
  return createClient({ url: rpcUrl ?? 'http://127.0.0.1:1' })
}

const REACH_ATTEMPTS = 10

/** Resolves when the node has the height. */
export async function reach(node: Pick<NodeState, 'rpcUrl'>, height: number): Promise<number> {
  const client = clientOf(node)
  for (let attempt = 1; ; attempt++) {
    try {
      return (await client.head({ minHeight: height })).height
    } catch (error) {
      // The node answers after a while that it has not got there yet.
      const { code } = error as { readonly code?: string }
      if (code !== 'NOT_CAUGHT_UP' || attempt === REACH_ATTEMPTS) throw error
    }
  }
}

/** What a command says on stderr besides log lines. */
export function said({ err }: Pick<Ran, 'err'>): readonly string[] {
  return err.split('\n').filter((line) => line !== '' && !line.startsWith('{'))
}
