// An import that is stopped goes on where it was: what is on the ledger is not recorded again, whoever forgot it.
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'tap'
import { openOutbox } from '../../node/agents/outbox.ts'
import { temporaryFolder } from '../support/epione.ts'
import { isAlive } from '../support/processes.ts'
import { pidsIn, rehearse } from '../support/rehearsal.ts'
import { writeSmallData } from '../support/small-data.ts'

/** Resolves when the condition holds; processes write files, and nobody tells when. */
async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20))
}

const outboxOf = (home: string) => join(home, 'clients', 'hospital-1', 'outbox.jsonl')

/** The batches of records that are on the ledger. */
async function recordedBatches(home: string): Promise<readonly string[]> {
  const outbox = await openOutbox(outboxOf(home))
  await outbox.close()
  return [...outbox.entries()].flatMap(([key, { outcome }]) =>
    key.startsWith('records/') && outcome?.code === '' ? [key] : [],
  )
}

/** The small data so many times over, which makes so many batches of sixteen. */
const TIMES = 4
const BATCHES = 3

type Sum = { readonly invoices: number; readonly minorUnits: string }

/** Of the job's parties one is enough to decide; `dev.test.ts` has four. */
const VALIDATORS = 1
/** Validator, helpers, hospitals and patients. */
const PROCESSES = VALIDATORS + 5 + 4 + 1

/** Whether a payload of the import has left for a node. */
async function hasSent(home: string): Promise<boolean> {
  const text = await readFile(outboxOf(home), 'utf8').catch(() => '')
  return /"key":"records\/\d+","validUntil"/.test(text)
}

test('an import that is killed half way goes on where it was and repeats nothing', async (t) => {
  const home = join(temporaryFolder(t), 'net')
  const data = writeSmallData(t, { times: TIMES, facilities: 1 })
  const first = rehearse(t, { data, home, validators: VALIDATORS })
  await until(() => hasSent(home))
  const pids = pidsIn(home)
  t.ok(pids.length >= PROCESSES, 'everybody runs')
  first.child.kill('SIGKILL')
  await once(first.child, 'close')
  await until(() => !pids.some(isAlive))
  t.pass('children end when their parent is killed')
  const before = await recordedBatches(home)
  t.ok(before.length < BATCHES, `${before.length} of ${BATCHES} batches were recorded`)

  const { code, out, err } = await rehearse(t, { data, home, validators: VALIDATORS }).ended
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

  // What the hospital has forgotten the ledger still knows: nothing is recorded under a second id.
  const lines = (await readFile(outboxOf(home), 'utf8')).split('\n')
  const forgotten = lines.filter((line) => !line.startsWith('{"key":"records/'))
  await writeFile(outboxOf(home), forgotten.join('\n'))
  const again = await rehearse(t, { data, home, validators: VALIDATORS }).ended
  t.equal(again.code, 0, again.err)
  t.same(JSON.parse(again.out).sums, result.sums)
  t.same(await recordedBatches(home), [], 'every batch was refused as recorded already')
})
