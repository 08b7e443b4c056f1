// The description of all bytes is the one that the codecs give.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { appList } from '../../apps/index.ts'
import { isExported } from '../../node/vote-slots.ts'
import { CodecError, decodeByLibrary, encode } from '../../vm/codec.ts'
import { text } from '../../vm/codec-scalar.ts'
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

t.test('what it says beside the rules holds', async (t) => {
  const [, deep = ''] = /nest at most (\d+) deep/.exec(document) ?? []
  const nested = (depth: number) => {
    const bytes = new Uint8Array(depth).fill(0x81)
    bytes[depth - 1] = 0x80
    return bytes
  }
  const reason = (run: () => unknown) => {
    try {
      return run()
    } catch (error) {
      return error instanceof CodecError ? error.reason : error
    }
  }
  const decoded = (depth: number) => reason(() => decodeByLibrary(text(1), nested(depth)))
  // The innermost holds nothing.
  t.match(decoded(Number(deep) + 1), 'expected text')
  t.match(decoded(Number(deep) + 2), `more than ${deep} deep`)
  t.match(document, 'no byte order mark (U+FEFF) in front')
  t.match(
    reason(() => encode(text(1), '\ufeff')),
    'a byte order mark in front',
  )
  t.match(document, 'a floor of 2^52 and more marks a lock that was exported')
  t.same(
    [2 ** 52 - 1, 2 ** 52].map((floor) => isExported({ floor })),
    [false, true],
  )
})
