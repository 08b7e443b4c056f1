// Two of four validators are gone for good: the other two go on from the newest block as a new chain, with all that people had.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { statePathOf } from '../../node/fork-state.ts'
import { homePaths, readChainStart } from '../../node/home.ts'
import { networkPaths, writeNetwork } from '../../node/testnet/layout.ts'
import { runningIn } from '../../node/testnet/processes.ts'
import { fromHex } from '../../vm/bytes.ts'
import { epioneJson, reach, spawnEpione, temporaryFolder } from '../support/epione.ts'
import { epioneHere } from '../support/epione-here.ts'
import { buildLongChain } from '../support/long-chain.ts'

const HEIGHT = 5
const gone = ['authority-1', 'authority-2']
const left = ['hospital', 'insurer']

type Network = { readonly folder: string; readonly home: (name: string) => string }

/** Homes of four validators that decided five blocks with transfers before two of them burnt down. */
async function network(t: Test): Promise<Network> {
  const folder = temporaryFolder(t)
  const plan = await writeNetwork({
    home: join(folder, 'net'),
    validators: 4,
    accounts: 3,
    seed: new Uint8Array(32).fill(5),
    timeMs: Date.now() - 60_000,
  })
  const { validator: home } = networkPaths(join(folder, 'net'))
  await buildLongChain(
    { network: plan, blocks: HEIGHT, transfers: 4 },
    left.map((name) => homePaths(home(name)).data),
  )
  return { folder, home }
}

async function commands(t: Test, { home }: Network, folder: string) {
  const admin = (name: string) => ['--key', join(home(name), 'keys', `account-${name}-admin.json`)]
  const json = async (...args: readonly string[]) => {
    const ran = await epioneHere(t, [...args, '--json'])
    t.equal(ran.code, 0, `${args.join(' ')}: ${ran.err}`)
    return JSON.parse(ran.out)
  }
  const fork = (name: string, out: string, at: number | string = HEIGHT) => [
    ...['genesis', 'fork', '--home', home(name), '--at', `${at}`],
    ...['--without', ...gone, '--out', join(folder, out)],
  ]
  return { admin, json, fork }
}

t.test('every party makes the same file, and all that remain must sign it', async (t) => {
  const net = await network(t)
  const { folder, home } = net
  const { admin, json, fork } = await commands(t, net, folder)
  const first = await json(...fork('hospital', 'one.json'))
  t.match(first, { height: HEIGHT, validators: left })
  const second = await json(...fork('insurer', 'two.json'))
  t.equal(second.chainId, first.chainId)
  const [one, two] = ['one.json', 'two.json'].map((name) => join(folder, name)) as [string, string]
  t.equal(readFileSync(one, 'utf8'), readFileSync(two, 'utf8'))
  t.same(readFileSync(statePathOf(one)), readFileSync(statePathOf(two)))

  for (const [at, said] of [
    [HEIGHT + 1, /the newest block here is 5, not 6.*\n.*fetches what was decided/],
    [HEIGHT - 1, /blocks above 4 were decided and would be lost/],
    ['', /--at: expected an integer from 1/],
  ] as const) {
    const ran = await epioneHere(t, fork('hospital', 'other.json', at))
    t.equal(ran.code, 2)
    t.match(ran.err, said)
  }
  const stranger = [...fork('hospital', 'other.json'), '--without', 'nobody']
  t.match((await epioneHere(t, stranger)).err, /--without nobody: no validator is called so/)

  await t.rejects(readChainStart(one), {
    code: 'GENESIS_INVALID',
    message: /no admin of .* signed/,
  })
  t.match(await json('genesis', 'sign', one, ...admin('hospital')), { missing: ['insurer'] })
  const clerk = ['--key', join(home('insurer'), 'keys', 'account-insurer-validator.json')]
  for (const key of [clerk, admin('authority-1')]) {
    const signed = readFileSync(one, 'utf8')
    const ran = await epioneHere(t, ['genesis', 'sign', one, ...key])
    t.equal(ran.code, 2, 'no admin, or of an organization that is gone')
    t.match(ran.err, /is no admin of an organization with a validator in the new set/)
    t.equal(readFileSync(one, 'utf8'), signed)
  }
  renameSync(statePathOf(one), `${statePathOf(one)}-aside`)
  const blind = await epioneHere(t, ['genesis', 'sign', one, ...admin('insurer')])
  t.match(blind.err, /one.state: cannot be read/)
  t.match(
    readFileSync(one, 'utf8').match(/"signature"/g),
    { length: 1 },
    'nothing is signed blindly',
  )
  renameSync(`${statePathOf(one)}-aside`, statePathOf(one))
  const early = await epioneHere(t, [
    ...['genesis', 'adopt', one, '--home', home('hospital'), '--to', join(folder, 'early')],
  ])
  t.equal(early.code, 2, 'nobody starts alone')
  t.match(await json('genesis', 'sign', one, ...admin('insurer')), { missing: [] })
  const { genesis } = await readChainStart(one)
  t.equal(genesis.chainId, first.chainId, 'signatures change no chain id')

  const state = readFileSync(statePathOf(one))
  for (const at of [10, state.length - 1, Math.floor(state.length / 2)]) {
    const damaged = Buffer.from(state)
    damaged[at] = (damaged[at] ?? 0) ^ 1
    writeFileSync(statePathOf(one), damaged)
    await t.rejects(readChainStart(one), { code: 'GENESIS_INVALID' }, `byte ${at}`)
  }
  writeFileSync(statePathOf(one), state.subarray(0, state.length - 1))
  await t.rejects(readChainStart(one), { message: /ends in the middle/ })
  writeFileSync(statePathOf(one), state)
  const file = JSON.parse(readFileSync(one, 'utf8'))
  const stolen = { ...file, validators: file.validators.slice(0, 1) }
  copyFileSync(statePathOf(one), statePathOf(join(folder, 'stolen.json')))
  writeFileSync(join(folder, 'stolen.json'), JSON.stringify(stolen))
  await t.rejects(
    readChainStart(join(folder, 'stolen.json')),
    { message: /no admin of .* signed/ },
    'signatures are for one set',
  )
})

function start(t: Test, home: string): ChildProcess {
  const child = spawnEpione(['start', '--home', home])
  child.stdout?.resume()
  child.stderr?.resume()
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

async function urlOf(child: ChildProcess, home: string): Promise<string> {
  for (;;) {
    const running = await runningIn(home)
    if (running !== undefined) return running.rpcUrl
    if (child.exitCode !== null) throw new Error(`${home} ended with ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

t.test('two nodes go on, with the money and the accounts of the old chain', async (t) => {
  const net = await network(t)
  const { folder, home } = net
  const { admin, json, fork } = await commands(t, net, folder)
  const { chainId } = await json(...fork('hospital', 'fork.json'))
  const file = join(folder, 'fork.json')
  for (const name of left) await json('genesis', 'sign', file, ...admin(name))
  const homes = left.map((name) => join(folder, 'forked', name))
  for (const [index, to] of homes.entries())
    t.match(await json('genesis', 'adopt', file, '--home', home(left[index] ?? ''), '--to', to), {
      seat: left[index],
    })
  const follower = ['--home', home('authority-1'), '--to', join(folder, 'follower')]
  t.match((await epioneHere(t, ['genesis', 'adopt', file, ...follower])).out, /IT HAS NO SEAT/)
  const children = homes.map((to) => start(t, to))
  const urls = await Promise.all(children.map((child, index) => urlOf(child, homes[index] ?? '')))
  const node = ['--url', urls[0] ?? '']
  t.match(await json('status', ...node), { chainId })

  const { path, account, other } = await payer(net)
  const before = await json(
    'query',
    'bank.balance',
    JSON.stringify({ account, currency: 'USD' }),
    ...node,
  )
  const order = JSON.stringify({ to: other, currency: 'USD', amount: '7' })
  const paid = await json('tx', 'bank.transfer', order, '--key', path, ...node)
  t.match(paid, { status: 'committed', code: '' })
  t.ok(paid.block < HEIGHT, 'the new chain begins at block 0')
  await Promise.all(urls.map((rpcUrl) => reach({ rpcUrl }, 1)))
  const after = await json(
    'query',
    'bank.balance',
    JSON.stringify({ account, currency: 'USD' }),
    ...node,
  )
  t.equal(BigInt(before.result.amount) - BigInt(after.result.amount), 7n)
  const { validators } = await json('validators', ...node)
  t.same(
    validators.map(({ name }: { readonly name: string }) => name),
    left,
  )
  for (const child of children) {
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
  }
  for (const to of homes) t.match(await epioneJson(t, ['verify', to]), { ok: true })
})

async function payer({ folder }: Network) {
  const { client } = networkPaths(join(folder, 'net'))
  const idOf = (name: string) => readFileSync(join(client(name), 'account'), 'utf8').trim()
  const [account, other] = [idOf('account-1'), idOf('account-2')]
  t.equal(fromHex(account as `0x${string}`).length, 32)
  return { path: join(client('account-1'), 'key.json'), account, other }
}
