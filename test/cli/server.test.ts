// A server by commands alone: a home, a bond, an offered key, a process that serves, and what the ledger says about it.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import t from 'tap'
import { leaveStep } from '../../node/cli/server-leave.ts'
import { startCommanded } from '../support/commanded.ts'
import { epioneJson, spawnEpione, temporaryFolder } from '../support/epione.ts'
import { enter, epioneHere } from '../support/epione-here.ts'

const id = () => `0x${randomBytes(32).toString('hex')}`
const hospital = 'net/validators/hospital'
const node = ['--home', hospital]
const genesis = ['--genesis', `${hospital}/genesis.json`]
const admin = ['--key', `${hospital}/keys/account-hospital-admin.json`]
const rich = ['--key', 'net/clients/account-1/key.json']

t.test('a server registers, offers and is seen', async (t) => {
  await startCommanded(t)
  const json = (...args: readonly string[]) => epioneJson(t, args)
  const tx = (type: string, payload: object, ...more: readonly string[]) =>
    json('tx', type, JSON.stringify(payload), ...more, ...node)

  const { publicKey } = await json('keys', 'new', 'server-key.json')
  const [account, vault] = [id(), id()]
  const own = ['--key', 'server-key.json', '--account', account]
  const made = ['server', 'init', 'server', ...own, ...genesis, '--vault', vault]
  const { serves } = await json(...made, '--bond', '150000')
  t.equal(serves, 'dealer')
  t.equal(statSync('server/keys/account.json').mode & 0o777, 0o600)
  const again = await epioneHere(t, made)
  t.equal(again.code, 3, 'a home is not made twice')
  t.match(again.err, /^KEY_EXISTS/)

  const stranger = await epioneHere(t, ['server', 'register', 'server', ...node])
  t.equal(stranger.code, 5)
  t.match(stranger.err, /^TX_KEY_NOT_ACTIVE/)
  const first = { id: account, publicKey, encryptionKey: null, roles: ['helper', 'admin'] }
  const organization = { id: id(), name: 'a-host', kind: 'host', account: first }
  await tx('registry.admit-organization', organization, ...admin)
  const poor = await epioneHere(t, ['server', 'register', 'server', ...node])
  t.match(poor.out, /^refused: BALANCE_TOO_LOW/)
  const early = await epioneHere(t, ['server', 'offer', 'server', ...node])
  t.equal(early.code, 5)
  t.match(early.out, /^refused: SERVER_UNKNOWN/)
  const gift = { to: account, currency: 'USD', amount: '200000', memo: null }
  await tx('bank.transfer', gift, ...rich)

  t.match(await json('server', 'register', 'server', ...node), { account, code: '' })
  const twice = await epioneHere(t, ['server', 'register', 'server', ...node])
  t.match(twice.out, /^refused: SERVER_EXISTS/)
  t.match(await json('server', 'offer', 'server', ...node), { code: '' })
  t.ok(existsSync('server/keys/offer.json'))
  const secret = JSON.parse(readFileSync('server/keys/offer.json', 'utf8')).entropy.slice(2)
  t.notOk(readFileSync('server/outbox.jsonl', 'utf8').includes(secret))
  t.match(
    await json(
      'query',
      'vault.offer',
      JSON.stringify({ server: account, committee: vault, epoch: 1 }),
      ...node,
    ),
    { result: { found: { boxKey: /^0x/ } } },
  )

  const standing = await json('server', 'status', 'server', ...node)
  t.match(standing, { registered: true, bond: '150000', seats: [{ committee: vault, seat: null }] })
  const told = await epioneHere(t, ['server', 'status', 'server', ...node])
  t.match(told.out, /registered +yes\nbond +150000\n/)
  t.match(told.out, /nothing was dealt yet/)

  t.match(await json('server', 'leave', 'server', ...node), { step: 'notice', bond: '150000' })
  const waiting = await epioneHere(t, ['server', 'leave', 'server', ...node])
  t.equal(waiting.code, 0)
  t.match(waiting.out, /^leaving: it has duties until 20.*\nthe bond of 150000 is free after 20/)
  const leaving = await epioneHere(t, ['server', 'status', 'server', ...node])
  t.match(leaving.out, /leaves +its duties end 20/)
})

/** Resolves when it says on its stdout that it follows the chain. */
async function saysReady(child: ReturnType<typeof spawnEpione>): Promise<void> {
  const { stdout } = child
  if (stdout === null) throw new Error('no stdout')
  for await (const chunk of stdout) if (String(chunk).includes('"ready"')) return
  throw new Error('it ended')
}

t.test('epione server start registers, offers, and ends when told to', async (t) => {
  const cwd = await startCommanded(t)
  const json = (...args: readonly string[]) => epioneJson(t, [...args, ...node])
  const { publicKey } = await epioneJson(t, ['keys', 'new', 'key.json'])
  const [account, vault] = [id(), id()]
  const first = { id: account, publicKey, encryptionKey: null, roles: ['helper', 'admin'] }
  const organization = { id: id(), name: 'a-host', kind: 'host', account: first }
  await json('tx', 'registry.admit-organization', JSON.stringify(organization), ...admin)
  const gift = { to: account, currency: 'USD', amount: '200000', memo: null }
  await json('tx', 'bank.transfer', JSON.stringify(gift), ...rich)
  const own = ['--key', 'key.json', '--account', account, ...genesis]
  await epioneJson(t, ['server', 'init', 'server', ...own, '--vault', vault, '--replicated'])

  const serving = spawnEpione(['server', 'start', 'server', ...node], { cwd })
  t.teardown(() => serving.kill('SIGKILL'))
  const ended = once(serving, 'exit')
  await saysReady(serving)
  const about = JSON.stringify({ server: account, committee: vault, epoch: 1 })
  const offered = async () => (await json('query', 'vault.offer', about)).result.found !== null
  while (!(await offered())) await new Promise((resolve) => setTimeout(resolve, 200))
  t.match(await json('server', 'status', 'server'), { registered: true, serves: 'replicated' })
  const second = await epioneHere(t, ['server', 'offer', 'server', ...node])
  t.equal(second.code, 3, 'one process for each home')
  t.match(second.err, /^HOME_LOCKED/)
  serving.kill('SIGTERM')
  t.same(await ended, [0, null])
})

t.test('wrong use of server commands is told', async (t) => {
  enter(t, temporaryFolder(t))
  await epioneHere(t, ['keys', 'new', 'key.json'])
  await epioneHere(t, ['testnet', 'init', '--home', 'net', '--validators', '1'])
  const init = ['server', 'init', 'home', '--key', 'key.json', '--account', id(), ...genesis]
  const cases: readonly (readonly [args: readonly string[], code: number, said: RegExp])[] = [
    [init, 2, /^USAGE: a dealt key is that of one vault\n {2}try: name it with --vault/],
    [[...init, '--vault', id(), '--vault', id()], 2, /^USAGE: a dealt key/],
    [[...init, '--vault', '0x12'], 2, /^INPUT_INVALID: --vault/],
    [[...init, '--vault', id(), '--member', id()], 2, /^USAGE: --member goes with --keyset/],
    [[...init, '--keyset', id(), '--replicated'], 2, /^USAGE: --keyset and --replicated/],
    [[...init, '--vault', id(), '--bond', '-1'], 2, /^INPUT_INVALID: --bond/],
    [['server', 'status', 'nowhere'], 3, /^HOME_INVALID: .*agent.json is missing/],
  ]
  for (const [args, code, said] of cases) {
    const ran = await epioneHere(t, args)
    t.equal(ran.code, code, `${args.join(' ')}: ${ran.err}`)
    t.match(ran.err, said)
  }
  const keyset = await epioneHere(t, [...init, '--keyset', id(), '--member', id()])
  t.equal(keyset.code, 0, keyset.err)
  const offered = await epioneHere(t, ['server', 'offer', 'home'])
  t.match(offered.err, /^USAGE: keys for a keyset are offered in each of its epochs/)
})

t.test('leaving has its steps, each in its time', async (t) => {
  const bonded = { leavesMs: null, bond: 5n, lockedUntilMs: 1_000 }
  t.equal(leaveStep(bonded, 10_000), 'notice')
  t.equal(leaveStep({ ...bonded, leavesMs: 500 }, 1_000), 'wait', 'locked until a time includes it')
  t.equal(leaveStep({ ...bonded, leavesMs: 500 }, 1_001), 'release')
  t.equal(leaveStep({ ...bonded, leavesMs: 500, bond: 0n }, 1), 'done')
})
