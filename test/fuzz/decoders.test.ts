// Every decoder: nothing is thrown but what it says, what is accepted has one spelling, and nothing costs more than its length.
import t from 'tap'
import { corpusTargets, runCorpus } from './corpus.ts'
import { groups } from './groups.ts'
import { runTarget } from './run.ts'
import { targets } from './targets.ts'

/** Of each target; `npm run fuzz` takes a million. */
const INPUTS = 10_000
/** Changes with the code, not with the day: a failure here is one for everybody. */
const SEED = 20_261_121

t.test('every input that once went wrong goes right, and belongs to a target', async (t) => {
  const names = groups.flatMap((group) => group.names)
  t.equal(new Set(names).size, names.length, 'a name for each target')
  t.strictSame(
    corpusTargets().filter((name) => !names.includes(name)),
    [],
  )
  for (const target of targets) t.strictSame(await runCorpus(target), [], target.name)
})

for (const target of targets) {
  t.test(target.name, async (t) => {
    const { inputsPerTest: inputs = INPUTS } = target
    const { failures, accepted } = await runTarget(target, { inputs, seed: SEED })
    t.strictSame(failures, [])
    t.ok(accepted > inputs / 200, `${accepted} of ${inputs} inputs were read to the end`)
  })
}
