// The main job when something goes wrong: a process dies half way, a record is false, helpers are gone.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'tap'
import { openOutbox } from '../../node/agents/outbox.ts'
import { temporaryFolder } from '../support/epione.ts'
import { isAlive, pidsIn, rehearse } from '../support/rehearsal.ts'
import { expected, invoiceId, writeSmallData } from '../support/small-data.ts'

/** Resolves when the condition holds; processes write files, and nobody tells when. */
async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20))
}

const outboxOf = (home: string) => join(home, 'clients', 'hospital', 'outbox.jsonl')

/** The batches of records that are on the ledger. */
async function recordedBatches(home: string): Promise<readonly string[]> {
  const outbox = await openOutbox(outboxOf(home))
  await outbox.close()
  return [...outbox.entries()].flatMap(([key, { outcome }]) =>
    key.startsWith('records/') && outcome?.code === '' ? [key] : [],
  )
}

/** The small data so many times over, which makes so many batches of sixteen. */
const TIMES = 6
const BATCHES = 5

type Sum = { readonly invoices: number; readonly minorUnits: string }

async function hasRecorded(home: string): Promise<boolean> {
  const text = await readFile(outboxOf(home), 'utf8').catch(() => '')
  return /"key":"records\/\d+","code":""/.test(text)
}

test('an import that is killed half way goes on where it was and repeats nothing', async (t) => {
  const home = join(temporaryFolder(t), 'net')
  const data = writeSmallData(t, TIMES)
  const first = rehearse(t, { data, home })
  await until(() => hasRecorded(home))
  const pids = pidsIn(home)
  t.ok(pids.length >= 11, 'everybody runs')
  first.child.kill('SIGKILL')
  await once(first.child, 'close')
  await until(() => !pids.some(isAlive))
  t.pass('children end when their parent is killed')
  const before = await recordedBatches(home)
  t.ok(
    before.length > 0 && before.length < BATCHES,
    `${before.length} of ${BATCHES} batches were recorded`,
  )

  const { code, out, err } = await rehearse(t, { data, home }).ended
  t.equal(code, 0, err)
  const result = JSON.parse(out)
  t.equal(result.records, 12 * TIMES)
  // So many times the invoices, so nothing is withheld; a record too many would show in a sum.
  t.same(
    result.sums.map(({ invoices, minorUnits }: Sum) => [invoices, minorUnits]),
    [
      [4 * TIMES, `${TIMES * 8_919_557}`],
      [TIMES, `${TIMES * 7_749}`],
      [3 * TIMES, `${TIMES * 8_589_934_591}`],
      [4 * TIMES, `${TIMES * 258_247}`],
    ],
  )
  t.equal((await recordedBatches(home)).length, BATCHES)
})

test('one invoice recorded a cent off is found, and the pair is named', async (t) => {
  const data = writeSmallData(t)
  const home = join(temporaryFolder(t), 'net')
  const misrecord = { invoice: invoiceId(9), byMinorUnits: 1 }
  const { code, out, err } = await rehearse(t, { data, home, misrecord }).ended
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
