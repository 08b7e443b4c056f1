// The sample network: its cast, its money, and its first state; and the frozen hash of one.
import t from 'tap'
import { balanceOf } from '../../apps/bank/state.ts'
import { appList } from '../../apps/index.ts'
import { getAccount } from '../../apps/registry/state.ts'
import { buildGenesis, parseGenesis } from '../../genesis/build.ts'
import { ACCOUNT_FUNDS, createSample, TREASURY_FUNDS } from '../../genesis/sample.ts'
import { genesisCodec, hashedGenesisCodec } from '../../genesis/schema.ts'
import type { AppList } from '../../vm/app.ts'
import { fromHex, toHex } from '../../vm/bytes.ts'
import { encode, type JsonValue } from '../../vm/codec.ts'
import { digest } from '../../vm/hash.ts'
import { publicKeyOf } from '../../vm/sign.ts'
import { createOverlay, emptyState } from '../../vm/state.ts'
import { readVector } from '../apps/golden.ts'

const seed = new Uint8Array(32).fill(3)
const timeMs = 1_700_000_000_000

t.test('the cast of the development chain', async (t) => {
  const { file, accounts, members } = createSample({ seed, timeMs, accounts: 2 }, appList)
  const names = ['authority-1', 'authority-2', 'hospital', 'insurer']
  t.strictSame(
    file.validators.map(({ name }) => name),
    names,
  )
  t.strictSame(
    file.organizations.filter(({ founding }) => founding).map(({ name }) => name),
    names,
  )
  const roles = Object.fromEntries(accounts.map((account) => [account.name, account.roles]))
  t.match(roles, {
    'hospital-admin': ['admin'],
    'hospital-validator': ['validator'],
    hospital: ['hospital'],
    'helper-5': ['helper', 'admin'],
    treasury: ['admin', 'treasurer'],
    'account-2': ['patient'],
  })
  t.equal(accounts.length, 17)
  t.equal(members.filter(({ validator }) => validator !== undefined).length, 4)
})

t.test('several hospitals record, and the first of them validates', async (t) => {
  const { file, members } = createSample({ seed, timeMs, hospitals: 3 }, appList)
  const hospitals = file.organizations.filter(({ kind }) => kind === 'hospital')
  const names = ['hospital-1', 'hospital-2', 'hospital-3']
  t.strictSame(
    hospitals.map(({ name, founding }) => [name, founding]),
    names.map((name, index) => [name, index === 0]),
  )
  for (const name of names) {
    const { accounts = [] } = members.find(({ card }) => card.organization.name === name) ?? {}
    const rolesOf = (account: string) => accounts.find((one) => one.name === account)?.roles
    t.same(rolesOf(name), ['hospital'])
    t.same(rolesOf(`${name}-admin`), ['admin'], 'somebody signs for the organization')
  }
})

t.test(
  'every key that is returned is the key of the account or validator it is said to be',
  async (t) => {
    const { file, accounts, members } = createSample({ seed, timeMs, accounts: 1 }, appList)
    const state = createOverlay(emptyState)
    for (const { app, key, value } of buildGenesis(file, appList).writes)
      state.set({ app, key }, value)
    for (const { account, publicKey, seed: secret, roles } of accounts) {
      t.equal(toHex(publicKeyOf(fromHex(secret))), publicKey)
      t.match(getAccount(state, account), { roles, keys: [{ publicKey, status: 'active' }] })
    }
    for (const { validator } of members) {
      if (validator === undefined) continue
      const { consensus, peer, account } = validator
      for (const pair of [consensus, peer])
        t.equal(toHex(publicKeyOf(fromHex(pair.seed))), pair.publicKey)
      const entry = file.validators.find((found) => found.account === account)
      t.match(entry, { consensusKey: consensus.publicKey, peerKey: peer.publicKey })
    }
  },
)

t.test('any number of validators, each with its own organization', async (t) => {
  for (const validators of [1, 2, 3, 4, 5, 7, 40]) {
    const { file } = createSample({ seed, timeMs, validators, helpers: 0 }, appList)
    t.equal(file.validators.length, validators)
    t.equal(new Set(file.validators.map(({ organization }) => organization)).size, validators)
    t.equal(buildGenesis(file, appList).validators.length, validators)
  }
  t.throws(() => createSample({ seed, timeMs, validators: 0 }, appList), /1 to 40 validators/)
  t.throws(() => createSample({ seed, timeMs, validators: 41 }, appList), /1 to 40 validators/)
})

t.test('treasury and sample accounts have money, nobody else', async (t) => {
  const { file, accounts } = createSample({ seed, timeMs, accounts: 3 }, appList)
  const state = createOverlay(emptyState)
  for (const { app, key, value } of buildGenesis(file, appList).writes)
    state.set({ app, key }, value)
  for (const { name, account } of accounts) {
    const funds =
      name === 'treasury' ? TREASURY_FUNDS : name.startsWith('account-') ? ACCOUNT_FUNDS : 0n
    t.equal(balanceOf(state, account, 'USD'), funds, name)
  }
})

t.test('the seed decides everything', async (t) => {
  const make = (byte: number) =>
    createSample({ seed: new Uint8Array(32).fill(byte), timeMs, accounts: 1 }, appList)
  t.strictSame(make(1), make(1))
  const [one, two] = [make(1), make(2)]
  const secrets = new Set([...one.accounts, ...two.accounts].map((account) => account.seed))
  t.equal(secrets.size, one.accounts.length + two.accounts.length)
  t.not(one.file.salt, two.file.salt)
})

t.test('addresses stand in the file', async (t) => {
  const addressesOf = (name: string) => [`/dns4/${name}/tcp/1`]
  const { file } = createSample({ seed, timeMs, validators: 1, addressesOf }, appList)
  t.strictSame(file.validators[0]?.addresses, ['/dns4/hospital/tcp/1'])
})

t.test('the hash of a genesis and its bytes are those that were frozen', async (t) => {
  // With the first two applications only: sections of others are frozen by their own vectors.
  const list: AppList = { ...appList, apps: appList.apps.filter(({ tag }) => tag <= 3) }
  const golden = readVector<{
    readonly file: JsonValue
    readonly cbor: string
    readonly chainId: string
    readonly writes: JsonValue
  }>('genesis.json')
  const file = parseGenesis(golden.file, list)
  t.strictSame(genesisCodec(list).toJson(file), golden.file)
  const cbor = encode(hashedGenesisCodec(list), file)
  t.equal(toHex(cbor), golden.cbor)
  const { chainId, writes } = buildGenesis(file, list)
  t.equal(chainId, golden.chainId)
  t.equal(chainId, digest('genesis', cbor))
  t.strictSame(
    writes.map(({ app, key, value }) => ({ app, key, value: value && toHex(value) })),
    golden.writes,
  )
})
