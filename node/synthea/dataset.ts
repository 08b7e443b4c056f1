// The invoices in a folder of Synthea CSV files: every row is checked before anything is used.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseMinorUnits } from './money.ts'
import { type Flaw, type Row, readTable } from './table.ts'

export type Invoice = {
  /** The encounter's Id. */
  readonly id: string
  readonly patient: string
  readonly payer: string
  /** Where it happened: an Id in organizations.csv. */
  readonly facility: string
  readonly minorUnits: bigint
}

export type Dataset = {
  readonly patients: readonly string[]
  readonly payers: readonly { readonly id: string; readonly name: string }[]
  /** Ids of the places where invoices come from, also of those without any. */
  readonly facilities: readonly string[]
  readonly invoices: readonly Invoice[]
  /** SHA-256 of the four files: tells whether a kept network was made from the same data. */
  readonly fingerprint: string
}

export type DatasetResult =
  | { readonly ok: true; readonly dataset: Dataset }
  | { readonly ok: false; readonly flaws: readonly Flaw[] }

const columnsOf = {
  'patients.csv': ['Id'],
  'payers.csv': ['Id', 'NAME'],
  'organizations.csv': ['Id', 'NAME'],
  'encounters.csv': ['Id', 'PATIENT', 'PAYER', 'ORGANIZATION', 'TOTAL_CLAIM_COST'],
} as const

type File = keyof typeof columnsOf
const files = Object.keys(columnsOf) as readonly File[]

/** At most this many flaws are collected; the first few are enough to mend an export. */
const FLAWS_MAX = 20

type Collected = { readonly flaws: Flaw[]; readonly report: (flaw: Flaw) => void }

function collector(): Collected {
  const flaws: Flaw[] = []
  return { flaws, report: (flaw) => flaws.length < FLAWS_MAX && flaws.push(flaw) }
}

function identifiers(file: File, rows: readonly Row[], { report }: Collected): Set<string> {
  const ids = new Set<string>()
  for (const row of rows) {
    const id = row.value('Id')
    if (id === '') report({ file, line: row.line, column: 'Id', reason: 'the Id is empty' })
    else if (ids.has(id)) {
      report({ file, line: row.line, column: 'Id', reason: 'the Id stands in the file twice' })
    }
    ids.add(id)
  }
  return ids
}

function readInvoices(
  rows: readonly Row[],
  known: Readonly<Record<'PATIENT' | 'PAYER' | 'ORGANIZATION', ReadonlySet<string>>>,
  { report }: Collected,
): Invoice[] {
  const invoices: Invoice[] = []
  for (const row of rows) {
    const flawed = (column: string, reason: string) =>
      report({ file: 'encounters.csv', line: row.line, column, reason })
    for (const column of ['PATIENT', 'PAYER', 'ORGANIZATION'] as const) {
      if (!known[column].has(row.value(column))) flawed(column, 'no row of that Id exists')
    }
    const cost = parseMinorUnits(row.value('TOTAL_CLAIM_COST'))
    if (!cost.ok) flawed('TOTAL_CLAIM_COST', cost.reason)
    else {
      invoices.push({
        id: row.value('Id'),
        patient: row.value('PATIENT'),
        payer: row.value('PAYER'),
        facility: row.value('ORGANIZATION'),
        minorUnits: cost.minorUnits,
      })
    }
  }
  return invoices
}

async function readBytes(folder: string, file: File, { report }: Collected): Promise<Uint8Array> {
  try {
    return await readFile(join(folder, file))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    report({ file, line: 0, column: '', reason: `cannot be read (${code})` })
    return new Uint8Array()
  }
}

/** Reads patients.csv, payers.csv, organizations.csv and encounters.csv of either column generation. */
export async function readDataset(folder: string): Promise<DatasetResult> {
  const collected = collector()
  const hash = createHash('sha256')
  const tables = new Map<File, readonly Row[]>()
  for (const file of files) {
    const bytes = await readBytes(folder, file, collected)
    hash.update(`${file}:${bytes.length}:`).update(bytes)
    if (collected.flaws.some((flaw) => flaw.file === file)) continue
    const table = readTable({ file, bytes, columns: columnsOf[file] })
    if (table.ok) tables.set(file, table.rows)
    else collected.report(table.flaw)
  }
  const rows = (file: File) => tables.get(file) ?? []
  if (collected.flaws.length > 0) return { ok: false, flaws: collected.flaws }
  const known = {
    PATIENT: identifiers('patients.csv', rows('patients.csv'), collected),
    PAYER: identifiers('payers.csv', rows('payers.csv'), collected),
    ORGANIZATION: identifiers('organizations.csv', rows('organizations.csv'), collected),
  }
  identifiers('encounters.csv', rows('encounters.csv'), collected)
  const invoices = readInvoices(rows('encounters.csv'), known, collected)
  if (collected.flaws.length > 0) return { ok: false, flaws: collected.flaws }
  const dataset = {
    patients: [...known.PATIENT],
    payers: rows('payers.csv').map((row) => ({ id: row.value('Id'), name: row.value('NAME') })),
    facilities: [...known.ORGANIZATION],
    invoices,
    fingerprint: hash.digest('hex'),
  }
  return { ok: true, dataset }
}

/** One pair of patient and payer with its invoices, in the order of the file. */
export type Pair = {
  readonly patient: string
  readonly payer: string
  readonly invoices: readonly Invoice[]
  readonly minorUnits: bigint
}

/** The plain sums computed directly from the file: what the private sums must equal. */
export function pairsOf(dataset: Dataset): readonly Pair[] {
  const pairs = Map.groupBy(dataset.invoices, ({ patient, payer }) => `${patient} ${payer}`)
  return [...pairs.values()].map((invoices) => ({
    patient: invoices[0]?.patient ?? '',
    payer: invoices[0]?.payer ?? '',
    invoices,
    minorUnits: invoices.reduce((sum, { minorUnits }) => sum + minorUnits, 0n),
  }))
}
