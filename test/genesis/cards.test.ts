// Everybody makes the same genesis of the same cards, and another one of other cards.
import * as fc from 'fast-check'
import t from 'tap'
import { appList } from '../../apps/index.ts'
import { buildGenesis, openGenesis, parseGenesis } from '../../genesis/build.ts'
import { type Card, cardCodec, formatGenesis, genesisFromCards } from '../../genesis/cards.ts'
import { createMember, type MemberPlan } from '../../genesis/member.ts'
import { genesisHash } from '../../genesis/schema.ts'
import { toHex } from '../../vm/bytes.ts'
import { defaultParameters } from '../../vm/rules.ts'
import { useKeyCheck } from '../../vm/sign.ts'

const plan = (name: string, kind: MemberPlan['kind'], validator: boolean): MemberPlan => ({
  name,
  kind,
  validator,
  accounts: [
    { name: 'admin', roles: ['admin'] },
    ...(validator ? [{ name: 'validator', roles: ['validator'] } as const] : []),
  ],
})

const plans = [
  plan('North hospital', 'hospital', true),
  plan('South hospital', 'hospital', true),
  plan('authority', 'authority', true),
  plan('insurer', 'insurer', true),
  plan('clearing', 'settlement', false),
].map((member) => ({ ...member, name: member.name.toLowerCase().replace(' ', '-') }))

/** Each organization makes its own card from its own seed. */
const cards = plans.map(
  (member, index) =>
    createMember(member, {
      seed: new Uint8Array(32).fill(index + 1),
      timeMs: 1_700_000_000_000 + index,
      addresses: member.validator ? [`/dns4/${member.name}.example/tcp/8646`] : [],
    }).card,
)
const options = { name: 'consortium' }
const make = (list: readonly Card[]) =>
  formatGenesis(genesisFromCards(list, options, appList), appList)

t.test('the order of the cards does not matter, to the byte', async (t) => {
  const text = make(cards)
  await fc.assert(
    fc.property(
      fc.shuffledSubarray([...cards], { minLength: cards.length }),
      (shuffled) => make(shuffled) === text,
    ),
    { numRuns: 20 },
  )
  t.strictSame(parseGenesis(JSON.parse(text), appList), genesisFromCards(cards, options, appList))
})

t.test('time and salt come from the cards unless they are given', async (t) => {
  const file = genesisFromCards(cards, options, appList)
  t.equal(file.timeMs, 1_700_000_000_004, 'the newest card')
  const salt = '0x'.padEnd(66, '5a') as `0x${string}`
  const given = genesisFromCards(cards, { ...options, timeMs: 5, salt }, appList)
  t.match(given, { timeMs: 5, salt })
  t.not(genesisHash(given, appList), genesisHash(file, appList))
})

t.test('a network that starts anew with fresh cards is another chain', async (t) => {
  const again = cards.map((card, index) =>
    index === 0 ? { ...card, salt: '0x'.padEnd(66, '77') as `0x${string}` } : card,
  )
  const [before, after] = [cards, again].map((list) => genesisFromCards(list, options, appList))
  if (before === undefined || after === undefined) throw new Error('no files')
  t.not(genesisHash(after, appList), genesisHash(before, appList))
  t.strictSame({ ...after, salt: before.salt }, before)
})

t.test('organizations with a validator are founding, and all cards become members', async (t) => {
  const file = genesisFromCards(cards, options, appList)
  t.strictSame(
    file.organizations.map(({ name, founding }) => [name, founding]),
    [
      ['authority', true],
      ['clearing', false],
      ['insurer', true],
      ['north-hospital', true],
      ['south-hospital', true],
    ],
  )
  t.equal(file.accounts.length, 9)
  t.strictSame(file.parameters, defaultParameters)
  t.match(file.applications[0], { name: 'bank', parameters: { currencies: [{ code: 'USD' }] } })
})

t.test('without one settlement organization there is no currency', async (t) => {
  const file = genesisFromCards(cards.slice(0, 4), options, appList)
  t.match(file.applications[0], { name: 'bank', parameters: { currencies: [] } })
})

t.test('parameters and sections that are given replace the default ones', async (t) => {
  const parameters = { heartbeatMs: 5_000, baseTimeoutMs: 6_000 }
  const applications = { bank: { currencies: [] } }
  const file = genesisFromCards(cards, { ...options, parameters, applications }, appList)
  t.strictSame(file.parameters, { ...defaultParameters, ...parameters })
  t.match(file.applications, [
    { name: 'bank', parameters: { currencies: [] } },
    { name: 'vault', parameters: { queryDeadlineMs: 72_000 } },
  ])
})

t.test('an address that changes leaves the chain what it is', async (t) => {
  const moved = cards.map((card) =>
    card.validator === null ? card : { ...card, validator: { ...card.validator, addresses: [] } },
  )
  const salt = '0x'.padEnd(66, '5a') as `0x${string}`
  const [here, there] = [cards, moved].map((list) =>
    genesisFromCards(list, { ...options, salt }, appList),
  )
  if (here === undefined || there === undefined) throw new Error('no files')
  t.notSame(here.validators[0]?.addresses, there.validators[0]?.addresses)
  t.equal(genesisHash(here, appList), genesisHash(there, appList))
  t.strictSame(buildGenesis(here, appList), buildGenesis(there, appList))
})

t.test('cards that do not fit together are refused', async (t) => {
  const [first, second] = cards as [Card, Card, ...Card[]]
  const list =
    (...more: readonly Card[]) =>
    () =>
      make([...cards, ...more])
  t.throws(list(first), /organizations\[4\].id: this id stands at organizations\[3\].id/)
  const name = second.organization.name
  const twin = { ...first, organization: { ...first.organization, id: second.salt, name } }
  t.throws(list(twin), /organizations\[\d\].name: this name stands at/)
  t.throws(() => make([]), /validators: expected 1 to/)
})

t.test('a card is read as strictly as the file', async (t) => {
  for (const card of cards) t.strictSame(cardCodec.fromJson(cardCodec.toJson(card)), card)
  const json = cardCodec.toJson(cards[0] as Card) as Record<string, never>
  t.throws(() => cardCodec.fromJson({ ...json, phone: '1' }), /unknown key "phone"/)
  t.throws(() => cardCodec.fromJson({ ...json, accounts: [] }), /accounts: expected 1 to 20/)
})

t.test('a card holds no secret of its member', async (t) => {
  const [member] = plans
  if (member === undefined) throw new Error('no plan')
  const origin = { seed: new Uint8Array(32).fill(1), timeMs: 1 }
  const { card, accounts, validator } = createMember(member, origin)
  const text = JSON.stringify(cardCodec.toJson(card))
  const secrets = [...accounts, validator?.consensus, validator?.peer].map((keys) => keys?.seed)
  t.equal(secrets.length, 4)
  t.equal(new Set(secrets).size, 4)
  for (const secret of [...secrets, `0x${'01'.repeat(32)}`])
    t.notOk(text.includes(secret ?? 'missing'))
})

t.test('a file that is opened has each of its keys checked, once', async (t) => {
  const file = genesisFromCards(cards, options, appList)
  const json = JSON.parse(formatGenesis(file, appList))
  const asked: string[] = []
  useKeyCheck((key) => asked.push(toHex(key)) > 0)
  const opened = openGenesis(json, appList)
  const keys = [
    ...file.accounts.flatMap(({ publicKeys }) => publicKeys),
    ...file.validators.flatMap(({ consensusKey, peerKey }) => [consensusKey, peerKey]),
  ]
  t.same(asked.toSorted(), keys.toSorted())
  t.strictSame(opened, { file, genesis: buildGenesis(file, appList) })
  const [first] = keys
  useKeyCheck((key) => toHex(key) !== first)
  t.throws(() => openGenesis(json, appList), /accounts\[0\]\.publicKeys\[0\].*not a canonical/)
})
