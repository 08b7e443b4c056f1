// A network of four processes under load: status, a killed validator, its return, stopping and starting again.
import { once } from 'node:events'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { decodeCommitCertificate } from '../../consensus/certificate.ts'
import type { NodeState } from '../../node/testnet/processes.ts'
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
import { isAlive } from '../support/processes.ts'

const names = ['authority-1', 'authority-2', 'hospital', 'insurer']
const stopped = { pid: null, rpcUrl: null, height: null, stateRoot: null, validator: null }
/** Enough for the longest first skip and a turn of everybody. */
const TURNS_MAX = 40

async function rootsAt(nodes: readonly NodeState[], height: number): Promise<ReadonlySet<string>> {
  const headers = await Promise.all(
    nodes.map(async (node) => {
      await reach(node, height)
      return (await clientOf(node).header(height)).header
    }),
  )
  return new Set(headers.map(({ stateRoot }) => stateRoot))
}

/** The validator whose turn comes after that of the newest block's proposer. */
async function nextPrimary(node: NodeState): Promise<string> {
  const { validators } = await clientOf(node).validators()
  const { header } = await clientOf(node).head()
  const turn = validators.findIndex(({ account }) => account === header.proposer)
  return names[(turn + 1) % names.length] ?? ''
}

async function proposerOf(node: NodeState, height: number): Promise<string | undefined> {
  const { validators } = await clientOf(node).validators()
  const { proposer } = (await clientOf(node).header(height)).header
  return names[validators.findIndex(({ account }) => account === proposer)]
}

async function viewOf(node: NodeState, height: number): Promise<number> {
  const { proof } = await clientOf(node).header(height)
  return decodeCommitCertificate(proof.certificate).view
}

function heights(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, index) => from + index + 1)
}

function named(nodes: readonly NodeState[], name: string): NodeState {
  const node = nodes.find((one) => one.name === name)
  if (node === undefined) throw new RangeError(`no validator ${name}`)
  return node
}

type Network = { readonly home: string }

/** Kills one validator, sees the others go on without it, starts it again and sees it take part. */
async function loseAndRegain(t: Test, { home }: Network, victim: string): Promise<void> {
  const before = await statusOf(home)
  const others = before.filter(({ name }) => name !== victim)
  const [witness] = others
  if (witness === undefined) throw new RangeError('nobody is left')
  process.kill(named(before, victim).pid ?? 0, 'SIGKILL')

  const atDeath = await reach(witness, 0)
  const without = await reach(witness, atDeath + 2 * names.length)
  const views = await Promise.all(heights(atDeath, without).map((one) => viewOf(witness, one)))
  t.ok(
    views.some((view) => view > 0),
    'its turn came, and the next one proposed in its place',
  )
  t.same(named(await statusOf(home), victim), { name: victim, ...stopped })

  t.equal(
    (await epioneHere(t, ['testnet', 'start', '--home', home])).code,
    0,
    'start brings it back',
  )
  const nodes = await statusOf(home)
  const height = await reach(witness, without + 1)
  t.equal((await rootsAt(nodes, height)).size, 1, 'it has the same state root as the others')
  let at = height
  while ((await proposerOf(witness, at)) !== victim && at < height + TURNS_MAX) {
    at = await reach(witness, at + 1)
  }
  t.equal(await proposerOf(witness, at), victim, 'it makes blocks again')
}

t.test('four validators', async (t) => {
  const home = join(temporaryFolder(t), 'net')
  stopAfter(t, home)

  await t.test('init writes their homes, status says that nothing runs', async (t) => {
    t.same(await epioneJson(t, ['testnet', 'init', '--home', home]), { home, validators: names })
    t.same(await epioneJson(t, ['testnet', 'status', '--home', home]), {
      nodes: names.map((name) => ({ name, ...stopped })),
    })
  })

  await t.test('init again overwrites no key', async (t) => {
    const again = await epioneHere(t, ['testnet', 'init', '--home', home])
    t.equal(again.code, 3)
    t.match(again.err, /^(KEY_EXISTS|HOME_INVALID): .*\n {2}try: .*\n$/)
  })

  await t.test('start returns when all of them see a quorum', async (t) => {
    const { nodes } = await epioneJson(t, ['testnet', 'start', '--home', home])
    for (const [index, node] of nodes.entries()) {
      t.same(Object.keys(node), ['name', 'pid', 'rpcUrl', 'height', 'stateRoot', 'validator'])
      t.equal(node.name, names[index], 'in the order of the genesis')
      t.ok(isAlive(node.pid))
      const status = await clientOf(node).node()
      t.match(status, { validator: node.name, quorum: true })
    }
    const again = await epioneJson(t, ['testnet', 'start', '--home', home])
    const pids = (all: { nodes: NodeState[] }) => all.nodes.map(({ pid }) => pid)
    t.same(pids(again), pids({ nodes }), 'who runs is left alone')
  })

  await t.test('the network goes on without any one of them', async (t) => {
    const load = spawnEpione([
      ...['testnet', 'bench', '--home', home, '--json'],
      ...['--rate', '10', '--seconds', '1800'],
    ])
    const report = finish(load)
    t.teardown(() => load.kill('SIGKILL'))
    const nodes = await statusOf(home)
    await reach(named(nodes, 'insurer'), 3)
    await t.test('hospital', (t) => loseAndRegain(t, { home }, 'hospital'))
    await t.test('the one whose turn comes next', async (t) => {
      const [witness] = await statusOf(home)
      if (witness !== undefined) await loseAndRegain(t, { home }, await nextPrimary(witness))
    })
    load.kill('SIGTERM')
    const { code, out } = await report
    t.equal(code, 0, 'the load ends when told to')
    const { offered, delivered } = JSON.parse(out)
    t.ok(delivered > 0.8 * offered, `${delivered} of ${offered} transfers came into blocks`)
  })

  await t.test('all stopped and started again they make the next block', async (t) => {
    const before = await statusOf(home)
    const { stopped: names } = await epioneJson(t, ['testnet', 'stop', '--home', home])
    t.same(
      names,
      before.map(({ name }) => name),
    )
    for (const { name, pid } of before) {
      t.notOk(isAlive(pid ?? 0), `${name} has ended`)
      const running = join(home, 'validators', name, 'running.json')
      await t.rejects(access(running), { code: 'ENOENT' }, 'by itself, without being killed')
    }
    t.same(await epioneJson(t, ['testnet', 'stop', '--home', home]), { stopped: [] })
    await epioneJson(t, ['testnet', 'start', '--home', home])
    const after = await statusOf(home)
    const height = Math.max(...after.map((node) => node.height ?? 0))
    t.ok(height >= Math.max(...before.map((node) => node.height ?? 0)), 'nothing is lost')
    await Promise.all(after.map((node) => reach(node, height)))
    const payload = { to: `0x${'00'.repeat(32)}`, currency: 'USD', amount: '1', memo: null }
    const refused = await epioneHere(t, [
      ...[
        'tx',
        'bank.transfer',
        JSON.stringify(payload),
        '--json',
        '--url',
        after[1]?.rpcUrl ?? '',
      ],
      ...['--key', join(home, 'clients', 'account-1', 'key.json')],
    ])
    t.equal(refused.code, 5, refused.err)
    const receipt = JSON.parse(refused.out)
    t.match(
      receipt,
      { status: 'committed', code: 'ACCOUNT_UNKNOWN' },
      'a refusal is in a block too',
    )
    t.ok(receipt.block > height)
    t.equal((await rootsAt(after, receipt.block)).size, 1)
  })
})

t.test('one validator decides alone, and elsewhere if its port is taken', async (t) => {
  const home = join(temporaryFolder(t), 'net')
  stopAfter(t, home)
  await epioneJson(t, ['testnet', 'init', '--home', home, '--validators', '1'])
  const { nodes } = await epioneJson(t, ['testnet', 'start', '--home', home])
  await epioneJson(t, ['testnet', 'stop', '--home', home])
  const { createServer } = await import('node:net')
  const port = Number(new URL(nodes[0].rpcUrl).port)
  const thief = createServer().listen(port, '127.0.0.1')
  await once(thief, 'listening')
  t.teardown(() => thief.close())
  const started = await epioneHere(t, ['testnet', 'start', '--home', home, '--json'])
  t.equal(started.code, 0, started.err)
  t.match(started.err, `port ${port} is taken`)
  const [moved] = JSON.parse(started.out).nodes
  t.not(moved.rpcUrl, nodes[0].rpcUrl)
  const report = await epioneJson(t, [
    ...['testnet', 'bench', '--home', home],
    ...['--rate', '20', '--seconds', '1'],
  ])
  t.match(report, { offered: 20, delivered: 20, refused: {} })
})
