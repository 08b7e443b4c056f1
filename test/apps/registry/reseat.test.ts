// The turn and the skips go over to the next set: in every history of misses, returns and changes.
import * as fc from 'fast-check'
import t from 'tap'
import { advance, endSkip, firstRotation, reseat, skipOf } from '../../../apps/registry/rotation.ts'
import type { Rotation } from '../../../apps/registry/state.ts'
import { faults } from '../../../vm/quorum.ts'
import type { Hex } from '../../../vm/types.ts'
import type { Validator } from '../../../vm/validator.ts'

const engine = 'pbft'
const id = (number: number): Hex => `0x${String(number).padStart(64, '0')}`
const member = (number: number, key = number): Validator => ({
  account: id(number),
  organization: id(number),
  consensusKey: id(1_000 + key),
  peerKey: id(2_000 + key),
})
const setOf = (...numbers: readonly number[]) => numbers.map((number) => member(number))
const accounts = (set: readonly Validator[]) => set.map(({ account }) => account)
const missOf = (number: number, since: number, until: number) => ({
  validator: id(number),
  length: 8,
  since,
  until,
  ready: false,
})

t.test('the turn of one that left is that of the next who stays', async (t) => {
  const before = setOf(0, 1, 2, 3)
  const turn = (due: number, after: readonly Validator[]) =>
    reseat({ due: id(due), misses: [] }, { before, after, height: 9, engine }).due
  t.equal(turn(1, setOf(0, 2, 3)), id(2))
  t.equal(turn(3, setOf(0, 1, 2)), id(0), 'round the end')
  t.equal(turn(3, setOf(0, 1, 2, 4)), id(4), 'a joiner sits at the end')
  t.equal(turn(0, setOf(1, 2, 3)), id(1))
  t.equal(turn(2, setOf(0, 1, 2, 3, 4)), id(2), 'who stays keeps its turn')
})

t.test('nobody has two turns, or none, because another left or came', async (t) => {
  for (const gone of [0, 1, 2, 3, 4]) {
    for (let blocks = 0; blocks < 5; blocks++) {
      const before = setOf(0, 1, 2, 3, 4)
      let rotation = firstRotation(accounts(before))
      const dues: Hex[] = []
      const pass = (set: readonly Validator[], height: number) => {
        dues.push(rotation.due)
        rotation = advance(rotation, accounts(set), { height, proposer: rotation.due, engine })
      }
      for (let height = 1; height <= blocks; height++) pass(before, height)
      const after = before.filter(({ account }) => account !== id(gone))
      rotation = reseat(rotation, { before, after, height: blocks + 1, engine })
      while (dues.length < 5) pass(after, dues.length + 1)
      const others = accounts(after).map((one) => dues.filter((due) => due === one).length)
      t.ok(
        others.every((turns) => turns >= 1 && turns <= 2),
        `${gone} leaves after ${blocks}: ${others}`,
      )
    }
  }
})

t.test('skips go along, those of who left do not, and at most f of the new set hold', async (t) => {
  const before = setOf(0, 1, 2, 3, 4, 5, 6)
  const rotation: Rotation = { due: id(2), misses: [missOf(0, 3, 20), missOf(1, 5, 20)] }
  const over = (after: readonly Validator[]) =>
    reseat(rotation, { before, after, height: 9, engine }).misses
  t.strictSame(over(setOf(0, 1, 2, 3, 4, 5, 6, 7)), rotation.misses)
  t.strictSame(over(setOf(1, 2, 3, 4, 5, 6)), [missOf(1, 5, 20)], 'who comes back starts anew')
  t.strictSame(
    over(setOf(0, 1, 3, 4, 5, 6)),
    [missOf(0, 3, 8), missOf(1, 5, 20)],
    'one of six may be skipped: the oldest skip ends, the miss is remembered',
  )
  const renewed = before.map((seat) => (seat.account === id(0) ? member(0, 90) : seat))
  t.strictSame(over(renewed), [missOf(1, 5, 20)], 'a new machine has missed nothing')
})

type Move =
  | { readonly kind: 'block'; readonly shift: number }
  | { readonly kind: 'ready' | 'leave' | 'renew'; readonly who: number }
  | { readonly kind: 'join' }

const moves = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('block' as const), shift: fc.nat(9) }) },
    fc.record({
      kind: fc.constantFrom('ready' as const, 'leave' as const, 'renew' as const),
      who: fc.nat(9),
    }),
    fc.record({ kind: fc.constant('join' as const) }),
  ),
  { maxLength: 150, size: 'max' },
)

t.test('in every history the one that is due has a seat and is not skipped', async (t) => {
  let changes = 0
  await fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 }), moves, (count, history: readonly Move[]) => {
      let set: readonly Validator[] = setOf(...Array.from({ length: count }, (_, index) => index))
      let rotation = firstRotation(accounts(set))
      let height = 1
      let next = 100
      const take = (after: readonly Validator[]) => {
        if (after.length === 0 || after.length > 12) return
        changes += 1
        const stay = accounts(after).filter((one) => accounts(set).includes(one))
        const order = accounts(set).filter((one) => stay.includes(one))
        const from = [...accounts(set), ...accounts(set)].slice(accounts(set).indexOf(rotation.due))
        const expected = from.find((one) => stay.includes(one))
        const { due } = rotation
        rotation = reseat(rotation, { before: set, after, height, engine })
        if (stay.join() !== order.join()) throw new Error('the order changed')
        if (stay.includes(due) && rotation.due !== expected) throw new Error('a turn was lost')
        set = after
      }
      for (const move of history) {
        const seat = 'who' in move ? set[move.who % set.length] : undefined
        if (move.kind === 'block') {
          const all = accounts(set)
          const proposer = all[(all.indexOf(rotation.due) + move.shift) % all.length] as Hex
          rotation = advance(rotation, all, { height, proposer, engine })
          height += 1
        } else if (move.kind === 'join') take([...set, member(next++)])
        else if (move.kind === 'leave') take(set.filter((one) => one !== seat))
        else if (move.kind === 'renew') {
          take(set.map((one) => (one === seat ? { ...one, consensusKey: id(next++) } : one)))
        } else rotation = endSkip(rotation, seat?.account as Hex, height - 1)
        const skipped = accounts(set).filter((one) => skipOf(rotation, one, height))
        if (!accounts(set).includes(rotation.due)) throw new Error('one without a seat is due')
        if (skipped.includes(rotation.due)) throw new Error('a skipped one is due')
        if (skipped.length > faults(set.length, engine)) throw new Error('more than f are skipped')
        if (rotation.misses.some(({ validator }) => !accounts(set).includes(validator)))
          throw new Error('one without a seat is remembered')
      }
    }),
    { numRuns: 300 },
  )
  t.ok(changes > 1_000, `${changes} changes`)
})
