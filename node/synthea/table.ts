// One CSV file of Synthea as rows with line numbers, or the first thing that is wrong with it.
import { CsvError, parse } from 'csv-parse/sync'

/** What is wrong with an input file: where, and why. */
export type Flaw = {
  readonly file: string
  readonly line: number
  readonly column: string
  readonly reason: string
}

export type Row = {
  readonly line: number
  /** Throws nothing: a column that was asked for exists in every row. */
  readonly value: (column: string) => string
}

export type TableResult =
  | { readonly ok: true; readonly rows: readonly Row[] }
  | { readonly ok: false; readonly flaw: Flaw }

type Parsed = { readonly record: readonly string[]; readonly info: { readonly lines: number } }

/** Reads strict RFC 4180 text in UTF-8 that has at least the `columns`; their order and further columns do not matter. */
export function readTable(source: {
  readonly file: string
  readonly bytes: Uint8Array
  readonly columns: readonly string[]
}): TableResult {
  const { file, bytes, columns } = source
  const flawed = (line: number, column: string, reason: string): TableResult => ({
    ok: false,
    flaw: { file, line, column, reason },
  })
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return flawed(1, '', 'the file is not UTF-8')
  }
  let parsed: readonly Parsed[]
  try {
    parsed = parse(text, { bom: true, info: true, skip_empty_lines: true }) as unknown as Parsed[]
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const line = typeof error['lines'] === 'number' ? error['lines'] : 1
    return flawed(line, '', error.message)
  }
  const [head, ...body] = parsed
  if (head === undefined) return flawed(1, '', 'the file is empty')
  const places = new Map(head.record.map((name, index) => [name, index]))
  for (const column of columns) {
    if (!places.has(column)) return flawed(1, column, 'the column is missing')
  }
  const rows = body.map(({ record, info }) => ({
    line: info.lines,
    value: (column: string) => record[places.get(column) ?? -1] ?? '',
  }))
  return { ok: true, rows }
}
