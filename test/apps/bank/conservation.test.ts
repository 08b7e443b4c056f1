// No history makes or loses money, and the invariant sees whoever tries.
import * as fc from 'fast-check'
import t from 'tap'
import { assertConserved } from '../../../apps/bank/conservation.ts'
import {
  burnBond,
  closeEscrow,
  credit,
  extendLock,
  lockBond,
  openEscrow,
  takeBond,
  transfer,
} from '../../../apps/bank/money.ts'
import { BANK, balances, bonds, escrows, getSupply, supplies } from '../../../apps/bank/state.ts'
import { AssertionError } from '../../../vm/assert.ts'
import { decode } from '../../../vm/codec.ts'
import { createOverlay, type Overlay, type Writer } from '../../../vm/state.ts'
import type { Hex } from '../../../vm/types.ts'
import { createWorld, START_MS, type World } from '../world.ts'

const currency = 'USD'
const names = ['treasury', 'account-1', 'account-2', 'helper-1']
const escrowId = (index: number): Hex => `0x${String(index).padStart(64, '0')}`

/** Everything that somebody holds, added up value by value. */
function held(state: Overlay): bigint {
  return state.writes().reduce((sum, { app, key, value }) => {
    if (app !== BANK || value === undefined) return sum
    if (key.startsWith('bal/')) return sum + decode(balances.value, value)
    if (key.startsWith('bond/')) return sum + decode(bonds.value, value).amount
    if (key.startsWith('esc/')) return sum + decode(escrows.value, value).amount
    return sum
  }, 0n)
}

const who = fc.constantFrom(...names)
const amount = fc.oneof(
  fc.bigInt({ min: 0n, max: 50n }),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
)
const index = fc.nat({ max: 3 })
const untilMs = fc.integer({ min: START_MS, max: START_MS + 100 })

const step = fc.oneof(
  fc.record({
    kind: fc.constant('act' as const),
    type: fc.constantFrom('issue', 'transfer'),
    who,
    to: who,
    amount,
  }),
  fc.record({
    kind: fc.constant('act' as const),
    type: fc.constantFrom('redeem', 'release-bond'),
    who,
    amount,
  }),
  fc.record({ kind: fc.constant('time' as const), untilMs }),
  fc.record({ kind: fc.constant('move' as const), who, to: who, amount }),
  fc.record({ kind: fc.constant('open' as const), index, who, amount }),
  fc.record({ kind: fc.constant('close' as const), index, to: who, amount }),
  fc.record({ kind: fc.constant('lock' as const), who, amount, untilMs }),
  fc.record({ kind: fc.constant('extend' as const), who, untilMs }),
  fc.record({ kind: fc.constant('take' as const), who, to: who, amount }),
  fc.record({ kind: fc.constant('burn' as const), who, amount }),
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** What another application does; a refusal has written nothing, so all of it may be taken. */
function move(state: Writer, { id }: World, done: Exclude<Step, { kind: 'act' | 'time' }>): void {
  switch (done.kind) {
    case 'move':
      transfer(state, { from: id(done.who), to: id(done.to), currency, amount: done.amount })
      return
    case 'open': {
      const payer = id(done.who)
      openEscrow(state, { id: escrowId(done.index), payer, currency, amount: done.amount })
      return
    }
    case 'close': {
      const payments = [{ to: id(done.to), amount: done.amount }]
      closeEscrow(state, { id: escrowId(done.index), payments })
      return
    }
    case 'lock':
      lockBond(state, { ...done, owner: id(done.who), currency })
      return
    case 'extend':
      extendLock(state, { owner: id(done.who), currency, untilMs: done.untilMs })
      return
    case 'take':
      takeBond(state, { owner: id(done.who), to: id(done.to), currency, amount: done.amount })
      return
    case 'burn':
      burnBond(state, { owner: id(done.who), currency, amount: done.amount })
      return
  }
}

function perform(world: World, done: Step): void {
  if (done.kind === 'time') {
    world.at({ timeMs: done.untilMs })
    return
  }
  if (done.kind === 'act') {
    const to = 'to' in done ? { to: world.id(done.to) } : {}
    const payload = { ...to, currency, amount: done.amount.toString() }
    world.act(`bank.${done.type}`, payload, done.who)
    return
  }
  const overlay = createOverlay(world.state)
  move(overlay, world, done)
  assertConserved(world.state, overlay.writes())
  world.state.take(overlay.writes())
}

t.test('issued − redeemed − burned is what is held, after every history', async (t) => {
  const worlds = await Promise.all(Array.from({ length: 60 }, () => createWorld({ accounts: 2 })))
  let moved = 0
  await fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
      const world = worlds.pop()
      if (world === undefined) return
      const was = held(world.state)
      for (const done of steps) perform(world, done)
      const supply = getSupply(world.state, currency)
      if (supply === undefined) throw new Error('the currency is gone')
      const claims = supply.issued - supply.redeemed - supply.burned
      if (claims !== held(world.state))
        throw new Error(`${claims} claimed, ${held(world.state)} held`)
      if (claims !== was) moved += 1
    }),
    // The same histories each time: how many of them move money is counted below.
    { numRuns: 60, endOnFailure: true, seed: 3 },
  )
  t.ok(moved > 20, 'most histories issue, redeem or burn something')
})

t.test('the invariant names a currency in which a transaction made or lost money', async (t) => {
  const world = await createWorld({ accounts: 1 })
  const account = world.id('account-1')
  const supply = getSupply(world.state, currency)
  if (supply === undefined) throw new Error('no currency')
  const wrongs: readonly ((state: Writer) => void)[] = [
    (state) => credit(state, account, { currency, amount: 1n }),
    (state) => balances.remove(state, account, currency),
    (state) => bonds.put(state, { amount: 1n, lockedUntilMs: 0 }, account, currency),
    (state) => escrows.put(state, { payer: account, currency, amount: 1n }, escrowId(1)),
    (state) => supplies.put(state, { ...supply, issued: supply.issued + 1n }, currency),
    (state) => supplies.put(state, { ...supply, redeemed: 1n }, currency),
    (state) => supplies.put(state, { ...supply, burned: 1n }, currency),
    (state) => supplies.remove(state, currency),
    (state) => state.set({ app: BANK, key: 'gold/1' }, new Uint8Array([1])),
    // What one currency loses another must not gain.
    (state) => {
      balances.put(state, 999_999_999n, account, currency)
      credit(state, account, { currency: 'EUR', amount: 1n })
    },
  ]
  for (const wrong of wrongs) {
    const overlay = createOverlay(world.state)
    wrong(overlay)
    t.throws(() => assertConserved(world.state, overlay.writes()), AssertionError, String(wrong))
  }
})
