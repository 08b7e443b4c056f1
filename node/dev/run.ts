// epione dev: a network on this machine, the main job in it, and everything stopped at the end.
import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describeError, EpioneError } from '../errors.ts'
import { holdExclusively } from '../exclusive.ts'
import type { Dataset } from '../synthea/dataset.ts'
import { networkPaths } from '../testnet/layout.ts'
import { openCast } from './cast.ts'
import { showFraud, tempoOf } from './cheat/perform.ts'
import { type Children, createChildren } from './child.ts'
import { checkInput } from './input.ts'
import { runJob } from './job.ts'
import { standings } from './measure.ts'
import { anyOf, type RunningValidator, startNetwork } from './network.ts'
import type { DevOptions, Rehearsal } from './options.ts'
import { isComplete } from './outcome.ts'
import { type NetworkPlan, openPlan } from './plan.ts'
import { createProgress, type Progress } from './progress.ts'
import { describeNetwork, describeSamples, type Figures, reportJob, toJson } from './report.ts'
import { keepSamples } from './samples.ts'
import { whoSawWhat } from './seen.ts'
import { mainStage } from './stage.ts'

/** Everything ends within ten seconds of a signal. */
const STOP_MS = 9_800
/** The exit code of a job that a signal ended, as shells have it for Ctrl-C. */
const INTERRUPTED = 130

/** npm passes on the Ctrl-C that the terminal has given to this process already: within this time it is the same one. */
const SAME_SIGNAL_MS = 1_000

/** Resolves with the first signal; a second one calls `hurry`. */
function listenForEnd(hurry: () => void, sameSignalMs: number): Promise<void> {
  return new Promise((resolve) => {
    let askedAt: number | undefined
    const ask = (): void => {
      const now = performance.now()
      askedAt ??= now
      if (now - askedAt > sameSignalMs) hurry()
      resolve()
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask)
  })
}

type Session = {
  readonly options: DevOptions
  readonly rehearsal: Rehearsal
  readonly progress: Progress
  readonly children: Children
  /** As soon as it is known. */
  home: string | undefined
  /** Whether the job came out right; undefined until it is done. */
  isWell: boolean | undefined
}

type Job = { readonly plan: NetworkPlan; readonly validators: readonly RunningValidator[] }

async function doJob(session: Session, job: Job, dataset: Dataset): Promise<boolean> {
  const { options, rehearsal, progress, children } = session
  const { plan, validators } = job
  const stage = mainStage(plan.home)
  const cast = await openCast({ plan, stage, dataset, data: options.data, rehearsal })
  const result = await runJob({
    plan,
    cast,
    dataset,
    validators,
    children,
    progress,
    rehearsal,
  })
  const wallSeconds = performance.now() / 1_000
  const nodes = await standings(validators)
  const sights = await whoSawWhat({ ...result, plan, cast, dataset }, anyOf(validators))
  const figures: Figures = { ...result, dataset, validators, nodes, sights, wallSeconds }
  reportJob(options, figures, progress)
  if (options.json) process.stdout.write(`${JSON.stringify(toJson(figures))}\n`)
  return isComplete(result.outcome)
}

/** The main job, or a fraud on a small part of it. */
function doTask(session: Session, job: Job, dataset: Dataset): Promise<boolean> {
  const { cheat, json } = session.options
  if (cheat === undefined) return doJob(session, job, dataset)
  const { progress, children } = session
  return showFraud({ cheat, dataset, progress, children, ...job }, json)
}

/** Starts the network, does the job, and waits for Ctrl-C unless told to end. */
async function work(session: Session, ended: Promise<void>): Promise<void> {
  const { options, rehearsal, progress, children } = session
  const { data, home, empty, validators: count, engine, sharing, cheat } = options
  const dataset = empty ? undefined : await checkInput(data)
  const fingerprint = dataset?.fingerprint
  const tempo = cheat === undefined ? rehearsal.tempo : tempoOf(cheat)
  const made = { home, validators: count, engine, sharing, fingerprint, tempo }
  const plan = await openPlan(made)
  session.home = plan.home
  const lock = holdExclusively(networkPaths(plan.home).validators)
  try {
    progress.say(`Starting ${count} validators in ${plan.home} ...`)
    await keepSamples(plan)
    const validators = await startNetwork(plan, children)
    progress.say(`Ready after ${(performance.now() / 1_000).toFixed(1)} s.`)
    for (const { child } of validators)
      child.lost.catch((error: unknown) => progress.say(describeError(error)))
    session.isWell = dataset === undefined || (await doTask(session, { plan, validators }, dataset))
    if (dataset === undefined && options.json)
      process.stdout.write(`${JSON.stringify({ nodes: await standings(validators) })}\n`)
    if (options.cheat !== undefined) return
    if (options.once) {
      progress.say(`${plan.home} keeps the network: go on with --home, or delete it.`)
      return
    }
    describeSamples(plan, progress)
    describeNetwork(plan, validators, progress)
    await ended
  } finally {
    await children.stop()
    lock.release()
  }
}

/** A folder that nobody named goes with a network that somebody ended; one with something to look into is named. */
function leaveHome({ options, progress, home, isWell }: Session, how: 'ended' | 'failed'): void {
  if (options.home !== undefined || home === undefined) return
  if (how === 'ended' && isWell !== false)
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  else progress.say(`${home} keeps the network and its logs: look there, then delete it.`)
}

/** The exit code: 0 if every sum that was asked for matches. Throws EpioneError for what somebody must mend. */
export async function runDev(options: DevOptions, rehearsal: Rehearsal = {}): Promise<number> {
  const progress = createProgress()
  const children = createChildren()
  const nothing = { home: undefined, isWell: undefined }
  const session: Session = { options, rehearsal, progress, children, ...nothing }
  const hurry = async (): Promise<never> => {
    progress.say('Ending at once ...')
    await children.kill()
    leaveHome(session, 'ended')
    process.exit(INTERRUPTED)
  }
  const ended = listenForEnd(() => {
    hurry().catch(() => process.exit(INTERRUPTED))
  }, rehearsal.sameSignalMs ?? SAME_SIGNAL_MS)
  // A signal in the middle of the job stops the processes that the job waits for, so nobody waits for the job then.
  const interrupted = ended.then(async () => {
    progress.say('Stopping ...')
    await Promise.race([children.stop(), sleep(STOP_MS, undefined, { ref: false })])
    await children.kill()
    leaveHome(session, 'ended')
  })
  const working = work(session, ended)
  working.catch(() => undefined)
  try {
    await Promise.race([working, interrupted])
    if (options.cheat !== undefined) leaveHome(session, 'ended')
    else if (!options.once) await interrupted
  } catch (error) {
    leaveHome(session, 'failed')
    throw error
  }
  if (session.isWell === undefined) return INTERRUPTED
  return session.isWell ? 0 : 1
}

/** For callers that check options. */
export function requireValidators(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= 40) return count
  throw new EpioneError({
    code: 'USAGE',
    message: `--validators takes a number from 1 to 40, not ${text}`,
    hint: 'leave it out for four; four survive the loss of any one',
  })
}
