// The small part of a data set on which a fraud is shown: about twenty invoices of two payers, the same ones each time.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { EpioneError } from '../../errors.ts'
import { replaceFile } from '../../files.ts'
import { type Dataset, type Pair, pairsOf } from '../../synthea/dataset.ts'
import { decimal } from '../money.ts'
import { dealFacilities } from '../sharing.ts'

/** A set may be asked for from so many records on. */
const SMALLEST = 3
/** Larger sets would fill the part alone. */
const LARGEST = 8
/** Of the second payer: no more sets are taken once there are so many. */
const ENOUGH = 16

type Part = { readonly pairs: readonly Pair[]; readonly first: Pair }

function hospitalsIn(dataset: Dataset, pairs: readonly Pair[]): number {
  const dealt = [...dealFacilities(dataset, 'M').values()].map((ids) => new Set(ids))
  const places = pairs.flatMap(({ invoices }) => invoices.map(({ facility }) => facility))
  return dealt.filter((ids) => places.some((place) => ids.has(place))).length
}

function firstUntilEnough(pairs: readonly Pair[]): readonly Pair[] {
  let count = 0
  return pairs.filter(({ invoices }) => {
    if (count >= ENOUGH) return false
    count += invoices.length
    return true
  })
}

/** One set of a first payer, and the first sets of the payer whose sets come from most hospitals. */
function choose(dataset: Dataset): Part {
  const fitting = pairsOf(dataset).filter(
    ({ invoices }) => invoices.length >= SMALLEST && invoices.length <= LARGEST,
  )
  const [first] = fitting
  if (first === undefined)
    throw new EpioneError({
      code: 'INPUT_INVALID',
      message: `no patient has ${SMALLEST} to ${LARGEST} invoices for one payer`,
      hint: 'leave --data out: the data set of the repository has what a fraud takes',
    })
  const others = Map.groupBy(fitting, ({ payer }) => payer)
  others.delete(first.payer)
  const candidates = [...others.values()].map(firstUntilEnough)
  const widest = candidates.toSorted(
    (one, other) => hospitalsIn(dataset, other) - hospitalsIn(dataset, one),
  )
  return { pairs: [first, ...(widest[0] ?? [])], first }
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

function table(head: string, rows: readonly (readonly string[])[]): Uint8Array {
  const lines = rows.map((row) => row.map(quoted).join(','))
  return new TextEncoder().encode(`${[head, ...lines].join('\n')}\n`)
}

/** Writes the part as files of its own; answers the payer of the one set that is asked for alone. */
export async function writePart(
  folder: string,
  dataset: Dataset,
): Promise<{ readonly firstPayer: string }> {
  const { pairs, first } = choose(dataset)
  const invoices = pairs.flatMap((pair) => pair.invoices)
  const patients = new Set(pairs.map(({ patient }) => patient))
  const payers = new Set(pairs.map(({ payer }) => payer))
  const write = (name: string, content: Uint8Array) => replaceFile(join(folder, name), content)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const ids = dataset.patients.filter((id) => patients.has(id)).map((id) => [id])
  await write('patients.csv', table('Id', ids))
  const named = dataset.payers.filter(({ id }) => payers.has(id))
  const payerRows = named.map(({ id, name }) => [id, name])
  await write('payers.csv', table('Id,NAME', payerRows))
  const places = dataset.facilities.map((id) => [id, id])
  await write('organizations.csv', table('Id,NAME', places))
  const rows = invoices.map(({ id, patient, payer, facility, minorUnits }) => [
    id,
    patient,
    payer,
    facility,
    decimal(minorUnits),
  ])
  await write('encounters.csv', table('Id,PATIENT,PAYER,ORGANIZATION,TOTAL_CLAIM_COST', rows))
  return { firstPayer: first.payer }
}
