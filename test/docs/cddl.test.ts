// The description of all bytes is the one that the codecs give.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { appList } from '../../apps/index.ts'
import { cddlDocument } from '../support/cddl.ts'
import { layout } from '../support/cddl-layout.ts'

const document = cddlDocument()

t.test('docs/epione.cddl is what the codecs say', async (t) => {
  const committed = readFileSync(new URL('../../docs/epione.cddl', import.meta.url), 'utf8')
  t.equal(committed, document, 'run node test/support/cddl.ts and look at the difference')
})

t.test('it names every transaction type, and every rule that is used', async (t) => {
  const rules = new Set([...document.matchAll(/^([a-z][\w.-]*) =/gm)].map(([, name]) => name))
  for (const { name } of appList.apps.flatMap(({ txs }) => txs)) t.ok(rules.has(name), name)
  const code = document.replace(/;.*$/gm, '').replace(/[\w-]+:/g, '')
  const known = new Set([...rules, 'bytes', 'tstr', 'uint', 'bool', 'null', 'any', 'size'])
  const words = code.match(/[a-z][\w.-]*/g) ?? []
  t.same(
    [...new Set(words)].filter((word) => !known.has(word)),
    [],
  )
})

t.test('long rules are broken at their brackets and say the same', async (t) => {
  const long = `rule = [ ${Array.from({ length: 12 }, (_, i) => `field${i}: [ 1, other / null ]`).join(', ')} ]`
  const broken = layout(long)
  t.ok(broken.split('\n').every((line) => line.length <= 100))
  t.equal(broken.replace(/\s+/g, ''), long.replace(/\s+/g, ''))
})
