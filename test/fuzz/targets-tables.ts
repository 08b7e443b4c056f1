// What a hospital's files bring: tables and amounts.
import { parseMinorUnits } from '../../node/synthea/money.ts'
import { readTable } from '../../node/synthea/table.ts'
import type { Target } from './target.ts'
import { drawn, refusable } from './texts.ts'

const csv: Target = {
  name: 'csv',
  form: 'bytes',
  valid: drawn((random) => {
    const row = () => `p${random.below(9)},"a ""b"", c",é\r\n`
    return `Id,NAME,X\r\n${Array.from({ length: random.below(5) }, row).join('')}`
  }),
  read: (input) => {
    const table = readTable({ file: 'a.csv', bytes: input, columns: ['Id', 'NAME'] })
    if (!table.ok) return { kind: 'refused', reason: JSON.stringify(table.flaw) }
    const value = table.rows.map((row) => [row.line, row.value('Id'), row.value('NAME')])
    return { kind: 'accepted', value }
  },
}

const money: Target = {
  name: 'money',
  form: 'bytes',
  valid: drawn((random) => `${random.below(10_000_000)}.${random.below(1_000)}`),
  read: refusable([], (text) => {
    const parsed = parseMinorUnits(text)
    if (!parsed.ok) return { kind: 'refused', reason: parsed.reason }
    const { minorUnits } = parsed
    const near = Math.abs(Number(minorUnits) - Number(text) * 100)
    if (!(near <= 0.500001)) throw new Error(`${text} is not ${minorUnits}`)
    return { kind: 'accepted', value: minorUnits }
  }),
}

export const tableTargets: readonly Target[] = [csv, money]
