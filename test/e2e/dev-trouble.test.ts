// The main job when too many helpers are gone.
import { join } from 'node:path'
import { test } from 'tap'
import { temporaryFolder } from '../support/epione.ts'
import { pidsIn, rehearse } from '../support/rehearsal.ts'
import { expected, writeSmallData } from '../support/small-data.ts'

test('with three of five helpers stopped no sum appears', async (t) => {
  const data = writeSmallData(t, { facilities: 1 })
  const home = join(temporaryFolder(t), 'net')
  const run = rehearse(t, { data, home, validators: 1, queryDeadlineMs: 3_000, hold: true })
  await run.recorded
  for (const name of ['helper-1', 'helper-3', 'helper-4'])
    for (const pid of pidsIn(join(home, 'agents', name))) process.kill(pid, 'SIGKILL')
  run.go()
  const { code, out, err } = await run.ended
  t.equal(code, 1)
  const result = JSON.parse(out)
  t.same(result.sums, [])
  t.same(result.withheld, expected.withheld, 'what is too small is refused all the same')
  for (const { patient, payer } of expected.sums)
    t.match(err, `UNANSWERED: patient ${patient}, payer ${payer}`)
})
