// What both parts of a shown fraud share: the network, the small part of the data, the plan of the fraud, and who has money.
import { join } from 'node:path'
import { committeeTable } from '../../../apps/vault/state.ts'
import type { Client } from '../../../client/client.ts'
import { pause } from '../../../client/web.ts'
import type { Digest } from '../../../vm/types.ts'
import type { Nodes } from '../../agents/nodes.ts'
import { EpioneError } from '../../errors.ts'
import type { Dataset } from '../../synthea/dataset.ts'
import { type Cast, openCast } from '../cast.ts'
import type { Children } from '../child.ts'
import { checkInput } from '../input.ts'
import type { Actors, JobParameters } from '../job.ts'
import { anyOf, type RunningValidator } from '../network.ts'
import type { Rehearsal } from '../options.ts'
import { keysOf, type NetworkPlan } from '../plan.ts'
import type { Progress } from '../progress.ts'
import { dealFacilities, liableFor } from '../sharing.ts'
import { honest, type Stage } from '../stage.ts'
import type { Holder } from './accounts.ts'
import { type Cheat, type FraudPlan, planFraud } from './frauds.ts'
import { writePart } from './part.ts'

export type Performing = {
  readonly cheat: Cheat
  readonly plan: NetworkPlan
  readonly dataset: Dataset
  readonly validators: readonly RunningValidator[]
  readonly children: Children
  readonly progress: Progress
}

/** All that both parts of a performance share. */
export type Scene = Performing & {
  readonly fraud: FraudPlan
  /** The small part, and the folder that it is in. */
  readonly part: Dataset
  readonly data: string
  readonly firstPayer: string
  readonly client: Client
}

export async function openScene(performing: Performing): Promise<Scene> {
  const { cheat, plan, dataset, validators } = performing
  const data = join(plan.home, 'part')
  const { firstPayer } = await writePart(data, dataset)
  const part = await checkInput(data)
  const own = new Set(dealFacilities(part, plan.sharing).get('hospital-1'))
  const invoice = part.invoices.find(({ facility }) => own.has(facility))?.id
  if (invoice === undefined)
    throw new EpioneError({
      code: 'INPUT_INVALID',
      message: 'the first hospital has no invoice in the part that is shown',
      hint: 'leave --data out: the data set of the repository has what a fraud takes',
    })
  const fraud = planFraud(cheat, { sharing: plan.sharing, invoice })
  return { ...performing, fraud, part, data, firstPayer, client: anyOf(validators) }
}

/** Questions cost nothing, so that only a fraud moves money. */
function stageAt({ fraud }: Scene, home: string, isHonest: boolean): Stage {
  return {
    home,
    fee: 0n,
    answers: fraud.fault === 'bad-answer' ? 'scalar' : 'masked',
    frauds: isHonest ? honest : fraud.frauds,
  }
}

export function castAt(
  scene: Scene,
  home: string,
  { isHonest }: { readonly isHonest: boolean },
): Promise<Cast> {
  const { plan, part, data } = scene
  const stage = stageAt(scene, home, isHonest)
  return openCast({ plan, stage, dataset: part, data, rehearsal: {} })
}

export function jobOf(scene: Scene, cast: Cast, rehearsal: Rehearsal): JobParameters {
  const { plan, part, validators, children, progress } = scene
  return { plan, cast, dataset: part, validators, children, progress, rehearsal }
}

/** Everybody who has money. */
export function holdersOf({ plan }: Scene, cast: Cast): readonly Holder[] {
  const parties = [...cast.hospitals, ...cast.helpers].map(({ name }) => name)
  const liable = cast.hospitals.map(({ name }) => liableFor(plan.sharing, name))
  const named = new Set([...parties, ...liable, 'treasury'])
  const members = [...named].map((name) => ({ name, account: keysOf(plan, name).account }))
  const payers = cast.payers.map(({ name, account }) => ({ name, account }))
  const patients = cast.cards.map(({ account }, at) => ({ name: `patient-${at + 1}`, account }))
  return [...members, ...payers, ...patients]
}

export function failed(what: string): EpioneError {
  return new EpioneError({
    code: 'CHILD_FAILED',
    message: `the fraud was not shown: ${what}`,
    hint: 'the logs are in the home that is named below',
  })
}

export async function stopAll({ hospitals, patients, payers, helpers }: Actors): Promise<void> {
  const all = [...hospitals, patients, ...payers, ...helpers]
  await Promise.all(all.map(({ stop }) => stop()))
}

const POLL_MS = 300

/** Whoever deals the keys locks a bond with it. */
export async function awaitCommittee(nodes: Nodes, committee: Digest): Promise<void> {
  const at = committeeTable.key(committee)
  const look = () => nodes.ask(({ verified }) => verified.stateValue(at))
  while ((await look()).value === undefined) await pause(POLL_MS)
}
