// The main job, step by step: admit, deal, allow, record, consent, ask, compare.
import { describeError } from '../errors.ts'
import type { Dataset } from '../synthea/dataset.ts'
import { type Agent, type Done, startAgent } from './agent-process.ts'
import type { Cast } from './cast.ts'
import type { Children } from './child.ts'
import { type Work, workOf } from './measure.ts'
import type { RunningValidator } from './network.ts'
import { openOperator } from './operator.ts'
import type { Rehearsal } from './options.ts'
import { joinAnswers, type Outcome } from './outcome.ts'
import type { NetworkPlan } from './plan.ts'
import { prepareLedger } from './prepare.ts'
import type { Progress } from './progress.ts'
import type { Party } from './sharing.ts'

export type JobParameters = {
  readonly plan: NetworkPlan
  readonly cast: Cast
  readonly dataset: Dataset
  readonly validators: readonly RunningValidator[]
  readonly children: Children
  readonly progress: Progress
  readonly rehearsal: Rehearsal
}

export type JobResult = {
  readonly outcome: Outcome
  readonly latenciesMs: readonly number[]
  readonly importSeconds: number
  readonly jobSeconds: number
  /** Records on the ledger, and how many of them this run added. */
  readonly records: number
  readonly newRecords: number
  /** Receipts that patients found wrong. */
  readonly disputes: number
  /** Of one validator, for the new records. */
  readonly recordBytes: number
  /** Of the validators, for the whole job. */
  readonly work: Pick<Work, 'cpuSeconds' | 'transactions'>
}

/** Nodes in an order of its own for each agent, so that they share the work. */
export function urlsFrom(
  validators: readonly RunningValidator[],
  start: number,
): readonly string[] {
  const urls = validators.map(({ rpcUrl }) => rpcUrl)
  const first = start % urls.length
  return [...urls.slice(first), ...urls.slice(0, first)]
}

export type Actors = {
  readonly hospitals: readonly Agent[]
  readonly patients: Agent
  readonly payers: readonly Agent[]
  readonly helpers: readonly Agent[]
}

type Starting = Pick<JobParameters, 'cast' | 'validators' | 'children' | 'progress'>

/** Starts agents, each with an order of nodes of its own. */
function starter({ validators, children, progress }: Starting) {
  let started = 0
  return (role: string, { name, home }: Party): Agent => {
    started += 1
    const rpc = urlsFrom(validators, started)
    const one = startAgent(children, { role, name, home, rpc })
    // The job goes on without a helper as long as enough of them are left.
    one.failed.catch((error: unknown) => progress.say(describeError(error)))
    return one
  }
}

export function startHelpers(starting: Starting): readonly Agent[] {
  const start = starter(starting)
  return starting.cast.helpers.map((party) => start('helper', party))
}

export function startActors(starting: Starting): Actors {
  const { cast } = starting
  const helpers = startHelpers(starting)
  const start = starter(starting)
  return {
    helpers,
    hospitals: cast.hospitals.map((party) => start('hospital', party)),
    patients: start('patients', { name: 'patients', home: cast.patients }),
    payers: cast.payers.map((party) => start('payer', party)),
  }
}

/** Runs one step of several agents at once, with one counter on stderr for all of them. */
async function counted(
  progress: Progress,
  agents: readonly Agent[],
  { step, unit }: { readonly step: string; readonly unit: string },
): Promise<readonly Done[]> {
  const counter = progress.count(unit)
  const parts = new Map<Agent, readonly [done: number, total: number]>()
  const all = (place: 0 | 1) => [...parts.values()].reduce((sum, part) => sum + part[place], 0)
  for (const agent of agents) {
    agent.onProgress((done, total) => {
      parts.set(agent, [done, total])
      counter.update(all(0), all(1))
    })
    agent.begin(step)
  }
  try {
    return await Promise.all(agents.map((agent) => agent.done(step)))
  } finally {
    for (const agent of agents) agent.onProgress(() => undefined)
    counter.stop()
  }
}

function added(reports: readonly Done[]): number {
  return reports.reduce((sum, report) => sum + report.added, 0)
}

/** What happened on the way, beside the answers. */
type Steps = {
  readonly imported: readonly Done[]
  readonly importSeconds: number
  readonly recordBytes: number
  readonly consented: readonly Done[]
  /** Receipts that patients found wrong. */
  readonly disputes: number
  readonly asked: readonly Done[]
}

/** What every job does once its parties run. */
export async function runSteps(parameters: JobParameters, actors: Actors): Promise<Steps> {
  const { plan, dataset, validators, progress, rehearsal } = parameters
  const { hospitals, payers } = actors
  const patients = [actors.patients]
  await Promise.all(hospitals.map((hospital) => hospital.done('admit')))
  await rehearsal.beforeRecording?.()
  progress.say('Patients let their hospitals record ...')
  await counted(progress, patients, { step: 'writers', unit: 'patients' })
  progress.say(`Recording ${dataset.invoices.length} invoices ...`)
  const importMs = performance.now()
  const { bytes } = await workOf(validators)
  const imported = await counted(progress, hospitals, { step: 'import', unit: 'records' })
  const importSeconds = (performance.now() - importMs) / 1_000
  const recordBytes = (await workOf(validators)).bytes - bytes
  progress.say('Patients consent to the questions of their payers ...')
  const consented = await counted(progress, patients, { step: 'grants', unit: 'patients' })
  progress.say('Patients read their receipts ...')
  const read = await counted(progress, patients, { step: 'receipts', unit: 'receipts' })
  const disputes = added(read)
  await rehearsal.beforeAsking?.(plan.home)
  progress.say('Payers ask, helpers answer ...')
  const asked = await counted(progress, payers, { step: 'ask', unit: 'questions' })
  return { imported, importSeconds, recordBytes, consented, disputes, asked }
}

export async function runJob(parameters: JobParameters): Promise<JobResult> {
  const { plan, cast, dataset, validators, progress } = parameters
  const startedMs = performance.now()
  const before = await workOf(validators)
  progress.say('Admitting payers, patients and helper servers, making the keys of the vault ...')
  const operator = await openOperator(plan, cast, urlsFrom(validators, 0))
  const operated = prepareLedger(operator, { plan, cast })
  const actors = startActors(parameters)
  const operatorLatencies = await operated
  await operator.close()
  const { imported, consented, asked, ...figures } = await runSteps(parameters, actors)
  const answers = asked.map((done) => done.answers ?? [])
  const jobSeconds = (performance.now() - startedMs) / 1_000
  const reports = [...imported, ...consented, ...asked]
  const after = await workOf(validators)
  return {
    ...figures,
    outcome: joinAnswers(dataset, cast, answers),
    latenciesMs: [...operatorLatencies, ...reports.flatMap((report) => report.latenciesMs)],
    jobSeconds,
    records: dataset.invoices.length,
    newRecords: added(imported),
    work: {
      // A validator that was stopped meanwhile says no more what it has used.
      cpuSeconds: Math.max(0, after.cpuSeconds - before.cpuSeconds),
      transactions: after.transactions - before.transactions,
    },
  }
}
