// Every test that the checklist of docs/reliability.md names is there, under that name.
import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'

const consensus = new URL('../consensus/', import.meta.url)
const text = readFileSync(new URL('../../docs/reliability.md', import.meta.url), 'utf8')
const checklist = text.slice(text.indexOf('## Checklist')).split(/\n## (?!Checklist)/)[0] ?? ''
const rows = [...checklist.matchAll(/^\| ([^|]*)\| ([^|]*)\| ([^|]*)\|$/gm)]
  .map(([, line = '', files = '', names = '']) => ({ line: line.trim(), files, names }))
  .filter(({ line }) => !/^(line|trace|-+|\*\*.*\*\*)$/.test(line))

t.test('the checklist has its lines and traces', async (t) => {
  t.ok(rows.length > 70, `${rows.length} rows`)
  t.equal(rows.filter(({ line }) => /^\d+ /.test(line)).length, 12, 'traces')
})

t.test('each line names its test, or says why it has none', async (t) => {
  for (const { line, files, names } of rows) {
    const paths = [...files.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path)
    if (paths.length === 0) {
      t.match(names, /^not covered: ./, line)
      continue
    }
    t.strictSame(
      paths.filter((path) => !existsSync(new URL(path, consensus))),
      [],
      line,
    )
    const sources = paths
      .filter((path) => path.endsWith('.ts'))
      .map((path) => readFileSync(new URL(path, consensus), 'utf8'))
    const named = names
      .replace(/\([^)]*\) *$/, '')
      .split(/; |\.\.\./)
      .map((part) => part.trim())
      .filter((part) => part !== '' && !/^(whole|not possible|partly|every signature)/.test(part))
    for (const part of named) {
      t.ok(
        sources.some((source) => source.includes(part)),
        `${line}: ${part}`,
      )
    }
  }
})
