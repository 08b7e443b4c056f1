// What has a life of its own goes on living: validators that are sent anything, RPC, WebSocket, journal and vote lock.
import t from 'tap'
import { runCorpus } from './corpus.ts'
import { statefulGroups } from './groups.ts'
import { runTarget } from './run.ts'

/** Of each target, for which a network, a server or a folder works on each; `npm run fuzz` takes a million. */
const INPUTS = 5_000
const SEED = 20_261_121

for (const { names, make } of statefulGroups) {
  t.test(names.join(', '), async (t) => {
    const made = await make(t)
    t.strictSame(
      made.map(({ name }) => name),
      names,
    )
    for (const target of made) {
      t.strictSame(await runCorpus(target), [], `${target.name}: what once went wrong`)
      const { failures, accepted } = await runTarget(target, { inputs: INPUTS, seed: SEED })
      t.strictSame(failures, [], target.name)
      t.ok(accepted > INPUTS / 50, `${accepted} of ${INPUTS} inputs were taken`)
    }
  })
}
