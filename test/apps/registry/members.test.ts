// What the acts of the registry do to organizations, accounts and keys.
import t from 'tap'
import { appList } from '../../../apps/index.ts'
import { accounts, getAccount, getOrganization } from '../../../apps/registry/state.ts'
import { toHex } from '../../../vm/bytes.ts'
import { ristretto255 } from '../../../vm/crypto/ristretto255.ts'
import type { Hex, PublicKey } from '../../../vm/types.ts'
import { createWorld, START_MS, type World } from '../world.ts'
import { fresh, majority } from './refusal-case.ts'

const { isActiveKey, organizationOf } = appList.identity

const signs = (world: World, name: string, options: { key?: PublicKey; timeMs?: number } = {}) => {
  const { account, publicKey } = world.keys(name)
  const signer = { account, publicKey: options.key ?? publicKey }
  return isActiveKey(world.state, signer, options.timeMs ?? START_MS + 1)
}

t.test('three of four founders admit an organization, whose admin admits others', async (t) => {
  const world = await createWorld()
  const payer = fresh('payer')
  const id: Hex = fresh('payer organization').account
  const account = { id: payer.account, publicKey: payer.publicKey, roles: ['admin', 'insurer'] }
  const payload = { id, name: 'A payer', kind: 'insurer', account }
  t.strictSame(world.act('registry.admit-organization', payload, ...majority), {
    code: '',
    events: [{ recipient: payer.account, kind: 'registry.admitted', reference: id }],
  })
  t.strictSame(getOrganization(world.state, id), {
    name: 'A payer',
    kind: 'insurer',
    status: 'active',
    founding: false,
  })
  world.learn('payer', payer)
  t.ok(signs(world, 'payer'))
  t.equal(organizationOf(world.state, payer.account), id)

  const clerk = fresh('clerk')
  const admission = { id: clerk.account, publicKey: clerk.publicKey, roles: ['expert'] }
  t.equal(world.act('registry.admit-account', admission, 'payer').code, '')
  t.equal(organizationOf(world.state, clerk.account), id)
})

t.test('admitting many admins gives an organization one vote only', async (t) => {
  const world = await createWorld()
  for (const name of ['second', 'third']) {
    const { account, publicKey } = fresh(name)
    world.learn(name, fresh(name))
    const payload = { id: account, publicKey, roles: ['admin'] }
    t.equal(world.act('registry.admit-account', payload, 'hospital-admin').code, '')
  }
  const payload = { organization: world.organization('insurer'), status: 'suspended' }
  const act = (...by: string[]) => world.act('registry.set-organization-status', payload, ...by)
  t.equal(act('hospital-admin', 'second', 'third').code, 'VOTES_MISSING')
  t.equal(act('second', 'authority-1-admin', 'authority-2-admin').code, '')
})

t.test('a suspended founder no longer counts towards the majority', async (t) => {
  const world = await createWorld()
  const suspend = (name: string, ...by: string[]) =>
    world.act(
      'registry.set-organization-status',
      { organization: world.organization(name), status: 'suspended' },
      ...by,
    ).code
  t.equal(suspend('insurer', ...majority), '')
  t.equal(suspend('authority-2', 'hospital-admin'), 'VOTES_MISSING')
  t.equal(suspend('authority-2', 'hospital-admin', 'authority-1-admin'), '')
  t.notOk(signs(world, 'insurer-admin'), 'its accounts no longer sign')
  t.ok(signs(world, 'hospital-admin'))
})

t.test('a patient belongs to nobody and keeps an encryption key', async (t) => {
  const world = await createWorld()
  const patient = fresh('patient')
  const encryptionKey = toHex(ristretto255.encode(ristretto255.multiplyBase(5n)))
  const payload = { id: patient.account, publicKey: patient.publicKey, encryptionKey }
  for (const by of ['hospital', 'hospital-admin']) {
    const id = by === 'hospital' ? patient.account : fresh('other').account
    t.equal(world.act('registry.admit-patient', { ...payload, id }, by).code, '', by)
  }
  t.match(getAccount(world.state, patient.account), {
    organization: null,
    roles: ['patient'],
    status: 'active',
    encryptionKey,
  })
  t.equal(organizationOf(world.state, patient.account), undefined)
})

t.test('roles and status of an account are its admins to set', async (t) => {
  const world = await createWorld()
  const account = world.id('hospital')
  const roles = ['doctor', 'researcher']
  t.equal(world.act('registry.set-roles', { account, roles }, 'hospital-admin').code, '')
  t.strictSame(getAccount(world.state, account)?.roles, roles)

  const suspended = { account, status: 'suspended' }
  t.strictSame(world.act('registry.set-status', suspended, 'hospital-admin').events, [
    { recipient: account, kind: 'registry.suspended', reference: account },
  ])
  t.notOk(signs(world, 'hospital'))
  const active = { account, status: 'active' }
  t.equal(world.act('registry.set-status', active, 'hospital-admin').code, '')
  t.ok(signs(world, 'hospital'))
})

t.test('a key signs within its validity, and not once it is replaced or revoked', async (t) => {
  const world = await createWorld({ accounts: 1 })
  const now = START_MS + 1_000
  world.at({ timeMs: now })
  const { account, publicKey: first } = world.keys('account-1')
  const second = fresh('second').publicKey
  const rotate = { publicKey: second, untilMs: now + 500 }
  t.equal(world.act('registry.rotate-key', rotate, 'account-1').code, '')
  const at = (key: PublicKey, timeMs: number) => signs(world, 'account-1', { key, timeMs })
  t.strictSame(
    [now - 1, now, now + 500, now + 501].map((timeMs) => at(second, timeMs)),
    [false, true, true, false],
  )
  t.ok(at(first, now), 'the old key signs beside the new one')

  const third = fresh('third').publicKey
  const replacement = { publicKey: third, replaces: first }
  t.strictSame(world.act('registry.rotate-key', replacement, 'account-1').events, [
    { recipient: account, kind: 'registry.key-added', reference: third },
  ])
  t.notOk(at(first, now))
  t.ok(at(third, now))

  const revocation = { account, publicKey: second }
  t.equal(world.act('registry.revoke-key', revocation, 'account-1').code, '')
  t.notOk(at(second, now))
})

t.test('a key that is over does not count as one that is left', async (t) => {
  const world = await createWorld({ accounts: 1 })
  const { account, publicKey } = world.keys('account-1')
  const rotate = { publicKey: fresh('short').publicKey, untilMs: START_MS + 10 }
  t.equal(world.act('registry.rotate-key', rotate, 'account-1').code, '')
  world.at({ timeMs: START_MS + 11 })
  const revocation = { account, publicKey }
  t.equal(world.act('registry.revoke-key', revocation, 'account-1').code, 'KEY_LAST')
})

t.test('an admin may take the last key of an account of its organization', async (t) => {
  const world = await createWorld()
  const { account, publicKey } = world.keys('hospital')
  const revocation = { account, publicKey }
  t.equal(world.act('registry.revoke-key', revocation, 'hospital-admin').code, '')
  t.notOk(signs(world, 'hospital'))
})

t.test('neither another key nor an unknown account signs', async (t) => {
  const world = await createWorld()
  t.notOk(signs(world, 'hospital', { key: world.keys('insurer-admin').publicKey }))
  const { account, publicKey } = fresh('stranger')
  t.notOk(isActiveKey(world.state, { account, publicKey }, START_MS))
  t.equal(organizationOf(world.state, account), undefined)
})

t.test(
  'the account record is what its codec says, whatever order roles were named in',
  async (t) => {
    const world = await createWorld()
    const account = world.id('hospital')
    const roles = ['researcher', 'doctor']
    world.act('registry.set-roles', { account, roles }, 'hospital-admin')
    t.strictSame(accounts.get(world.state, account)?.roles, ['doctor', 'researcher'])
  },
)
