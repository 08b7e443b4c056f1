// A validator moves to another folder while its network runs, and one that lost everything is told to sign again.
import { cpSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runningIn, startDetached, stopIn, untilReady } from '../../node/testnet/processes.ts'
import {
  clientOf,
  epione,
  epioneJson,
  reach,
  statusOf,
  stopAfter,
  temporaryFolder,
} from '../support/epione.ts'
import { epioneHere } from '../support/epione-here.ts'

/** Something that comes into a block; answers its height. */
async function makeBlock(t: Test, home: string, rpcUrl: string | null): Promise<number> {
  const payload = { to: `0x${'00'.repeat(32)}`, currency: 'USD', amount: '1', memo: null }
  const ran = await epioneHere(t, [
    ...['tx', 'bank.transfer', JSON.stringify(payload), '--json', '--url', rpcUrl ?? ''],
    ...['--key', join(home, 'clients', 'account-1', 'key.json')],
  ])
  t.equal(ran.code, 5, ran.err)
  return JSON.parse(ran.out).block
}

/** What the other machine is given: all but data, journal and vote lock. */
function copyHome(from: string, to: string): void {
  for (const name of ['config.toml', 'genesis.json', 'card.json', 'keys']) {
    cpSync(join(from, name), join(to, name), { recursive: true })
  }
}

t.test('a validator moves to another folder while the others go on', async (t) => {
  const folder = temporaryFolder(t)
  const home = join(folder, 'net')
  const moved = join(folder, 'moved')
  const file = join(folder, 'lock.json')
  stopAfter(t, home)
  t.teardown(() => stopIn(moved))
  await epioneJson(t, ['testnet', 'init', '--home', home])
  const { nodes } = await epioneJson(t, ['testnet', 'start', '--home', home])
  const old = join(home, 'validators', 'insurer')
  await makeBlock(t, home, nodes[0].rpcUrl)

  const busy = await epioneHere(t, ['signer', 'export', '--home', old, '--out', file])
  t.equal(busy.code, 3)
  t.match(busy.err, /^HOME_LOCKED/, 'not while it runs')
  await stopIn(old)
  const without = await makeBlock(t, home, nodes[0].rpcUrl)
  const exported = await epioneJson(t, ['signer', 'export', '--home', old, '--out', file])
  // On a busy machine the others may have decided the last height while it asked for another view.
  t.match(exported, { out: file, lastVote: /^(?:commit|view-change), height \d+, view \d+$/ })
  const { crypto } = JSON.parse(readFileSync(join(old, 'keys', 'consensus.json'), 'utf8'))
  t.notOk(readFileSync(file, 'utf8').includes(crypto.secret.slice(2)), 'no secret goes along')

  const refused = await epione(['start', '--home', old])
  t.equal(refused.code, 3)
  t.match(refused.err, /VOTE_LOCK_EXPORTED: .*\n {2}try: /)

  copyHome(old, moved)
  await epioneJson(t, ['signer', 'import', file, '--home', moved])
  const again = await epioneHere(t, ['signer', 'import', file, '--home', moved])
  t.equal(again.code, 3)
  t.match(again.err, /^VOTE_LOCK_IN_USE/)
  const started = await startDetached(moved)
  await untilReady(moved, { started, timeoutMs: 60_000 })
  const status = await statusOf(home)
  const witness = status.find(({ name }) => name === 'hospital')
  const running = await runningIn(moved)
  await reach({ rpcUrl: running?.rpcUrl ?? null }, without)

  await stopIn(join(home, 'validators', 'authority-1'))
  const height = await makeBlock(t, home, witness?.rpcUrl ?? null)
  const roots = await Promise.all(
    [running, witness].map(async (node) => {
      const at = { rpcUrl: node?.rpcUrl ?? null }
      await reach(at, height)
      return (await clientOf(at).header(height)).header.stateRoot
    }),
  )
  t.equal(new Set(roots).size, 1, 'with one of four away, its vote decided')
})

t.test('the only validator lost its lock: a signed decision lets it sign again', async (t) => {
  const home = join(temporaryFolder(t), 'net')
  stopAfter(t, home)
  await epioneJson(t, ['testnet', 'init', '--home', home, '--validators', '1'])
  const { nodes } = await epioneJson(t, ['testnet', 'start', '--home', home])
  for (let count = 0; count < 2; count++) await makeBlock(t, home, nodes[0].rpcUrl)
  const height = await makeBlock(t, home, nodes[0].rpcUrl)
  await epioneJson(t, ['testnet', 'stop', '--home', home])
  const validator = join(home, 'validators', 'hospital')
  const reset = ['signer', 'reset', '--home', validator, '--reason', 'the only disk was replaced']
  const intact = await epioneHere(t, [...reset, '--height', `${height}`])
  t.match(intact.err, /^VOTE_LOCK_IN_USE/)
  rmSync(join(validator, 'vote-lock'))
  const low = await epioneHere(t, [...reset, '--height', `${height - 2}`])
  t.equal(low.code, 2)
  t.match(low.err, /^INPUT_INVALID: --height \d+: the journal shows a vote/)
  const journal = join(validator, 'journal')
  renameSync(journal, `${journal}-aside`)
  const belowOwn = await epioneHere(t, [...reset, '--height', `${height - 1}`])
  t.equal(belowOwn.code, 2)
  t.match(belowOwn.err, new RegExp(`^INPUT_INVALID: --height \\d+: this home has block ${height}`))
  const unset = await epioneHere(t, [...reset, '--height', ''])
  t.equal(unset.code, 2, 'an empty shell variable is not height 0')
  t.match(unset.err, /^INPUT_INVALID: --height: expected an integer/)
  renameSync(`${journal}-aside`, journal)
  const done = await epioneHere(t, [...reset, '--height', `${height}`, '--json'])
  t.match(done.err, `lost: the file is missing\na new one is made now; with it`)
  t.match(done.err, `signs above height ${height} again`)
  const record = JSON.parse(done.out)
  t.match(record, { height, reason: 'the only disk was replaced', lost: 'the file is missing' })
  const [line = ''] = readFileSync(join(validator, 'signer-resets.log'), 'utf8').split('\n')
  t.same(JSON.parse(line), record)
  const { nodes: after } = await epioneJson(t, ['testnet', 'start', '--home', home])
  t.ok((await makeBlock(t, home, after[0].rpcUrl)) > height)
})
