// Three patients, two payers and a dozen invoices: enough for every outcome of a question, recorded in seconds.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { temporaryFolder } from './epione.ts'

const patients = [
  {
    id: '0b6fa3a1-5e5c-4c4f-9d0e-52f0b9a7c101',
    first: 'Marguerite',
    last: 'Quillfeather',
    ssn: '999-41-7310',
  },
  {
    id: '4f2de9c8-7a11-4d83-8a55-0d1f4be6a202',
    first: 'Bartholomew',
    last: 'Oystercatcher',
    ssn: '999-52-8421',
  },
  {
    id: '9c3b1f70-2e64-4b0a-b7c3-6a8e5d90b303',
    first: 'Wilhelmina',
    last: 'Thistlewood',
    ssn: '999-63-9532',
  },
] as const

const [one, two, three] = patients.map(({ id }) => id)
const PAYER_A = 'a0000000-0000-4000-8000-00000000000a'
const PAYER_B = 'b0000000-0000-4000-8000-00000000000b'

/** Patient, payer, cost. */
const rows: readonly (readonly [string | undefined, string, string])[] = [
  [one, PAYER_A, '3798.09'],
  [one, PAYER_A, '0.00'],
  [one, PAYER_A, '112.41600000000001'],
  [one, PAYER_A, '85285.06'],
  [one, PAYER_B, '77.49'],
  [two, PAYER_A, '42949672.95'],
  [two, PAYER_A, '42949672.95'],
  [two, PAYER_A, '0.01'],
  [three, PAYER_B, '897.57'],
  [three, PAYER_B, '897.57'],
  [three, PAYER_B, '786.33'],
  [three, PAYER_B, '1.00'],
]

/** Minor units of the rows, rounded as the hospital rounds them. */
export const amounts: readonly bigint[] = rows.map(([, , cost]) =>
  BigInt(Math.round(100 * Number(cost))),
)

export const invoiceId = (index: number): string =>
  `e0000000-0000-4000-8000-${index.toString().padStart(12, '0')}`

/** What the private sums must be: above 2^32 minor units, too. */
export const expected = {
  sums: [
    { patient: one, payer: PAYER_A, invoices: 4, minorUnits: '8919557' },
    { patient: two, payer: PAYER_A, invoices: 3, minorUnits: '8589934591' },
    { patient: three, payer: PAYER_B, invoices: 4, minorUnits: '258247' },
  ],
  withheld: [{ patient: one, payer: PAYER_B, invoices: 1 }],
}

/** The files, with every row `times` over under new numbers, from so many places in turn. */
export function writeSmallData(
  t: Pick<Test, 'teardown'>,
  { times = 1, facilities = 4 }: { readonly times?: number; readonly facilities?: number } = {},
): string {
  const folder = temporaryFolder(t as Test)
  const write = (name: string, lines: readonly string[]) =>
    writeFileSync(join(folder, name), `${lines.join('\n')}\n`)
  write('patients.csv', [
    'Id,SSN,FIRST,LAST',
    ...patients.map(({ id, ssn, first, last }) => [id, ssn, first, last].join(',')),
  ])
  write('payers.csv', ['Id,NAME', `${PAYER_A},NO_INSURANCE`, `${PAYER_B},Blue Shield`])
  const places = Array.from({ length: facilities }, (_, place) => `o${place + 1}`)
  write('organizations.csv', ['Id,NAME', ...places.map((id) => `${id},Place ${id}`)])
  const all = Array.from({ length: times }, () => rows).flat()
  write('encounters.csv', [
    'Id,PATIENT,ORGANIZATION,PAYER,TOTAL_CLAIM_COST',
    ...all.map(([patient, payer, cost], index) =>
      [invoiceId(index), patient, places[index % facilities], payer, cost].join(','),
    ),
  ])
  return folder
}

/** Everything by which a patient of the small data could be recognized, as the bytes a file would hold. */
export function tracesOf(): readonly { readonly what: string; readonly bytes: Buffer }[] {
  return patients.flatMap(({ id, first, last, ssn }) => {
    const digest = createHash('sha256').update(id).digest()
    const texts = [id, id.replaceAll('-', ''), first, last, ssn, digest.toString('hex')]
    return [
      ...texts.map((what) => ({ what, bytes: Buffer.from(what) })),
      { what: `SHA-256 of ${id}`, bytes: digest },
      { what: `bytes of ${id}`, bytes: Buffer.from(id.replaceAll('-', ''), 'hex') },
    ]
  })
}
