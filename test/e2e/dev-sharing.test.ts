// The main job with replicated shares: one owner, three helpers, the same sums and withheld rows; and homes of one sharing only.
import { join } from 'node:path'
import { test } from 'tap'
import { temporaryFolder } from '../support/epione.ts'
import { pidsIn, rehearse } from '../support/rehearsal.ts'
import { expected, writeSmallData } from '../support/small-data.ts'

type Sight = { readonly party: string; readonly amounts: number; readonly sums: number }

test('with replicated shares every sum is the same, and another sharing is refused', async (t) => {
  const home = join(temporaryFolder(t), 'net')
  const data = writeSmallData(t)
  const plan = { data, home }
  const run = rehearse(t, { ...plan, sharing: 'L', hold: true })
  await run.recorded
  t.equal(pidsIn(home).length, 4 + 3 + 1 + 1 + 2, 'validators, helpers, owner, patients, payers')
  run.go()
  const { code, out, err } = await run.ended
  t.equal(code, 0, err)
  const result = JSON.parse(out)
  t.same(
    result.sums,
    expected.sums.map((sum) => ({ ...sum, plainMinorUnits: sum.minorUnits })),
  )
  t.same(result.withheld, expected.withheld)
  t.equal(result.nodes.length, 4, 'nobody disturbed them')
  t.same(
    result.sights.map(({ party, amounts, sums }: Sight) => [party, amounts, sums]),
    [
      ['hospital-1', 12, 0],
      ['helper-1', 0, 0],
      ['helper-2', 0, 0],
      ['helper-3', 0, 0],
      ['payer-no-insurance', 0, 2],
      ['payer-blue-shield', 0, 1],
      ['3 patients', 12, 0],
      ['everybody with the ledger', 0, 0],
    ],
  )

  const other = await rehearse(t, { ...plan, sharing: 'M' }).ended
  t.equal(other.code, 3)
  t.match(other.err, /HOME_INVALID.*with the sharing L, not M/)
})
