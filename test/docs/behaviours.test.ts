// The table of Byzantine behaviours in docs/reliability.md names tests that are there, and every actor of the simulator.
import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { allActors } from '../sim/actors/all.ts'

const tests = new URL('../', import.meta.url)
const text = readFileSync(new URL('../../docs/reliability.md', import.meta.url), 'utf8')
const section = text.split('\n## Byzantine behaviours\n')[1]?.split('\n## ')[0] ?? ''
const rows = section
  .split('\n')
  .filter((line) => /^\| \d+ /.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, behaviour = '', unit = '', actors = '', real = '', outcome = '']) => {
    return { behaviour, number: Number.parseInt(behaviour, 10), unit, actors, real, outcome }
  })

/** A path and a title, with or without a remark in brackets; or why there is none. */
function isThere(cell: string): boolean {
  if (cell.startsWith('not covered')) return true
  const [, path = '', title = ''] = /^`([^`]+)`: (.*?)(?: \([^)]*\))?$/.exec(cell) ?? []
  const file = new URL(path, tests)
  return title !== '' && existsSync(file) && readFileSync(file, 'utf8').includes(title)
}

t.test(
  'there are thirty, each with tests that exist, or the word that there is none',
  async (t) => {
    t.strictSame(
      rows.map(({ number }) => number),
      Array.from({ length: 30 }, (_, place) => place + 1),
    )
    for (const { behaviour, unit, real, outcome } of rows) {
      t.ok(isThere(unit), `${behaviour}: ${unit}`)
      t.ok(isThere(real), `${behaviour}: ${real}`)
      t.not(outcome, '')
    }
  },
)

t.test('every actor stands at its behaviours, and no other', async (t) => {
  for (const { behaviour, number, actors } of rows) {
    if (actors.startsWith('not covered')) {
      t.notOk(
        allActors.some(({ behaviours }) => behaviours.includes(number)),
        behaviour,
      )
      continue
    }
    const named = actors.split('; ').map((name) => name.replace(/ \(.*\)$/, ''))
    for (const name of named) {
      const actor = allActors.find((one) => one.name === name)
      t.ok(actor?.behaviours.includes(number), `${behaviour}: ${name}`)
    }
    for (const { name, behaviours } of allActors) {
      if (behaviours.includes(number))
        t.ok(named.includes(name), `${behaviour}: ${name} is missing`)
    }
  }
})
