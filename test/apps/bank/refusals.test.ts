// Every refusal of the bank, and that a refusal changes nothing.
import t from 'tap'
import { codes } from '../../../apps/bank/codes.ts'
import {
  burnBond,
  closeEscrow,
  extendLock,
  lockBond,
  openEscrow,
  takeBond,
  transfer,
} from '../../../apps/bank/money.ts'
import { AMOUNT_MAX } from '../../../apps/bank/state.ts'
import { ACCOUNT_FUNDS, TREASURY_FUNDS } from '../../../genesis/sample.ts'
import type { Refusal } from '../../../vm/app.ts'
import { toHex } from '../../../vm/bytes.ts'
import type { JsonValue } from '../../../vm/codec.ts'
import { createOverlay, type Writer } from '../../../vm/state.ts'
import type { Hex } from '../../../vm/types.ts'
import { createWorld, START_MS, type World } from '../world.ts'

const nobody: Hex = `0x${'00'.repeat(32)}`
const escrow: Hex = `0x${'e5'.repeat(32)}`
const currency = 'USD'
const tooMuch = (ACCOUNT_FUNDS + 1n).toString()

type Act = {
  readonly why: string
  readonly code: string
  readonly type: string
  readonly payload: (world: World) => JsonValue
  readonly by: string
}

const acts: readonly Act[] = [
  {
    why: 'an issue in a currency for which nobody stands',
    code: 'CURRENCY_UNKNOWN',
    type: 'bank.issue',
    payload: ({ id }) => ({ to: id('account-1'), currency: 'EUR', amount: '1' }),
    by: 'treasury',
  },
  {
    why: 'an issue by anybody else',
    code: 'NOT_TREASURER',
    type: 'bank.issue',
    payload: ({ id }) => ({ to: id('account-1'), currency, amount: '1' }),
    by: 'hospital-admin',
  },
  {
    why: 'an issue of nothing',
    code: 'AMOUNT_ZERO',
    type: 'bank.issue',
    payload: ({ id }) => ({ to: id('account-1'), currency, amount: '0' }),
    by: 'treasury',
  },
  {
    why: 'an issue to nobody',
    code: 'ACCOUNT_UNKNOWN',
    type: 'bank.issue',
    payload: () => ({ to: nobody, currency, amount: '1' }),
    by: 'treasury',
  },
  {
    why: 'an issue beyond 64 bits',
    code: 'SUPPLY_TOO_LARGE',
    type: 'bank.issue',
    payload: ({ id }) => {
      const amount = AMOUNT_MAX - TREASURY_FUNDS - 2n * ACCOUNT_FUNDS + 1n
      return { to: id('account-1'), currency, amount: amount.toString() }
    },
    by: 'treasury',
  },
  {
    why: 'a redemption in a currency for which nobody stands',
    code: 'CURRENCY_UNKNOWN',
    type: 'bank.redeem',
    payload: () => ({ currency: 'EUR', amount: '1' }),
    by: 'treasury',
  },
  {
    why: 'a redemption by a holder',
    code: 'NOT_TREASURER',
    type: 'bank.redeem',
    payload: () => ({ currency, amount: '1' }),
    by: 'account-1',
  },
  {
    why: 'a redemption of nothing',
    code: 'AMOUNT_ZERO',
    type: 'bank.redeem',
    payload: () => ({ currency, amount: '0' }),
    by: 'treasury',
  },
  {
    why: 'a redemption of more than the treasurer has',
    code: 'BALANCE_TOO_LOW',
    type: 'bank.redeem',
    payload: () => ({ currency, amount: (TREASURY_FUNDS + 1n).toString() }),
    by: 'treasury',
  },
  {
    why: 'a transfer of nothing',
    code: 'AMOUNT_ZERO',
    type: 'bank.transfer',
    payload: ({ id }) => ({ to: id('account-2'), currency, amount: '0' }),
    by: 'account-1',
  },
  {
    why: 'a transfer to oneself',
    code: 'SAME_ACCOUNT',
    type: 'bank.transfer',
    payload: ({ id }) => ({ to: id('account-1'), currency, amount: '1' }),
    by: 'account-1',
  },
  {
    why: 'a transfer to nobody',
    code: 'ACCOUNT_UNKNOWN',
    type: 'bank.transfer',
    payload: () => ({ to: nobody, currency, amount: '1' }),
    by: 'account-1',
  },
  {
    why: 'a transfer of more than there is',
    code: 'BALANCE_TOO_LOW',
    type: 'bank.transfer',
    payload: ({ id }) => ({ to: id('account-2'), currency, amount: tooMuch }),
    by: 'account-1',
  },
  {
    why: 'a transfer of a currency that one has none of',
    code: 'BALANCE_TOO_LOW',
    type: 'bank.transfer',
    payload: ({ id }) => ({ to: id('account-2'), currency: 'EUR', amount: '1' }),
    by: 'account-1',
  },
  {
    why: 'a release of nothing',
    code: 'AMOUNT_ZERO',
    type: 'bank.release-bond',
    payload: () => ({ currency, amount: '0' }),
    by: 'account-1',
  },
  {
    why: 'a release of more than the bond',
    code: 'BOND_TOO_LOW',
    type: 'bank.release-bond',
    payload: () => ({ currency, amount: '11' }),
    by: 'account-1',
  },
  {
    why: 'a release at the last moment of the lock',
    code: 'BOND_LOCKED',
    type: 'bank.release-bond',
    payload: () => ({ currency, amount: '1' }),
    by: 'account-1',
  },
]

type Movement = {
  readonly why: string
  readonly code: string
  readonly move: (state: Writer, world: World) => Refusal | undefined
}

const movements: readonly Movement[] = [
  {
    why: 'a transfer by another application obeys the same rules',
    code: 'BALANCE_TOO_LOW',
    move: (state, { id }) =>
      transfer(state, { from: id('hospital'), to: id('account-1'), currency, amount: 1n }),
  },
  {
    why: 'an escrow of nothing',
    code: 'AMOUNT_ZERO',
    move: (state, { id }) =>
      openEscrow(state, { id: nobody, payer: id('account-1'), currency, amount: 0n }),
  },
  {
    why: 'an escrow of more than there is',
    code: 'BALANCE_TOO_LOW',
    move: (state, { id }) =>
      openEscrow(state, { id: nobody, payer: id('hospital'), currency, amount: 1n }),
  },
  {
    why: 'an escrow with an id that is open',
    code: 'ESCROW_EXISTS',
    move: (state, { id }) =>
      openEscrow(state, { id: escrow, payer: id('account-1'), currency, amount: 1n }),
  },
  {
    why: 'an escrow that nobody opened',
    code: 'ESCROW_UNKNOWN',
    move: (state) => closeEscrow(state, { id: nobody, payments: [] }),
  },
  {
    why: 'payees that get more than the escrow holds',
    code: 'ESCROW_TOO_LOW',
    move: (state, { id }) => {
      const payments = ['account-1', 'account-2'].map((name) => ({ to: id(name), amount: 11n }))
      return closeEscrow(state, { id: escrow, payments })
    },
  },
  {
    why: 'a payee that does not exist',
    code: 'ACCOUNT_UNKNOWN',
    move: (state) => closeEscrow(state, { id: escrow, payments: [{ to: nobody, amount: 1n }] }),
  },
  {
    why: 'a bond of more than there is',
    code: 'BALANCE_TOO_LOW',
    move: (state, { id }) =>
      lockBond(state, { owner: id('hospital'), currency, amount: 1n, untilMs: 1 }),
  },
  {
    why: 'a longer lock without a bond',
    code: 'BOND_TOO_LOW',
    move: (state, { id }) => extendLock(state, { owner: id('hospital'), currency, untilMs: 1 }),
  },
  {
    why: 'a reward beyond the bond',
    code: 'BOND_TOO_LOW',
    move: (state, { id }) =>
      takeBond(state, { owner: id('account-1'), to: id('hospital'), currency, amount: 11n }),
  },
  {
    why: 'a reward to nobody',
    code: 'ACCOUNT_UNKNOWN',
    move: (state, { id }) =>
      takeBond(state, { owner: id('account-1'), to: nobody, currency, amount: 1n }),
  },
  {
    why: 'a burn beyond the bond',
    code: 'BOND_TOO_LOW',
    move: (state, { id }) => burnBond(state, { owner: id('account-1'), currency, amount: 11n }),
  },
]

/** Two funded accounts; the first has a bond of 10, locked until now, and an escrow of 20. */
async function prepare(): Promise<World> {
  const world = await createWorld({ accounts: 2 })
  world.at({ timeMs: START_MS + 5 })
  const owner = world.id('account-1')
  lockBond(world.state, { owner, currency, amount: 10n, untilMs: START_MS + 5 })
  openEscrow(world.state, { id: escrow, payer: owner, currency, amount: 20n })
  return world
}

const snapshot = ({ state }: World) =>
  state.writes().map(({ app, key, value }) => [app, key, value && toHex(value)])

t.test('refused transactions have their codes and leave the state as it was', async (t) => {
  const world = await prepare()
  const was = snapshot(world)
  for (const { why, code, type, payload, by } of acts) {
    t.strictSame(world.act(type, payload(world), by), { code, events: [] }, why)
    t.strictSame(snapshot(world), was)
  }
})

t.test('refused movements have their codes and have written nothing', async (t) => {
  const world = await prepare()
  for (const { why, code, move } of movements) {
    const overlay = createOverlay(world.state)
    t.strictSame(move(overlay, world), { ok: false, code }, why)
    t.strictSame(overlay.writes(), [])
  }
})

t.test('no code is without a case, and no case without a code', async (t) => {
  const used = new Set([...acts, ...movements].map(({ code }) => code))
  t.strictSame([...used].sort(), Object.keys(codes).sort())
})
