// The registry's views for RPC.
import t from 'tap'
import { appList } from '../../../apps/index.ts'
import type { AccountId } from '../../../vm/types.ts'
import { createWorld } from '../world.ts'
import { createScene } from './scene.ts'

type Page = { readonly items: readonly { readonly id: string }[]; readonly next: string | null }

t.test('one account and one organization by id', async (t) => {
  const world = await createWorld()
  const { account, publicKey } = world.keys('hospital')
  const organization = world.organization('hospital')
  t.strictSame(await world.query('registry.account', { account }), {
    id: account,
    organization,
    roles: ['hospital'],
    status: 'active',
    keys: [{ publicKey, status: 'active', fromMs: 0, untilMs: null }],
    encryptionKey: null,
  })
  t.strictSame(await world.query('registry.organization', { organization }), {
    id: organization,
    name: 'hospital',
    kind: 'hospital',
    status: 'active',
    founding: true,
  })
  const nobody = '0x'.padEnd(66, '0')
  t.equal(await world.query('registry.account', { account: nobody }), 'ACCOUNT_UNKNOWN')
  const unknown = await world.query('registry.organization', { organization: nobody })
  t.equal(unknown, 'ORGANIZATION_UNKNOWN')
})

t.test('pages cover every account and organization once, in order', async (t) => {
  const world = await createWorld({ accounts: 5 })
  for (const [name, total] of [
    ['registry.accounts', 20],
    ['registry.organizations', 10],
  ] as const) {
    const ids: string[] = []
    let after: string | null = null
    do {
      const page = (await world.query(name, { after, limit: 4 })) as unknown as Page
      t.ok(page.items.length <= 4)
      ids.push(...page.items.map(({ id }) => id))
      after = page.next
    } while (after !== null)
    t.equal(ids.length, total)
    t.strictSame(ids, [...new Set(ids)].sort())
  }
  t.match(await world.query('registry.accounts', {}), { next: null }, 'fifty fit on a page')
})

t.test('validators and rotation say who is due and who is skipped', async (t) => {
  const world = await createWorld()
  const { identity } = appList
  const set = identity.validators(world.state)
  const [first, second, third] = set.map(({ account }) => account)
  const block = { engine: 'pbft', height: 1, timeMs: 1, proposer: third as AccountId } as const
  identity.endBlock(world.state, block)
  t.strictSame(await world.query('registry.rotation', {}), {
    due: second,
    misses: [{ validator: first, length: 8, since: 1, until: 9, ready: false }],
  })
  const names = ['authority-1', 'authority-2', 'hospital', 'insurer']
  t.strictSame(await world.query('registry.validators', {}), {
    validators: set.map((validator, index) => ({
      ...validator,
      name: names[index],
      due: validator.account === second,
      skippedUntil: validator.account === first ? 9 : null,
      alive: validator.account !== first,
    })),
    pending: [],
    candidates: [],
  })
})

t.test('sets to come and candidates are shown beside the set in force', async (t) => {
  const { world, join, change, remove, names, endBlock, height } = await createScene()
  join('helper-1')
  const organization = world.organization('helper-1')
  t.match(await world.query('registry.validators', {}), {
    candidates: [{ organization, name: 'helper-1', ready: true }],
  })
  t.equal(change(remove(names[0] ?? '')).code, '')
  const shown = await world.query('registry.validators', {})
  t.match(shown, { pending: [{ from: height() + 2, validators: [{}, {}, {}] }] })
  endBlock()
  endBlock()
  t.match(await world.query('registry.validators', {}), { validators: [{}, {}, {}], pending: [] })
})

t.test('every example is accepted', async (t) => {
  const world = await createWorld()
  for (const { queries } of appList.apps) {
    for (const { name, run, example } of queries) {
      await t.resolves(run(world.reader, example, { height: 1, timeMs: 1 }), name)
    }
  }
})
