// The command line of the benchmark.
import { CommanderError } from 'commander'
import t from 'tap'
import { readOptions } from '../../bench/options.ts'

t.test('without words: one minute of transfers through four validators', async (t) => {
  t.match(readOptions([]), {
    sweep: false,
    rates: [1_000],
    mix: 'transfer',
    validators: 4,
    entry: 'all',
    seconds: 60,
    profile: true,
    json: false,
    compare: undefined,
    against: undefined,
  })
})

t.test('words change it', async (t) => {
  const line = '--rates 100,250.5 --mix batch --validators 7 --entry one --no-profile --json'
  t.match(readOptions(line.split(' ')), {
    rates: [100, 250.5],
    mix: 'batch',
    validators: 7,
    entry: 'one',
    profile: false,
    json: true,
  })
  t.match(readOptions(['--sweep', '--all', '--compare', 'a.json']), {
    sweep: true,
    all: true,
    compare: 'a.json',
  })
  t.match(readOptions(['--all', '--parts', 'soak,idle', '--knee', '900']), {
    sweep: true,
    parts: ['soak', 'idle'],
    knee: 900,
  })
})

t.test('wrong words are refused with the usage', async (t) => {
  const wrong = [['--rates', 'many'], ['--mix', 'water'], ['--sweeep'], ['--seconds', '0']]
  for (const words of wrong) {
    const said = t.capture(process.stderr, 'write')
    t.throws(() => readOptions(words), CommanderError, words.join(' '))
    said.restore()
    t.match(
      said()
        .map(({ args }) => args[0])
        .join(''),
      /Usage: npm run bench/,
    )
  }
})
