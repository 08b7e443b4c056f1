// What operators read names every code with its exit code, every metric and every file that is named elsewhere.
import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { EpioneError, errorCodes, exitCodeOf } from '../../node/errors.ts'
import { createMetrics } from '../../node/metrics.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const operations = read('docs/operations.md')

t.test('every error code is explained, with the exit code that it has', async (t) => {
  const rows = new Map(
    [...operations.matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)].map(([, code, exit]) => [code, exit]),
  )
  for (const code of errorCodes) {
    const exit = exitCodeOf(new EpioneError({ code, message: '', hint: '' }))
    t.equal(rows.get(code), `${exit}`, code)
  }
  const ofTheClient = { ANSWER_MALFORMED: '5', NOT_COMMITTED_IN_TIME: '4' }
  for (const [code, exit] of Object.entries(ofTheClient)) t.equal(rows.get(code), exit, code)
  t.equal(rows.size, errorCodes.length + Object.keys(ofTheClient).length, 'and no other')
})

t.test('every metric is explained', async (t) => {
  const { text } = await createMetrics({ version: '0' }).expose()
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name)
  t.ok(names.length > 30)
  for (const name of names) {
    if (/^epione_(process|nodejs)_/.test(name)) continue
    t.ok(operations.includes(`\`${name}\``), name)
  }
})

t.test('files that the documents name are there', async (t) => {
  for (const path of [
    'README.md',
    'docs/architecture.md',
    'docs/operations.md',
    'CONTRIBUTING.md',
  ]) {
    const text = read(path)
    const named = text.match(
      /\b(?:vm|apps|consensus|genesis|node|client|docs|test)\/[\w./-]+\.(?:ts|md|cddl|json)/g,
    )
    for (const file of new Set(named ?? [])) {
      if (file.includes('/notes')) continue
      t.ok(existsSync(new URL(file, root)), `${path}: ${file}`)
    }
  }
})
