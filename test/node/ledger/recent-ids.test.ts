// The filter over recent ids: it forgets nothing that counts.
import t from 'tap'
import { createRecentIds } from '../../../node/ledger/recent-ids.ts'
import { asciiBytes } from '../../../vm/bytes.ts'
import { digest } from '../../../vm/hash.ts'

const idOf = (number: number) => digest('tx', asciiBytes(`${number}`))
const idsOf = (height: number) =>
  Array.from({ length: 50 }, (_, index) => idOf(height * 50 + index))

t.test('every id of the window is found, through all changes of the generation', async (t) => {
  const recent = createRecentIds(1_000, -Infinity)
  for (let height = 1; height < 100; height++) {
    recent.add(idsOf(height), height * 100)
    for (let inside = Math.max(1, height - 10); inside <= height; inside++)
      t.ok(idsOf(inside).every(recent.mayHold), `${inside} at ${height}`)
  }
  t.notOk(idsOf(1).some(recent.mayHold), 'what is far behind is forgotten')
  t.notOk(idsOf(200).some(recent.mayHold), 'and what never was is not there')
})

t.test(
  'what came before the start may be anywhere as long as the window reaches back to it',
  async (t) => {
    const recent = createRecentIds(1_000, 5_000)
    t.ok(recent.mayHold(idOf(7)))
    recent.add(idsOf(1), 5_500)
    t.ok(recent.mayHold(idOf(7)))
    recent.add(idsOf(2), 6_000)
    t.ok(recent.mayHold(idOf(7)), 'the block of the start itself is not known')
    recent.add(idsOf(3), 6_001)
    t.notOk(recent.mayHold(idOf(7)))
    t.ok(idsOf(1).every(recent.mayHold))
  },
)
