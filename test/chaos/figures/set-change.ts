// A validator joins under load and another is voted out, by the commands that people use.
import { execFile } from 'node:child_process'
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { homePaths } from '../../../node/home.ts'
import { freePorts } from '../../../node/testnet/ports.ts'
import type { ChaosNetwork } from '../network.ts'
import { createProcess, type ValidatorProcess } from '../process.ts'
import { rpc } from '../rpc.ts'
import { type Figure, gapsOf, type Loaded, type Measured, seconds, underLoad } from './figure.ts'

const WARM_MS = 10_000
const AFTER_MS = 10_000
const GIVE_UP_MS = 60_000
const DRAIN_MS = 90_000
const GAP_MAX_MS = 1_200
const VOTERS = ['authority-1', 'authority-2', 'hospital']
const program = join(import.meta.dirname, '../../../bin/epione')
const run = promisify(execFile)

async function epione(args: readonly string[]): Promise<string> {
  const { PATH = '' } = process.env
  return (await run(program, args, { env: { PATH } })).stdout
}

function homeOf({ validators }: ChaosNetwork, name: string): string {
  return validators.find((one) => one.name === name)?.home ?? ''
}

function adminKey(network: ChaosNetwork, name: string): string {
  return homePaths(homeOf(network, name)).accountKey(`${name}-admin`)
}

/** Proposed, voted on and submitted as a file; resolves when the new set decides. */
async function change(network: ChaosNetwork, words: readonly string[]): Promise<void> {
  const at = ['--home', homeOf(network, 'hospital')]
  const file = join(network.home, `${words.join('-')}.json`)
  await epione(['validators', 'propose', ...words, '--out', file, ...at])
  for (const name of VOTERS)
    await epione(['validators', 'vote', file, '--key', adminKey(network, name)])
  const signed = ['--key', adminKey(network, 'hospital'), '--json']
  const { from } = JSON.parse(await epione(['validators', 'submit', file, ...signed, ...at]))
  const [url = ''] = network.urls
  await rpc(url, { method: 'chain_head', params: { minHeight: from } }, GIVE_UP_MS)
}

type View = { readonly candidates: readonly { readonly ready: boolean }[] }

async function untilReady(network: ChaosNetwork): Promise<void> {
  const at = ['--home', homeOf(network, 'hospital'), '--json']
  const untilMs = performance.now() + GIVE_UP_MS
  for (;;) {
    const { candidates } = JSON.parse(await epione(['validators', ...at])) as View
    if (candidates[0]?.ready === true) return
    if (performance.now() > untilMs) throw new Error('the candidate does not catch up')
    await sleep(200)
  }
}

/** A second validator of the hospital, admitted as a candidate and started. */
async function startJoiner(network: ChaosNetwork): Promise<ValidatorProcess> {
  const home = join(network.home, 'second')
  const [port = 0, rpcPort = 0] = await freePorts(2)
  const who = ['--name', 'second', '--kind', 'hospital']
  const where = ['--listen', `/ip4/127.0.0.1/tcp/${port}`, '--rpc-port', `${rpcPort}`]
  const card = join(network.home, 'second.json')
  await writeFile(card, await epione(['init', '--home', home, ...who, ...where]))
  const hospital = homeOf(network, 'hospital')
  await copyFile(homePaths(hospital).genesis, homePaths(home).genesis)
  const signed = ['--key', adminKey(network, 'hospital'), '--home', hospital]
  await epione(['validators', 'admit', card, '--own', ...signed])
  const joiner = createProcess({
    ...{ name: 'second', home, rpcUrl: `http://127.0.0.1:${rpcPort}` },
    log: join(network.home, 'logs', 'second.log'),
    onLost: () => undefined,
  })
  await joiner.start()
  return joiner
}

async function changeTwice({ network, load, history }: Loaded): Promise<readonly Measured[]> {
  const startMs = performance.now()
  const joiner = await startJoiner(network)
  try {
    await untilReady(network)
    await change(network, ['add', 'hospital'])
    await sleep(AFTER_MS)
    await change(network, ['remove', 'insurer'])
    await sleep(AFTER_MS)
    const [longest] = gapsOf(load, startMs, performance.now())
    await load.drain(DRAIN_MS)
    const failed = history.submitted() - history.acknowledged.size
    const { other } = history.wrong
    return [
      {
        figure: 'validator added and removed under load: transactions that failed',
        target: '0',
        measured: `${failed} of ${history.submitted()}; contradictions: ${other.length}`,
        reached: failed === 0 && other.length === 0,
      },
      {
        figure: 'validator added and removed under load: longest gap',
        target: `< ${seconds(GAP_MAX_MS)}`,
        measured: seconds(longest?.lengthMs),
        reached: longest !== undefined && longest.lengthMs < GAP_MAX_MS,
      },
    ]
  } finally {
    await joiner.kill()
  }
}

export const setChangeFigure: Figure = {
  name: 'set-change',
  measure: (home) => underLoad({ home }, WARM_MS, changeTwice),
}
