// The line before admission: in order, a portion for each turn of the loop, and nothing looked at when there is no room.
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import type { Admission } from '../../node/admission.ts'
import { nodeClock } from '../../node/clock.ts'
import { createIntake, PORTION } from '../../node/intake.ts'
import { toHex } from '../../vm/bytes.ts'

/** An intake that admits at once, by the byte of each envelope, and what it has admitted so far. */
function scene() {
  const admitted: number[] = []
  const room = { isFull: false }
  const intake = createIntake({
    clock: nodeClock,
    retryAfterMs: 200,
    isFull: () => room.isFull,
    admit: async (envelopes) => {
      admitted.push(...envelopes.map(([byte = -1]) => byte))
      return envelopes.map((bytes): Admission => ({ kind: 'admitted', id: toHex(bytes) }))
    },
  })
  return { admitted, room, ...intake }
}

const envelopes = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => new Uint8Array([(from + index) & 0xff]))

t.test('each has its own admission, in their order', async (t) => {
  const { take, admitted } = scene()
  const many = envelopes(3 * PORTION + 1)
  const admissions = await take(many)
  t.same(
    admissions.map((one) => one.kind === 'admitted' && one.id),
    many.map((bytes) => toHex(bytes)),
  )
  t.equal(admitted.length, many.length)
})

t.test('however many calls there are, a turn of the loop admits a portion', async (t) => {
  const { take, admitted } = scene()
  const calls = [take(envelopes(PORTION)), take(envelopes(PORTION)), take(envelopes(PORTION))]
  await Promise.resolve()
  t.equal(admitted.length, PORTION)
  await nextTurn()
  t.equal(admitted.length, 2 * PORTION)
  await Promise.all(calls)
  t.equal(admitted.length, 3 * PORTION)
})

t.test('without room nothing is looked at, and BUSY says when to come back', async (t) => {
  const { take, room, admitted } = scene()
  room.isFull = true
  const busy = { kind: 'refused', code: 'BUSY', detail: 'MEMPOOL_FULL', retryAfterMs: 200 }
  t.match(await take(envelopes(2)), [busy, busy])
  t.equal(admitted.length, 0)
  room.isFull = false
  t.match(await take(envelopes(1)), [{ kind: 'admitted' }])
})

t.test('who would wait long in the line is told to come back', async (t) => {
  const { take } = scene()
  const first = take(envelopes(990))
  t.match(await take(envelopes(20)), [{ kind: 'refused', code: 'BUSY', detail: 'INTAKE_FULL' }])
  t.match((await first).at(-1), { kind: 'admitted' })
  t.match((await take(envelopes(20))).at(-1), { kind: 'admitted' }, 'the line is empty again')
})
