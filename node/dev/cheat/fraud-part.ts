// The fraud itself: the same steps once more with one party that cheats, and what everybody has before and after it.
import { join } from 'node:path'
import { pause } from '../../../client/web.ts'
import { assert } from '../../../vm/assert.ts'
import type { Height } from '../../../vm/types.ts'
import { startAgent } from '../agent-process.ts'
import type { Cast } from '../cast.ts'
import { type Actors, runSteps, startActors, startHelpers, urlsFrom } from '../job.ts'
import { startKeys } from '../keyset.ts'
import { type Operator, openOperator } from '../operator.ts'
import { prepareLedger } from '../prepare.ts'
import { type Holder, type Holdings, readHoldings } from './accounts.ts'
import { differences, expectedAfter } from './expected.ts'
import { awaitCommittee, castAt, failed, holdersOf, jobOf, type Scene, stopAll } from './scene.ts'
import { inheritPeople } from './second-stage.ts'
import type { Shown } from './show.ts'
import { isInTime, readVerdicts, shownBy, tellingEvents, type Verdict } from './verdict.ts'

const POLL_MS = 300
const VERDICT_MS = 60_000

type Trial = Scene & {
  readonly operator: Operator
  readonly cast: Cast
  readonly holders: readonly Holder[]
}

/** Where everything stands just before the fraud. */
type Start = { readonly since: Height; readonly before: Holdings }

async function startOf({ operator, client, holders }: Trial): Promise<Start> {
  const before = await readHoldings(operator.nodes, holders)
  return { since: (await client.head()).height, before }
}

async function verdictsOf(trial: Trial, since: Height): Promise<readonly Verdict[]> {
  const { client, operator, holders, fraud } = trial
  const guilty = holders.filter(({ name }) => fraud.guilty.includes(name))
  const events = await tellingEvents(client, since)
  const look = { nodes: operator.nodes, kind: fraud.fault, guilty }
  const verdicts = await readVerdicts(look, events)
  const explained = new Set(verdicts.map(({ evidenceTx }) => evidenceTx))
  const other = events.find(({ txId }) => !explained.has(txId))
  if (other !== undefined)
    throw failed(`${other.kind} in block ${other.height} is about somebody else`)
  return verdicts
}

/** Resolves with the first verdict; throws EpioneError if there is none after a while. */
async function awaitVerdict(trial: Trial, since: Height): Promise<Verdict> {
  const untilMs = performance.now() + VERDICT_MS
  for (;;) {
    const [first] = await verdictsOf(trial, since)
    if (first !== undefined) return first
    if (performance.now() > untilMs) throw failed('nobody was found at fault')
    await pause(POLL_MS)
  }
}

/** Whoever might answer before the liar is away until the lie was found out; then the liar leaves. */
async function exchange(trial: Trial, actors: Actors, since: Height): Promise<void> {
  const { cast, fraud, validators, children } = trial
  await awaitVerdict(trial, since)
  const liars = actors.helpers.filter(({ name }) => fraud.guilty.includes(name))
  await Promise.all(liars.map((liar) => liar.stop()))
  const rpc = urlsFrom(validators, 0)
  for (const { name, home } of cast.helpers)
    if (name === fraud.away) startAgent(children, { role: 'helper', name, home, rpc })
}

/** A fraud while keys are made needs no more than that. */
async function runKeys(trial: Trial): Promise<Start> {
  const { plan, cast, operator } = trial
  const start = await startOf(trial)
  const helpers = startHelpers(trial)
  await startKeys(operator, { plan, cast })
  await awaitVerdict(trial, start.since)
  await Promise.all(helpers.map(({ stop }) => stop()))
  return start
}

/** All steps with the fraud; where everything stood before it. */
async function runTrial(trial: Trial): Promise<Start> {
  const { plan, cast, fraud, operator, firstPayer } = trial
  const payers = cast.payers.filter(({ id }) => !fraud.asksOnce || id === firstPayer)
  let start: Start | undefined
  let exchanged: Promise<void> | undefined
  const job = jobOf(
    trial,
    { ...cast, payers },
    {
      beforeRecording: async () => {
        await awaitCommittee(operator.nodes, cast.committee)
        start = await startOf(trial)
      },
      beforeAsking: async () => {
        const away = actors.helpers.filter(({ name }) => name === fraud.away)
        await Promise.all(away.map((helper) => helper.stop()))
        if (away.length > 0) exchanged = exchange(trial, actors, start?.since ?? 0)
        exchanged?.catch(() => undefined)
      },
    },
  )
  const operated = prepareLedger(operator, { plan, cast })
  const actors = startActors(job)
  await operated
  await runSteps(job, actors)
  await exchanged
  assert(start !== undefined, 'recording has begun')
  await awaitVerdict(trial, start.since)
  await stopAll(actors)
  return start
}

/** What was shown, and the names of those who have something else than they must; none if the fraud ended as it must. */
export async function performFraud(
  scene: Scene,
): Promise<{ readonly shown: Shown; readonly wrong: readonly string[] }> {
  const { plan, fraud, validators, progress } = scene
  progress.say(`Then the same with a fraud: ${fraud.guilty.join(', ')}, ${fraud.fault}.`)
  const home = join(plan.home, 'fraud')
  await inheritPeople(plan.home, home)
  const cast = await castAt(scene, home, { isHonest: false })
  const operator = await openOperator(plan, cast, urlsFrom(validators, 0))
  const trial: Trial = { ...scene, operator, cast, holders: holdersOf(scene, cast) }
  const { since, before } = await (fraud.atKeys ? runKeys(trial) : runTrial(trial))
  const verdicts = await verdictsOf(trial, since)
  const [verdict] = verdicts
  assert(verdict !== undefined, 'a verdict was waited for')
  const after = await readHoldings(operator.nodes, trial.holders)
  const named = new Set(verdicts.map(({ culprit }) => culprit))
  const spared = fraud.guilty.filter((name) => !named.has(name))
  const complainants = await complainantsOf(trial, verdicts)
  const terms = operator.anchor.vault
  const isRewarded = fraud.isRewarded && (await isInTime(operator.nodes, verdict))
  const expected = expectedAfter(before, { ...fraud, isRewarded }, { terms, complainants })
  await operator.close()
  const wrong = [...spared, ...differences(after, expected)]
  return { shown: { fraud, verdict, before, after }, wrong }
}

/** Who showed what, by name, in the order of the ledger. */
async function complainantsOf(
  { operator, holders }: Trial,
  verdicts: readonly Verdict[],
): Promise<readonly string[]> {
  const evidence = [...new Set(verdicts.map(({ evidenceTx }) => evidenceTx))]
  const accounts = await Promise.all(evidence.map((txId) => shownBy(operator.nodes, txId)))
  return accounts.flatMap((account) => holders.find((one) => one.account === account)?.name ?? [])
}
