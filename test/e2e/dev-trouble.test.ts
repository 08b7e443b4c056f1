// The main job when something goes wrong: a record is false, a validator dies, helpers are gone.
import { join } from 'node:path'
import { test } from 'tap'
import { temporaryFolder } from '../support/epione.ts'
import { pidsIn, rehearse } from '../support/rehearsal.ts'
import { expected, invoiceId, writeSmallData } from '../support/small-data.ts'

test('one invoice recorded a cent off is found, and the pair is named', async (t) => {
  const data = writeSmallData(t)
  const home = join(temporaryFolder(t), 'net')
  const misrecord = { invoice: invoiceId(9), byMinorUnits: 1 }
  const { code, out, err } = await rehearse(t, { data, home, validators: 1, misrecord }).ended
  t.equal(code, 1)
  const wrong = expected.sums[2]
  t.match(err, new RegExp(`DIFFERS: patient ${wrong?.patient}, payer ${wrong?.payer}`))
  const [, , third] = JSON.parse(out).sums
  t.match(third, { minorUnits: '258248', plainMinorUnits: '258247' })
})

test('a validator that is killed in the middle takes no sum with it', async (t) => {
  const data = writeSmallData(t)
  const home = join(temporaryFolder(t), 'net')
  const run = rehearse(t, { data, home, hold: true })
  await run.recorded
  for (const pid of pidsIn(join(home, 'validators', 'authority-1'))) process.kill(pid, 'SIGKILL')
  run.go()
  const { code, out, err } = await run.ended
  t.equal(code, 0, err)
  const { sums, nodes } = JSON.parse(out)
  t.equal(sums.length, expected.sums.length)
  t.equal(nodes.length, 3, 'the others stand at one height')
  t.match(err, /authority-1 ended by itself/)
})

test('with three of five helpers stopped no sum appears', async (t) => {
  const data = writeSmallData(t)
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
