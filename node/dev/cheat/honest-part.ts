// The honest part of a shown fraud: all steps of the main job, after which every sum is right, nobody is at fault and no bond moved.
import { assert } from '../../../vm/assert.ts'
import { runSteps, startActors, urlsFrom } from '../job.ts'
import { openOperator } from '../operator.ts'
import { isComplete, joinAnswers } from '../outcome.ts'
import { prepareLedger } from '../prepare.ts'
import { type Holdings, readHoldings } from './accounts.ts'
import { differences } from './expected.ts'
import { awaitCommittee, castAt, failed, holdersOf, jobOf, type Scene, stopAll } from './scene.ts'
import { tellingEvents } from './verdict.ts'

/** Throws EpioneError if a sum is wrong, somebody is found at fault or a bond moves. */
export async function performHonestly(scene: Scene): Promise<void> {
  const { plan, part, progress, validators, client } = scene
  progress.say('First everybody is honest.')
  const cast = await castAt(scene, plan.home, { isHonest: true })
  const operator = await openOperator(plan, cast, urlsFrom(validators, 0))
  const operated = prepareLedger(operator, { plan, cast })
  const holders = holdersOf(scene, cast)
  let before: Holdings | undefined
  const beforeRecording = async () => {
    await awaitCommittee(operator.nodes, cast.committee)
    before = await readHoldings(operator.nodes, holders)
  }
  const job = jobOf(scene, cast, { beforeRecording })
  const actors = startActors(job)
  await operated
  const { asked } = await runSteps(job, actors)
  const outcome = joinAnswers(
    part,
    cast,
    asked.map(({ answers }) => answers ?? []),
  )
  await stopAll(actors)
  if (!isComplete(outcome)) throw failed('a sum of the honest part does not match')
  if ((await tellingEvents(client, 0)).length > 0) throw failed('somebody honest was at fault')
  assert(before !== undefined, 'recording has begun')
  const moved = differences(await readHoldings(operator.nodes, holders), before)
  if (moved.length > 0) throw failed(`money of the honest moved: ${moved.join(', ')}`)
  await operator.close()
  progress.say(`${outcome.sums.length} private sums match, nobody is at fault, no money moved.`)
}
