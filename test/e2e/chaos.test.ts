// A short run of npm run chaos: real validators, a few faults of each sort, and clients that lose nothing.
import { existsSync, mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { runChaos } from '../chaos/run.ts'
import type { Fault } from '../chaos/schedule.ts'
import { commandLines } from '../support/processes.ts'

const calm = { lengthMs: 300, amountMs: 0, restMs: 300 }
const faults: readonly Fault[] = [
  { ...calm, kind: 'kill', victim: 1 },
  { ...calm, kind: 'cut-both-ways', victim: 0, lengthMs: 1_500 },
  { ...calm, kind: 'full-disk', victim: 0 },
  { ...calm, kind: 'wipe-data-and-journal', victim: 2 },
  { ...calm, kind: 'kill-all', victim: 0 },
]

test('nothing that was acknowledged is lost, and nobody votes twice', async (t) => {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'epione-test-')))
  const left = [...faults]
  const { report, wrong } = await runChaos({
    ...{ home, seed: 7, minutes: 10, rate: 60, keep: false },
    say: (line) => t.comment(line),
    signal: new AbortController().signal,
    next: () => left.shift(),
  })
  t.same(wrong, [], `or look into ${home}`)
  t.match(report, { lost: 0, duplicated: 0, doubleVotes: 0, forks: 0 })
  t.equal(report.recoveriesMs.length, faults.length)
  t.ok(report.acknowledged >= 300, `${report.acknowledged} acknowledged`)
  t.notOk(existsSync(home), 'no folder is left')
  t.notOk(commandLines().includes(home), 'nor any process')
})
