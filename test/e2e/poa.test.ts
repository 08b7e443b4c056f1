// Three authorities under `engine: poa` as processes: one is killed, two go on, it comes back; clients count seals by the genesis.
import { join } from 'node:path'
import t from 'tap'
import { startView, verifyHeader } from '../../client/trusted-view.ts'
import { decodeCommitCertificate, signersOf } from '../../consensus/certificate.ts'
import { readGenesis } from '../../node/home.ts'
import type { NodeState } from '../../node/testnet/processes.ts'
import {
  clientOf,
  epione,
  epioneJson,
  finish,
  reach,
  spawnEpione,
  statusOf,
  stopAfter,
  temporaryFolder,
} from '../support/epione.ts'
import { epioneHere } from '../support/epione-here.ts'

const names = ['authority-1', 'authority-2', 'hospital']
const victim = 'authority-2'

async function rootsAt(nodes: readonly NodeState[], height: number): Promise<ReadonlySet<string>> {
  const headers = await Promise.all(
    nodes.map(async (node) => {
      await reach(node, height)
      return (await clientOf(node).header(height)).header
    }),
  )
  return new Set(headers.map(({ stateRoot }) => stateRoot))
}

t.test('three authorities seal in turn, also when one of them is killed', async (t) => {
  const home = join(temporaryFolder(t), 'net')
  stopAfter(t, home)
  const made = await epioneJson(t, [
    ...['testnet', 'init', '--home', home],
    ...['--engine', 'poa', '--validators', '3'],
  ])
  t.same(made, { home, validators: names })
  await epioneJson(t, ['testnet', 'start', '--home', home])
  const load = spawnEpione([
    ...['testnet', 'bench', '--home', home, '--json'],
    ...['--rate', '20', '--seconds', '1800'],
  ])
  const report = finish(load)
  t.teardown(() => load.kill('SIGKILL'))
  const before = await statusOf(home)
  const lost = before.find(({ name }) => name === victim)
  const others = before.filter(({ name }) => name !== victim)
  const [witness] = others
  if (lost === undefined || witness === undefined) throw new RangeError('three are needed')
  await reach(lost, 3)
  process.kill(lost.pid ?? 0, 'SIGKILL')

  const atDeath = await reach(witness, 0)
  const without = await reach(witness, atDeath + 3 * names.length)
  t.equal((await rootsAt(others, without)).size, 1, 'two of three are a majority')
  const genesis = join(home, 'validators', 'hospital', 'genesis.json')
  const { genesis: chain } = await readGenesis(genesis)
  const view = startView({ ...chain, heartbeatMs: chain.parameters.heartbeatMs })
  const { proof, header } = await clientOf(witness).header(without)
  const judgement = { nowMs: header.timeMs, height: without }
  t.match(verifyHeader(view, proof, judgement), { ok: true }, 'a light client counts two seals')
  const certificate = decodeCommitCertificate(proof.certificate)
  t.equal(signersOf(certificate, 3)?.length, 2)
  const asPbft = verifyHeader({ ...view, engine: 'pbft' }, proof, judgement)
  t.match(asPbft, { ok: false, fault: 'NOT_CERTIFIED' }, 'they are no commits')

  await epioneJson(t, ['testnet', 'start', '--home', home])
  const nodes = await statusOf(home)
  const height = await reach(witness, without + 1)
  t.equal((await rootsAt(nodes, height)).size, 1, 'it comes back to the same chain')
  load.kill('SIGTERM')
  const { code, out } = await report
  t.equal(code, 0)
  const { offered, delivered } = JSON.parse(out)
  t.ok(delivered > 0.8 * offered, `${delivered} of ${offered} transfers came into blocks`)

  await epioneJson(t, ['testnet', 'stop', '--home', home])
  const audited = await epioneHere(t, [
    'verify',
    '--home',
    join(home, 'validators', victim),
    '--json',
  ])
  t.equal(audited.code, 0, audited.err)
  t.match(JSON.parse(audited.out), { ok: true })
})

t.test('an engine that nobody knows is wrong use', async (t) => {
  const home = join(temporaryFolder(t), 'net')
  const ran = await epioneHere(t, ['testnet', 'init', '--home', home, '--engine', 'raft'])
  t.match(ran.err, /--engine.*expected one of pbft, poa/)
  t.not(ran.code, 0)
})

t.test('the developer chain of one authority starts, and keeps its engine', async (t) => {
  const home = join(temporaryFolder(t), 'dev')
  const dev = ['dev', '--empty', '--once', '--home', home, '--validators', '1']
  const first = await epioneJson(t, [...dev, '--engine', 'poa'])
  t.equal(first.nodes.length, 1)
  const other = await epione([...dev, '--engine', 'pbft'])
  t.match(other.err, /HOME_INVALID: .*with the engine poa, not pbft/)
})
