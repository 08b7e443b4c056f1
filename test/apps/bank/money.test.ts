// Money moves as it should: issue, redeem, transfer, escrows, bonds.
import t from 'tap'
import {
  burnBond,
  closeEscrow,
  extendLock,
  lockBond,
  openEscrow,
  takeBond,
} from '../../../apps/bank/money.ts'
import { AMOUNT_MAX, balanceOf, bondOf, getEscrow, getSupply } from '../../../apps/bank/state.ts'
import { ACCOUNT_FUNDS, TREASURY_FUNDS } from '../../../genesis/sample.ts'
import type { Hex } from '../../../vm/types.ts'
import { createWorld, START_MS, type World } from '../world.ts'

const currency = 'USD'
const escrow: Hex = `0x${'e5'.repeat(32)}`
const spendable = (world: World, name: string) => balanceOf(world.state, world.id(name), currency)

t.test('genesis balances count as issued', async (t) => {
  const world = await createWorld({ accounts: 2 })
  t.strictSame(getSupply(world.state, currency), {
    organization: world.organization('treasury'),
    issued: TREASURY_FUNDS + 2n * ACCOUNT_FUNDS,
    redeemed: 0n,
    burned: 0n,
  })
  t.equal(spendable(world, 'treasury'), TREASURY_FUNDS)
  t.equal(spendable(world, 'hospital'), 0n)
})

t.test('a transfer tells the payee who paid', async (t) => {
  const world = await createWorld({ accounts: 1 })
  const to = world.id('hospital')
  const payload = { to, currency, amount: '250', memo: 'für Röntgen' }
  t.strictSame(world.act('bank.transfer', payload, 'account-1'), {
    code: '',
    events: [{ recipient: to, kind: 'bank.received', reference: world.id('account-1') }],
  })
  t.equal(spendable(world, 'hospital'), 250n)
  t.equal(spendable(world, 'account-1'), ACCOUNT_FUNDS - 250n)
})

t.test('a balance that is spent leaves no trace in the state', async (t) => {
  const world = await createWorld({ accounts: 1 })
  const payload = { to: world.id('hospital'), currency, amount: ACCOUNT_FUNDS.toString() }
  world.act('bank.transfer', payload, 'account-1')
  const left = world.state.writes().find(({ key }) => key.includes(`bal/${world.id('account-1')}`))
  t.equal(left?.value, undefined)
})

t.test('a treasurer issues up to 64 bits and redeems what came back', async (t) => {
  const world = await createWorld()
  const rest = (AMOUNT_MAX - TREASURY_FUNDS).toString()
  const issue = { to: world.id('hospital'), currency, amount: rest }
  t.strictSame(world.act('bank.issue', issue, 'treasury').events, [
    { recipient: world.id('hospital'), kind: 'bank.received', reference: world.id('treasury') },
  ])
  t.equal(getSupply(world.state, currency)?.issued, AMOUNT_MAX)
  const back = { to: world.id('treasury'), currency, amount: rest }
  t.equal(world.act('bank.transfer', back, 'hospital').code, '')
  t.equal(spendable(world, 'treasury'), AMOUNT_MAX, 'one account may hold all there is')
  t.equal(world.act('bank.redeem', { currency, amount: rest }, 'treasury').code, '')
  t.equal(getSupply(world.state, currency)?.redeemed, AMOUNT_MAX - TREASURY_FUNDS)
  const again = { to: world.id('hospital'), currency, amount: '1' }
  t.equal(world.act('bank.issue', again, 'treasury').code, 'SUPPLY_TOO_LARGE')
})

t.test('an escrow pays its payees, and the rest goes back', async (t) => {
  const world = await createWorld({ accounts: 1 })
  const [payer, helper] = [world.id('account-1'), world.id('helper-1')]
  openEscrow(world.state, { id: escrow, payer, currency, amount: 100n })
  t.strictSame(getEscrow(world.state, escrow), { payer, currency, amount: 100n })
  t.equal(spendable(world, 'account-1'), ACCOUNT_FUNDS - 100n)
  const payments = [30n, 20n].map((amount) => ({ to: helper, amount }))
  t.equal(closeEscrow(world.state, { id: escrow, payments }), undefined)
  t.equal(spendable(world, 'helper-1'), 50n)
  t.equal(spendable(world, 'account-1'), ACCOUNT_FUNDS - 50n)
  t.equal(getEscrow(world.state, escrow), undefined)

  openEscrow(world.state, { id: escrow, payer, currency, amount: 7n })
  t.equal(closeEscrow(world.state, { id: escrow, payments: [] }), undefined)
  t.equal(spendable(world, 'account-1'), ACCOUNT_FUNDS - 50n, 'without payees all goes back')
})

t.test(
  'a bond grows, its lock only lengthens, and its owner has it back after the lock',
  async (t) => {
    const world = await createWorld({ accounts: 1 })
    const owner = world.id('account-1')
    const bond = () => bondOf(world.state, owner, currency)
    lockBond(world.state, { owner, currency, amount: 60n, untilMs: START_MS + 100 })
    lockBond(world.state, { owner, currency, amount: 40n, untilMs: START_MS + 50 })
    t.strictSame(bond(), { amount: 100n, lockedUntilMs: START_MS + 100 })
    extendLock(world.state, { owner, currency, untilMs: START_MS + 70 })
    t.equal(bond().lockedUntilMs, START_MS + 100)
    extendLock(world.state, { owner, currency, untilMs: START_MS + 200 })
    t.equal(bond().lockedUntilMs, START_MS + 200)

    const release = (amount: string) =>
      world.act('bank.release-bond', { currency, amount }, 'account-1').code
    world.at({ timeMs: START_MS + 200 })
    t.equal(release('100'), 'BOND_LOCKED')
    world.at({ timeMs: START_MS + 201 })
    t.equal(release('30'), '')
    t.strictSame(bond(), { amount: 70n, lockedUntilMs: START_MS + 200 })
    t.equal(release('70'), '')
    t.strictSame(bond(), { amount: 0n, lockedUntilMs: 0 })
    t.equal(spendable(world, 'account-1'), ACCOUNT_FUNDS)
  },
)

t.test('a part of a locked bond is paid to another or burned', async (t) => {
  const world = await createWorld({ accounts: 1 })
  const owner = world.id('account-1')
  lockBond(world.state, { owner, currency, amount: 100n, untilMs: START_MS + 100 })
  const to = world.id('helper-1')
  t.equal(takeBond(world.state, { owner, to, currency, amount: 25n }), undefined)
  t.equal(burnBond(world.state, { owner, currency, amount: 75n }), undefined)
  t.equal(spendable(world, 'helper-1'), 25n)
  t.equal(bondOf(world.state, owner, currency).amount, 0n)
  t.equal(getSupply(world.state, currency)?.burned, 75n)
})

t.test('queries show balance, bond, escrow and supply', async (t) => {
  const world = await createWorld({ accounts: 1 })
  const account = world.id('account-1')
  lockBond(world.state, { owner: account, currency, amount: 5n, untilMs: 9 })
  openEscrow(world.state, { id: escrow, payer: account, currency, amount: 6n })
  const amount = (ACCOUNT_FUNDS - 11n).toString()
  t.strictSame(await world.query('bank.balance', { account, currency }), { amount })
  t.strictSame(await world.query('bank.balance', { account, currency: 'EUR' }), { amount: '0' })
  const bond = { amount: '5', lockedUntilMs: 9 }
  t.strictSame(await world.query('bank.bond', { account, currency }), bond)
  const held = { payer: account, currency, amount: '6' }
  t.strictSame(await world.query('bank.escrow', { escrow }), held)
  t.match(await world.query('bank.supply', { currency }), { redeemed: '0', burned: '0' })

  const nobody = `0x${'00'.repeat(32)}`
  const unknown = { account: nobody, currency }
  t.equal(await world.query('bank.balance', unknown), 'ACCOUNT_UNKNOWN')
  t.equal(await world.query('bank.bond', unknown), 'ACCOUNT_UNKNOWN')
  t.equal(await world.query('bank.escrow', { escrow: nobody }), 'ESCROW_UNKNOWN')
  t.equal(await world.query('bank.supply', { currency: 'EUR' }), 'CURRENCY_UNKNOWN')
})
