// Reading Synthea's CSV: both column generations, the traps of real exports, and one line for each broken row.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { type Dataset, pairsOf, readDataset } from '../../../node/synthea/dataset.ts'
import { AMOUNT_BELOW, parseMinorUnits } from '../../../node/synthea/money.ts'
import { temporaryFolder } from '../../support/epione.ts'

const sample = join(import.meta.dirname, '../../../data/synthea')

type Files = Readonly<Record<'patients' | 'payers' | 'organizations' | 'encounters', string>>

/** Small files of the newer generation: more columns, in another order. */
const small: Files = {
  patients: 'Id,FIRST,LAST,FIPS,INCOME\np1,Zoë,"Núñez, Jr.",31,5\np2,Bob,Stone,31,6\n',
  payers: 'Id,NAME,OWNERSHIP\nx1,NO_INSURANCE,\nx2,"Blue, Cross",PRIVATE\n',
  organizations: 'Id,NAME\no1,Hospital\n',
  encounters:
    'Id,PATIENT,ORGANIZATION,PAYER,CODE,TOTAL_CLAIM_COST\n' +
    'e1,p1,o1,x1,10939881000119105,3798.09\n' +
    'e2,p1,o1,x1,08,0.00\n' +
    'e3,p2,o1,x2,08,112.41600000000001\n',
}

function folderOf(t: Test, files: Partial<Files>): string {
  const folder = temporaryFolder(t)
  for (const [name, text] of Object.entries({ ...small, ...files }))
    writeFileSync(join(folder, `${name}.csv`), text)
  return folder
}

async function read(t: Test, folder: string): Promise<Dataset> {
  const result = await readDataset(folder)
  if (!result.ok) throw new Error(`unexpected flaws: ${JSON.stringify(result.flaws)}`)
  t.ok(result.ok)
  return result.dataset
}

test('the shipped sample has 27 patients and 604 invoices of which every one counts', async (t) => {
  const dataset = await read(t, sample)
  t.equal(dataset.patients.length, 27)
  t.equal(dataset.invoices.length, 604)
  const pairs = pairsOf(dataset)
  t.equal(Math.max(...pairs.map(({ invoices }) => invoices.length)), 64)
  const all = pairs.reduce((sum, { minorUnits }) => sum + minorUnits, 0n)
  t.equal(
    all,
    dataset.invoices.reduce((sum, { minorUnits }) => sum + minorUnits, 0n),
  )
})

test('columns may stand in any order, with more of them, quoted commas and letters of any language', async (t) => {
  const dataset = await read(t, folderOf(t, {}))
  t.same(dataset.patients, ['p1', 'p2'])
  t.same(dataset.payers[1], { id: 'x2', name: 'Blue, Cross' })
  t.same(
    dataset.invoices.map(({ minorUnits }) => minorUnits),
    [379809n, 0n, 11242n],
  )
})

test('the pseudo payer NO_INSURANCE counts like any other', async (t) => {
  const pairs = pairsOf(await read(t, folderOf(t, {})))
  t.same(
    pairs.map(({ patient, payer, minorUnits }) => [patient, payer, minorUnits]),
    [
      ['p1', 'x1', 379809n],
      ['p2', 'x2', 11242n],
    ],
  )
})

test('a byte order mark and Windows line ends change nothing but the fingerprint', async (t) => {
  const plain = await read(t, folderOf(t, {}))
  const encounters = `\ufeff${small.encounters.replaceAll('\n', '\r\n')}`
  const other = await read(t, folderOf(t, { encounters }))
  t.same(other.invoices, plain.invoices)
  t.not(other.fingerprint, plain.fingerprint)
})

test('the fingerprint is that of the content', async (t) => {
  const first = await read(t, sample)
  const copy = join(temporaryFolder(t), 'copy')
  mkdirSync(copy)
  cpSync(sample, copy, { recursive: true })
  t.equal((await read(t, copy)).fingerprint, first.fingerprint)
})

const head = 'Id,PATIENT,ORGANIZATION,PAYER,TOTAL_CLAIM_COST\n'
const row = (cost: string) => `${head}e1,p1,o1,x1,1.00\ne2,p1,o1,x1,${cost}\n`
const broken: readonly {
  readonly why: string
  readonly files: Partial<Files>
  readonly flaw: readonly [file: string, line: number, column: string, reason: RegExp]
}[] = [
  {
    why: 'an unknown patient',
    files: { encounters: `${head}e1,p9,o1,x1,1.00\n` },
    flaw: ['encounters.csv', 2, 'PATIENT', /no row of that Id/],
  },
  {
    why: 'an unknown payer',
    files: { encounters: `${head}e1,p1,o1,,1.00\n` },
    flaw: ['encounters.csv', 2, 'PAYER', /no row of that Id/],
  },
  {
    why: 'an unknown facility',
    files: { encounters: `${head}e1,p1,o9,x1,1.00\n` },
    flaw: ['encounters.csv', 2, 'ORGANIZATION', /no row of that Id/],
  },
  {
    why: 'a repeated invoice',
    files: { encounters: `${head}e1,p1,o1,x1,1.00\ne1,p1,o1,x1,2.00\n` },
    flaw: ['encounters.csv', 3, 'Id', /twice/],
  },
  {
    why: 'an invoice without a number',
    files: { encounters: `${head},p1,o1,x1,1.00\n` },
    flaw: ['encounters.csv', 2, 'Id', /empty/],
  },
  {
    why: 'an amount in words',
    files: { encounters: row('ten') },
    flaw: ['encounters.csv', 3, 'TOTAL_CLAIM_COST', /decimal amount/],
  },
  {
    why: 'a negative amount',
    files: { encounters: row('-1.00') },
    flaw: ['encounters.csv', 3, 'TOTAL_CLAIM_COST', /decimal amount/],
  },
  {
    why: 'an exponent',
    files: { encounters: row('1e5') },
    flaw: ['encounters.csv', 3, 'TOTAL_CLAIM_COST', /decimal amount/],
  },
  {
    why: 'an amount of 2^32 minor units',
    files: { encounters: row('42949672.96') },
    flaw: ['encounters.csv', 3, 'TOTAL_CLAIM_COST', /must be below/],
  },
  {
    why: 'a missing field',
    files: { encounters: `${head}e1,p1,o1,x1\n` },
    flaw: ['encounters.csv', 2, '', /Record Length|length/i],
  },
  {
    why: 'a quote that is never closed',
    files: { encounters: `${head}e1,"p1,o1,x1,1.00\n` },
    flaw: ['encounters.csv', 2, '', /quote/i],
  },
  {
    why: 'a missing column',
    files: { encounters: 'Id,PATIENT,ORGANIZATION,PAYER\n' },
    flaw: ['encounters.csv', 1, 'TOTAL_CLAIM_COST', /missing/],
  },
  {
    why: 'a patient twice',
    files: { patients: 'Id\np1\np1\np2\n' },
    flaw: ['patients.csv', 3, 'Id', /twice/],
  },
  {
    why: 'an empty file',
    files: { payers: '' },
    flaw: ['payers.csv', 1, '', /empty/],
  },
]

test('each broken row is named by file, line and column, and nothing is read', async (t) => {
  for (const { why, files, flaw } of broken) {
    const result = await readDataset(folderOf(t, files))
    t.notOk(result.ok, why)
    if (result.ok) continue
    const [file, line, column, reason] = flaw
    t.match(result.flaws[0], { file, line, column, reason }, why)
  }
})

test('several flaws are told at once, and not more than a person reads', async (t) => {
  const rows = Array.from({ length: 50 }, (_, index) => `e${index},p9,o1,x1,1.00\n`).join('')
  const result = await readDataset(folderOf(t, { encounters: head + rows }))
  t.equal(!result.ok && result.flaws.length, 20)
})

test('a file that is no UTF-8 and a file that is not there are flaws', async (t) => {
  const folder = folderOf(t, {})
  writeFileSync(join(folder, 'patients.csv'), Buffer.from([0x49, 0x64, 0x0a, 0xff, 0x0a]))
  const garbled = await readDataset(folder)
  t.match(!garbled.ok && garbled.flaws[0], { file: 'patients.csv', reason: /UTF-8/ })
  const nowhere = await readDataset(join(folder, 'nowhere'))
  t.match(!nowhere.ok && nowhere.flaws[0], { file: 'patients.csv', reason: /ENOENT/ })
})

test('amounts are text to the end: no detour over binary fractions', (t) => {
  const cents: readonly (readonly [string, bigint])[] = [
    ['0', 0n],
    ['0.1', 10n],
    ['0.29', 29n],
    ['1.005', 101n],
    ['112.41600000000001', 11242n],
    ['112.4149999999', 11241n],
    ['114070.14', 11407014n],
    ['42949672.95', AMOUNT_BELOW - 1n],
  ]
  for (const [text, minorUnits] of cents)
    t.same(parseMinorUnits(text), { ok: true, minorUnits }, text)
  for (const text of [
    '',
    ' 1',
    '1 ',
    '+1',
    '01',
    '1.',
    '.5',
    '1,00',
    '0x10',
    'NaN',
    '42949672.955',
  ])
    t.notOk(parseMinorUnits(text).ok, JSON.stringify(text))
  t.end()
})

test('the sample is what it says beside it', (t) => {
  t.match(readFileSync(join(sample, 'README.md'), 'utf8'), /604/)
  t.end()
})
