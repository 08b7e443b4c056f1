// Ratios to an earlier report.
import t from 'tap'
import { compareText, ratios } from '../../bench/compare.ts'
import type { Run } from '../../bench/report.ts'
import { reportText } from '../../bench/tables.ts'
import { aReport, aRun } from './reports.ts'

const before = aReport({
  verificationsPerSecond: 10_000,
  knee: 1_000,
  runs: [aRun({ offeredPerSecond: 1_000, cpu: 400 }), aRun({ offeredPerSecond: 500, cpu: 500 })],
})
const after = aReport({
  verificationsPerSecond: 20_000,
  knee: 3_000,
  runs: [
    aRun({ offeredPerSecond: 1_050, cpu: 100 }),
    aRun({ offeredPerSecond: 4_000, cpu: 90 }),
    aRun({ offeredPerSecond: 500, cpu: 100, validators: 7 }),
  ],
})

t.test('what a faster machine gives is told apart from what the program gives', async (t) => {
  const found = new Map(ratios(before, after).map(({ what, ratio }) => [what, ratio]))
  t.equal(found.get('limit, verifications/s'), 2)
  t.equal(found.get('knee of transfers, /s'), 3)
  t.equal(found.get('knee of transfers, % of the limit'), 1.5)
  t.equal(found.get('transfer × 4 at 1050/s: CPU us'), 0.25)
  t.equal(found.get('transfer × 4 at 1050/s: CPU units'), 0.5)
})

t.test('a run without a partner in the earlier report is left out', async (t) => {
  const compared = ratios(before, after).map(({ what }) => what)
  t.notOk(compared.some((what) => what.includes('4000/s')))
  t.notOk(compared.some((what) => what.includes('× 7')))
})

t.test('what was not measured is not compared', async (t) => {
  const none = aReport({ verificationsPerSecond: 10_000, knee: null, runs: [] })
  t.strictSame(
    ratios(none, none).map(({ what }) => what),
    ['limit, verifications/s'],
  )
})

t.test('a report without runs has its limit, and the parts that failed', async (t) => {
  const text = reportText({ ...after, runs: [], failed: [{ part: 'soak', reason: 'no disk' }] })
  t.match(text, /limit × 4: signatures alone +10000/)
  t.match(text, /^soak ended early: no disk$/m)
  t.notMatch(text, /bytes per tx/)
})

t.test('what batches come to is told beside the knee of transfers', async (t) => {
  const batches = (deliveredPerSecond: number): Run => ({
    ...aRun({ offeredPerSecond: 9, cpu: 50_000 }),
    ...{ mix: 'batch', itemsPerTransaction: 1_000, counts: true, deliveredPerSecond },
  })
  const textOf = (run: Run) => reportText({ ...after, runs: [run] })
  t.match(textOf(batches(9)), /^batches: 9000 items\/s, 3\.0 times that$/m)
  t.notMatch(textOf(batches(8)), /batches:/, 'a run that did not hold is no figure')
})

t.test('tables show the limit, every run and the ratios', async (t) => {
  const text = reportText(after)
  t.match(text, /limit × 4: signatures alone +10000 +100 % +50\.0 +1\.0/)
  t.match(text, /transfer × 4, 4000\/s +4000 +held +40\.0 %/)
  t.match(text, /knee of transfers: 3000\/s, 30\.0 % of the limit/)
  t.match(compareText(before, after), /knee of transfers, \/s +1000 +3000 +3\.00/)
})
