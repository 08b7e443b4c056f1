// Four parties, four folders that never see each other's private keys, one network: the second chapter of the README.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Running, runningIn } from '../../node/testnet/processes.ts'
import { epione, epioneJson, reach, spawnEpione, temporaryFolder } from '../support/epione.ts'
import { epioneHere } from '../support/epione-here.ts'
import { freePorts } from '../support/ports.ts'

/** The treasury stands for the currency; all four decide. */
const parties = [
  { name: 'hospital', kind: 'hospital' },
  { name: 'insurer', kind: 'insurer' },
  { name: 'ministry', kind: 'authority' },
  { name: 'treasury', kind: 'settlement' },
] as const

type Party = {
  readonly name: string
  /** The folder of this party, its own and nobody else's; cards of the others come in by mail. */
  readonly folder: string
  readonly listen: string
  readonly rpcPort: number
}

function homeOf({ folder }: Party): string {
  return join(folder, 'home')
}

async function initialize(t: Test, party: Party, kind: string): Promise<string> {
  const { name, folder, listen, rpcPort } = party
  const ran = await epioneHere(
    t,
    [
      ...['init', '--home', 'home', '--name', name, '--kind', kind],
      ...['--address', listen, '--listen', listen, '--rpc-port', `${rpcPort}`],
    ],
    folder,
  )
  t.equal(ran.code, 0, ran.err)
  return ran.out
}

/** Everything secret in a folder, as text. */
function secretsIn(home: string): readonly string[] {
  const keys = join(home, 'keys')
  return readdirSync(keys)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(keys, file), 'utf8')).crypto.secret.slice(2))
}

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile())
}

function startNode(t: Test, { folder }: Party): ChildProcess {
  const child = spawnEpione(['start', '--home', 'home'], { cwd: folder })
  child.stdout?.resume()
  child.stderr?.resume()
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

async function untilRunning(child: ChildProcess, party: Party): Promise<Running> {
  for (;;) {
    const running = await runningIn(homeOf(party))
    if (running !== undefined) return running
    if (child.exitCode !== null) throw new Error(`${party.name} ended with ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

t.test('four folders make one network', async (t) => {
  const root = temporaryFolder(t)
  const ports = await freePorts(2 * parties.length)
  const cast = parties.map(({ name }, index): Party => {
    const folder = join(root, name)
    mkdirSync(folder)
    const listen = `/ip4/127.0.0.1/tcp/${ports[index]}`
    return { name, folder, listen, rpcPort: ports[parties.length + index] ?? 0 }
  })
  const cards = new Map<string, string>()
  for (const [index, party] of cast.entries()) {
    cards.set(party.name, await initialize(t, party, parties[index]?.kind ?? ''))
  }

  await t.test('cards have no secrets', async (t) => {
    const mailed = [...cards.values()].join('\n')
    for (const party of cast) {
      const secrets = secretsIn(homeOf(party))
      t.ok(secrets.length >= 4)
      for (const secret of secrets) t.notOk(mailed.includes(secret), party.name)
    }
  })

  await t.test('the same cards make the same genesis, in any order', async (t) => {
    const chainIds = new Set<string>()
    for (const [index, party] of cast.entries()) {
      for (const [name, card] of cards) writeFileSync(join(party.folder, `${name}.json`), card)
      const order = [...cards.keys()].map((name) => `${name}.json`)
      const turned = [...order.slice(index), ...order.slice(0, index)]
      if (index === 2) turned.reverse()
      const made = await epioneHere(
        t,
        ['genesis', 'new', ...turned, '--out', 'home/genesis.json'],
        party.folder,
      )
      t.equal(made.code, 0, made.err)
      const { chainId } = await epioneJson(t, ['genesis', 'hash', 'home/genesis.json'], {
        cwd: party.folder,
      })
      chainIds.add(chainId)
      t.match(made.err, chainId, 'it is said while making')
      t.match(
        await epioneJson(t, ['genesis', 'validate', 'home/genesis.json'], { cwd: party.folder }),
        { ok: true, chainId, validators: 4 },
      )
    }
    t.equal(chainIds.size, 1)
    const files = cast.map((party) => readFileSync(join(homeOf(party), 'genesis.json'), 'utf8'))
    t.equal(new Set(files).size, 1, 'byte for byte')
  })

  const children = cast.map((party) => startNode(t, party))
  const running = await Promise.all(
    children.map((child, index) => untilRunning(child, cast[index] ?? (cast[0] as Party))),
  )
  const urlOf = (name: string) =>
    running[cast.findIndex((party) => party.name === name)]?.rpcUrl ?? ''

  await t.test('what is written through one is read from another', async (t) => {
    const treasury = cast.find(({ name }) => name === 'treasury') as Party
    const account = (name: string, role: string): string =>
      JSON.parse(cards.get(name) ?? '').accounts.find(({ roles }: { roles: string[] }) =>
        roles.includes(role),
      ).id
    const to = account('hospital', 'hospital')
    const issue = { to, currency: 'USD', amount: '1250' }
    const sent = await epioneJson(
      t,
      [
        ...['tx', 'bank.issue', JSON.stringify(issue), '--url', urlOf('hospital')],
        ...['--key', 'home/keys/account-treasury.json'],
      ],
      { cwd: treasury.folder },
    )
    t.match(sent, { status: 'committed', code: '' })
    await Promise.all(running.map((node) => reach(node, sent.block)))
    const question = JSON.stringify({ account: to, currency: 'USD' })
    for (const name of ['insurer', 'ministry']) {
      const asked = ['query', 'bank.balance', question, '--url', urlOf(name)]
      const { height, result } = await epioneJson(t, asked)
      t.match(result, { amount: '1250' }, `read from ${name}`)
      t.ok(height >= sent.block, 'of that block or a later one')
    }
    t.match(await epioneJson(t, ['status', '--home', homeOf(treasury)]), {
      validator: 'treasury',
      quorum: true,
    })
  })

  await t.test('SIGTERM ends each within its time and leaves a chain that verifies', async (t) => {
    for (const child of children) child.kill('SIGTERM')
    for (const [index, child] of children.entries()) {
      if (child.exitCode === null) await once(child, 'exit')
      t.equal(child.exitCode, 0, `${cast[index]?.name} ends by itself`)
    }
    for (const party of cast) {
      t.match(await epioneJson(t, ['verify', homeOf(party)]), { ok: true })
    }
  })

  await t.test('no private key of one is in the folder of another', async (t) => {
    for (const party of cast) {
      const content = cast
        .filter((other) => other !== party)
        .flatMap((other) => filesUnder(other.folder))
        .map((path) => readFileSync(path, 'latin1'))
      for (const secret of secretsIn(homeOf(party))) {
        t.notOk(content.some((text) => text.includes(secret)))
        const bytes = Buffer.from(secret, 'hex').toString('latin1')
        t.notOk(content.some((text) => text.includes(bytes)))
      }
    }
  })

  await t.test('a party with another genesis is not let in', async (t) => {
    const stranger = join(root, 'stranger')
    cpSync(homeOf(cast[0] as Party), stranger, { recursive: true })
    const path = join(stranger, 'genesis.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace('"epione"', '"other"'))
    const ran = await epione(['start', '--home', stranger])
    t.equal(ran.code, 3)
    t.match(ran.err, 'GENESIS_MISMATCH')
  })
})
