// A validator joins a running network and another is voted out, under load: no transfer is lost, and the joiner's vote is needed.
import { once } from 'node:events'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { homePaths } from '../../node/home.ts'
import { networkPaths } from '../../node/testnet/layout.ts'
import { stopIn } from '../../node/testnet/processes.ts'
import {
  clientOf,
  epioneJson,
  finish,
  reach,
  spawnEpione,
  statusOf,
  stopAfter,
  temporaryFolder,
} from '../support/epione.ts'
import { epioneHere } from '../support/epione-here.ts'
import { freePorts } from '../support/ports.ts'

type View = {
  readonly height: number
  readonly validators: readonly { readonly name: string; readonly consensusKey: string }[]
  readonly candidates: readonly { readonly ready: boolean }[]
}

type Network = { readonly home: string; readonly hospital: string }

function adminKey({ home }: Network, name: string): string {
  return homePaths(networkPaths(home).validator(name)).accountKey(`${name}-admin`)
}

function viewOf(t: Test, { hospital }: Network): Promise<View> {
  return epioneJson(t, ['validators', '--home', hospital])
}

/** The file goes from admin to admin; one of them submits it. Answers from which height on the new set decides. */
async function change(
  t: Test,
  network: Network,
  wish: { readonly words: readonly string[]; readonly voters: readonly string[] },
): Promise<number> {
  const file = join(network.home, `${wish.words.join('-')}.json`)
  const at = ['--home', network.hospital]
  await epioneJson(t, ['validators', 'propose', ...wish.words, '--out', file, ...at])
  for (const name of wish.voters)
    await epioneJson(t, ['validators', 'vote', file, '--key', adminKey(network, name)])
  const signed = ['--key', adminKey(network, 'hospital')]
  const { code, from } = await epioneJson(t, ['validators', 'submit', file, ...signed, ...at])
  t.equal(code, '')
  return from
}

/** A new home of the hospital whose node runs until the test ends. */
async function startJoiner(t: Test, network: Network) {
  const home = join(network.home, 'second')
  const [port, rpcPort] = await freePorts(2)
  const listen = `/ip4/127.0.0.1/tcp/${port}`
  const who = ['--name', 'second', '--kind', 'hospital', '--listen', listen]
  const made = await epioneHere(t, ['init', '--home', home, ...who, '--rpc-port', `${rpcPort}`])
  t.equal(made.code, 0, made.err)
  const card = join(network.home, 'second.json')
  writeFileSync(card, made.out)
  copyFileSync(homePaths(network.hospital).genesis, homePaths(home).genesis)
  const key = adminKey(network, 'hospital')
  const at = ['--key', key, '--home', network.hospital]
  t.match(await epioneJson(t, ['validators', 'admit', card, '--own', ...at]), { code: '' })
  const child = spawnEpione(['start', '--home', home])
  child.stdout?.resume()
  child.stderr?.resume()
  t.teardown(async () => {
    if (child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  return { rpcUrl: `http://127.0.0.1:${rpcPort}`, card }
}

t.test('the set of validators changes under load', async (t) => {
  const home = join(temporaryFolder(t), 'net')
  const network = { home, hospital: networkPaths(home).validator('hospital') }
  stopAfter(t, home)
  await epioneJson(t, ['testnet', 'init', '--home', home])
  await epioneJson(t, ['testnet', 'start', '--home', home])
  const [hospital] = (await statusOf(home)).filter(({ name }) => name === 'hospital')
  const client = clientOf(hospital ?? { rpcUrl: null })

  await t.test('who has not caught up is not voted in', async (t) => {
    const file = join(home, 'early.json')
    const at = ['--home', network.hospital]
    const ran = await epioneHere(t, [
      'validators',
      'propose',
      'add',
      'hospital',
      '--out',
      file,
      ...at,
    ])
    t.not(ran.code, 0)
    t.match(ran.err, /no candidate/)
  })

  const joiner = await startJoiner(t, network)
  for (let view = await viewOf(t, network); !view.candidates[0]?.ready; ) {
    await reach(hospital ?? { rpcUrl: null }, view.height + 1)
    view = await viewOf(t, network)
  }

  const load = ['testnet', 'bench', '--home', home, '--rate', '40', '--seconds', '12', '--json']
  const bench = finish(spawnEpione(load))
  const voters = ['authority-1', 'authority-2', 'hospital']
  const from = await change(t, network, { words: ['add', 'hospital'], voters })
  await reach(joiner, from)
  const { validators } = await viewOf(t, network)
  t.equal(validators.length, 5)

  // Five bear one fault and need four: without the insurer the joiner's vote decides.
  await stopIn(networkPaths(home).validator('insurer'))
  const { out, err, code } = await bench
  t.equal(code, 0, err)
  t.match(JSON.parse(out), { offered: 480, delivered: 480, refused: {} }, 'no transfer was lost')

  const left = await change(t, network, { words: ['remove', 'insurer'], voters })
  const after = ['testnet', 'bench', '--home', home, '--rate', '20', '--seconds', '1']
  t.match(await epioneJson(t, after), { delivered: 20 })
  const height = await reach(joiner, left)
  t.same(
    (await viewOf(t, network)).validators.map(({ name }) => name),
    ['authority-1', 'authority-2', 'hospital', 'hospital'],
  )
  const roots = await Promise.all(
    [client, clientOf(joiner)].map(async (one) => (await one.header(height)).header.stateRoot),
  )
  t.equal(new Set(roots).size, 1)
})
