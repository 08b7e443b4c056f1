// The registry's views for RPC.
import t from 'tap'
import { appList } from '../../../apps/index.ts'
import type { AccountId } from '../../../vm/types.ts'
import { createWorld } from '../world.ts'

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
    misses: [{ validator: first, length: 8, since: 1, until: 9 }],
  })
  t.strictSame(await world.query('registry.validators', {}), {
    validators: set.map((validator) => ({
      ...validator,
      due: validator.account === second,
      skippedUntil: validator.account === first ? 9 : null,
    })),
  })
})

t.test('every example is accepted', async (t) => {
  const world = await createWorld()
  for (const { queries } of appList.apps) {
    for (const { name, run, example } of queries) {
      await t.resolves(run(world.reader, example, { height: 1, timeMs: 1 }), name)
    }
  }
})
