// The main job on a small input: every sum right though a validator dies, nobody recognizable, nothing done twice.
import { statSync } from 'node:fs'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { z } from 'zod'
import { createClient } from '../../client/client.ts'
import { defaultParameters } from '../../vm/rules.ts'
import { followAnswers } from '../support/answer-blocks.ts'
import { temporaryFolder } from '../support/epione.ts'
import { isAlive } from '../support/processes.ts'
import { readRecords } from '../support/public-ledger.ts'
import { filesBelow, pidsIn, rehearse } from '../support/rehearsal.ts'
import { expected, tracesOf, writeSmallData } from '../support/small-data.ts'
import { assertStolenDisksTellNothing } from '../support/stolen-disks.ts'
import { assertTwoHelpersLearnNothing } from '../support/two-helpers.ts'

const minorUnits = z.string().regex(/^\d+$/)
const pair = { patient: z.string(), payer: z.string(), invoices: z.int() }
/** The object of --json, exactly. */
const printed = z.strictObject({
  validators: z.int(),
  patients: z.int(),
  invoices: z.int(),
  records: z.int(),
  sums: z.array(z.strictObject({ ...pair, minorUnits, plainMinorUnits: minorUnits })),
  withheld: z.array(z.strictObject(pair)),
  wallSeconds: z.number(),
  recordsPerSecond: z.number(),
  latencyMs: z.strictObject({ p50: z.number(), p95: z.number() }),
  cpuMicrosPerTxPerValidator: z.number(),
  nodes: z.array(z.strictObject({ height: z.int(), stateRoot: z.string() })),
  sights: z.array(
    z.strictObject({ party: z.string(), amounts: z.int(), sums: z.int(), besides: z.string() }),
  ),
})
type Printed = z.infer<typeof printed>

/** Of `alive` validators of the four, at one height. */
function checkSums(t: Test, out: string, alive: number): Printed {
  const result = printed.parse(JSON.parse(out))
  const sums = expected.sums.map((sum) => ({ ...sum, plainMinorUnits: sum.minorUnits }))
  t.same(result.sums, sums)
  t.same(result.withheld, expected.withheld)
  t.match(result, { validators: 4, patients: 3, invoices: 12, records: 12 })
  t.equal(result.nodes.length, alive, 'whoever lives tells where it stands')
  const sights = Object.fromEntries(
    result.sights.map(({ party, amounts, sums }) => [party, [amounts, sums]]),
  )
  const [own, nothing] = [
    [3, 0],
    [0, 0],
  ]
  t.same(sights, {
    ...Object.fromEntries([1, 2, 3, 4].map((number) => [`hospital-${number}`, own])),
    ...Object.fromEntries([1, 2, 3, 4, 5].map((number) => [`helper-${number}`, nothing])),
    'payer-no-insurance': [0, 2],
    'payer-blue-shield': [0, 1],
    '3 patients': [12, 0],
    'everybody with the ledger': nothing,
  })
  const everybody = result.sights.at(-1)?.besides ?? ''
  t.match(everybody, /^12 sealed records of 3 pseudonyms, 3 questions, \d+ sealed answers$/)
  t.equal(new Set(result.nodes.map(({ height, stateRoot }) => `${height} ${stateRoot}`)).size, 1)
  return result
}

/** Every block with its envelopes, and what else the node tells about itself. */
async function allAnswers(url: string): Promise<string> {
  const client = createClient({ url })
  const { height } = await client.head()
  const texts: string[] = [await (await fetch(`${url}/metrics`)).text()]
  for (let at = 0; at <= height; at++)
    texts.push(JSON.stringify(await client.call('chain_block', { height: at, envelopes: true })))
  texts.push(JSON.stringify(await client.call('node_status', {})))
  return texts.join('\n')
}

function assertNoTraces(t: Test, where: string, content: Buffer): void {
  for (const { what, bytes } of tracesOf())
    if (content.includes(bytes)) t.fail(`${where} holds ${what}`)
}

function assertFilesArePrivate(t: Test, home: string): void {
  const open = ['validators', 'agents'].flatMap((part) => filesBelow(join(home, part)))
  t.ok(open.length > 20, 'there are files to look at')
  for (const { path, bytes } of open) assertNoTraces(t, path, bytes)
  for (const { path, bytes } of filesBelow(join(home, 'clients'))) {
    if (path.endsWith('.log')) assertNoTraces(t, path, bytes)
    const mode = statSync(path).mode & 0o777
    const isSecret = /keys|patients\.json|outbox|key\.json|network\.json|cast\.json/.test(path)
    if (isSecret) t.equal(mode, 0o600, path)
  }
}

async function rpcUrlOf(home: string): Promise<string> {
  const running = await readFile(join(home, 'validators', 'hospital-1', 'running.json'), 'utf8')
  return JSON.parse(running).rpcUrl
}

test('every sum is right, nobody is recognizable, and a second start does nothing twice', async (t) => {
  const home = join(temporaryFolder(t), 'net')
  const data = writeSmallData(t)
  const first = rehearse(t, { data, home, hold: true })
  await first.recorded
  const url = await rpcUrlOf(home)
  assertNoTraces(t, 'an RPC answer', Buffer.from(await allAnswers(url)))
  const records = await readRecords(url)
  assertTwoHelpersLearnNothing(t, { home, records })
  const pids = pidsIn(home)
  t.equal(pids.length, 4 + 5 + 4 + 1 + 2, 'validators, helpers, hospitals, patients, payers')
  const answers = followAnswers(url)
  // A validator that is killed in the middle takes no sum with it.
  for (const pid of pidsIn(join(home, 'validators', 'authority-1'))) process.kill(pid, 'SIGKILL')
  first.go()
  const ran = await first.ended
  t.equal(ran.code, 0, ran.err)
  t.match(ran.err, /authority-1 ended by itself/)
  await answers.ended
  t.comment(`blocks from question to result: ${answers.found().join(', ')}`)
  t.ok(answers.found().length > 0, 'results were seen')
  const { nodes } = checkSums(t, ran.out, 3)
  t.notMatch(ran.err, /Quillfeather|999-41/)
  assertFilesArePrivate(t, home)
  assertStolenDisksTellNothing(t, { home, records })
  t.same(pids.filter(isAlive), [], 'no process is left')

  const startedMs = Date.now()
  const again = await rehearse(t, { data, home }).ended
  t.equal(again.code, 0, again.err)
  const heartbeats = Math.floor((Date.now() - startedMs) / defaultParameters.heartbeatMs)
  const { nodes: later, recordsPerSecond } = checkSums(t, again.out, 4)
  t.equal(recordsPerSecond, 0)
  const grown = (later[0]?.height ?? 0) - (nodes[0]?.height ?? 0)
  // A chain that starts again makes a block or two of its own, and one at each heartbeat; nobody sends anything.
  t.ok(grown <= 4 + heartbeats, `${grown} blocks`)

  const other = join(temporaryFolder(t), 'other')
  await cp(data, other, { recursive: true })
  const rows = await readFile(join(other, 'encounters.csv'), 'utf8')
  await writeFile(join(other, 'encounters.csv'), rows.replace('77.49', '77.50'))
  const refused = await rehearse(t, { data: other, home }).ended
  t.equal(refused.code, 3)
  t.match(refused.err, /HOME_INVALID.*other data/)
})

test('an input with flaws starts nothing', async (t) => {
  const home = join(temporaryFolder(t), 'net')
  const data = writeSmallData(t)
  const path = join(data, 'encounters.csv')
  await writeFile(path, (await readFile(path, 'utf8')).replace('77.49', '-77.49'))
  const { code, err, out } = await rehearse(t, { data, home }).ended
  t.equal(code, 2)
  t.equal(out, '')
  t.match(err, /INPUT_INVALID/)
  t.match(err, /encounters\.csv line 6 column TOTAL_CLAIM_COST: expected a decimal amount/)
  t.throws(() => statSync(home), { code: 'ENOENT' })
})
