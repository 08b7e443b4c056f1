// The table of broken rules fits the source: whoever changes a rule changes what breaks it.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { rules } from './rules.ts'
import { scenes } from './scenes.ts'
import { copyTree } from './tree.ts'

t.test('every change applies exactly once, and is taken back', async (t) => {
  const tree = copyTree()
  t.teardown(tree.remove)
  for (const { name, edits } of rules) {
    t.equal(tree.break(edits), undefined, name)
    tree.mend()
  }
  const [first] = rules
  t.equal(tree.break(first?.edits ?? []), undefined, 'again, after all others')
  t.match(tree.break(first?.edits ?? []), /^stands 0 times/, 'not twice')
})

t.test(
  'there are enough of them, each with a name of its own and something that finds it',
  async (t) => {
    t.ok(rules.length >= 24)
    t.equal(new Set(rules.map(({ name }) => name)).size, rules.length)
    for (const { name, finder } of rules) {
      if (finder.kind === 'scene') t.ok(scenes[finder.scene], `${name}: ${finder.scene}`)
      else {
        const text = readFileSync(new URL(`../../${finder.file}`, import.meta.url), 'utf8')
        t.ok(text.includes(finder.title), `${name}: ${finder.title}`)
      }
    }
    const used = new Set(rules.map(({ finder }) => (finder.kind === 'scene' ? finder.scene : '')))
    t.strictSame(
      Object.keys(scenes).filter((scene) => !used.has(scene)),
      [],
      'no scene is for nothing',
    )
  },
)
