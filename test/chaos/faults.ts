// How each fault is done and undone: when one of these resolves, everything is whole again and only has to recover.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { exitCodes } from '../../node/errors.ts'
import { homePaths } from '../../node/home.ts'
import { assertNever } from '../../vm/assert.ts'
import type { History } from './history.ts'
import type { ChaosNetwork } from './network.ts'
import type { StartOptions, ValidatorProcess } from './process.ts'
import type { Relays } from './relay.ts'
import type { Fault } from './schedule.ts'
import type { SmallDisk } from './small-disk.ts'
import type { JournalKeeper } from './votes.ts'

export type Scene = {
  readonly network: ChaosNetwork
  readonly relays: Relays
  readonly history: History
  readonly keeper: JournalKeeper
  readonly smallDisk: SmallDisk
}

const clockPreload = join(import.meta.dirname, 'clock-preload.ts')

/** After which a node that cannot write must have ended. */
const FULL_DISK_MS = 30_000

async function restart(one: ValidatorProcess, lengthMs: number): Promise<void> {
  await one.kill()
  await sleep(lengthMs)
  await one.start()
}

async function pause(one: ValidatorProcess, lengthMs: number): Promise<void> {
  one.pause()
  await sleep(lengthMs)
  one.resume()
}

async function killAll({ network }: Scene, lengthMs: number): Promise<void> {
  await Promise.all(network.validators.map((one) => one.kill()))
  await sleep(lengthMs)
  await Promise.all(network.validators.map((one) => one.start()))
}

/** The links of one validator, one direction or both. */
async function cutOff({ network, relays }: Scene, fault: Fault): Promise<void> {
  const { kind, victim, lengthMs } = fault
  for (const other of network.validators.keys()) {
    if (other === victim) continue
    relays.cut(victim, other)
    if (kind === 'cut-both-ways') relays.cut(other, victim)
  }
  await sleep(lengthMs)
  relays.heal()
}

/** Two and two: nobody has a quorum. */
async function split({ network, relays }: Scene, { victim, lengthMs }: Fault): Promise<void> {
  const places = [...network.validators.keys()]
  const side = (place: number) =>
    place === victim || place === (victim + 1) % places.length ? 1 : 0
  for (const from of places)
    for (const to of places) if (side(from) !== side(to)) relays.cut(from, to)
  await sleep(lengthMs)
  relays.heal()
}

async function delay({ network, relays }: Scene, fault: Fault): Promise<void> {
  const { victim, lengthMs, amountMs } = fault
  for (const other of network.validators.keys()) {
    if (other === victim) continue
    relays.delay(victim, other, amountMs)
    relays.delay(other, victim, amountMs)
  }
  await sleep(lengthMs)
  relays.heal()
}

async function reset({ network, relays }: Scene, { victim, lengthMs }: Fault): Promise<void> {
  const untilMs = performance.now() + lengthMs
  do {
    for (const other of network.validators.keys()) if (other !== victim) relays.reset(victim, other)
    await sleep(300)
  } while (performance.now() < untilMs)
}

/** Keys, genesis, settings and the vote lock stay. */
async function wipe(scene: Scene, one: ValidatorProcess, fault: Fault): Promise<void> {
  const paths = homePaths(one.home)
  await one.kill()
  await rm(paths.data, { recursive: true, force: true })
  if (fault.kind === 'wipe-data-and-journal') {
    await scene.keeper.keep()
    await rm(paths.journal, { recursive: true, force: true })
    scene.keeper.journalIsGone(one.name)
  }
  await sleep(fault.lengthMs)
  scene.history.forget(one.name)
  await one.start()
}

async function wrongClock(one: ValidatorProcess, { lengthMs, amountMs }: Fault): Promise<void> {
  await one.kill()
  await one.start({ preloads: [clockPreload], env: { CHAOS_CLOCK_MS: `${amountMs}` } })
  await sleep(lengthMs)
  await one.kill()
  await one.start()
}

/** The node must end by itself, say why, and go on when there is room again. */
async function fillDisk(scene: Scene, one: ValidatorProcess, lengthMs: number): Promise<void> {
  const { smallDisk, history } = scene
  const options: StartOptions | undefined = smallDisk.startOptions
  if (options !== undefined) {
    await one.kill()
    await one.start(options)
  }
  const ended = one.ended()
  await smallDisk.fill()
  const ending = await Promise.race([ended, sleep(FULL_DISK_MS)])
  if (ending === undefined) {
    history.complain(`${one.name} goes on although its disk is full`)
    await one.kill()
  } else if (ending.code !== exitCodes.file) {
    history.complain(`${one.name} ended with ${ending.signal ?? ending.code} on a full disk`)
  }
  await sleep(lengthMs)
  await smallDisk.empty()
  await one.start()
}

export async function commitFault(scene: Scene, fault: Fault): Promise<void> {
  const { validators } = scene.network
  const small = validators.find(({ home }) => home === scene.smallDisk.home)
  const one = fault.kind === 'full-disk' ? small : validators[fault.victim]
  if (one === undefined) throw new RangeError(`no validator ${fault.victim}`)
  const { kind, lengthMs } = fault
  switch (kind) {
    case 'kill':
      return restart(one, lengthMs)
    case 'pause':
      return pause(one, lengthMs)
    case 'kill-all':
      return killAll(scene, lengthMs)
    case 'cut-one-way':
    case 'cut-both-ways':
      return cutOff(scene, fault)
    case 'split':
      return split(scene, fault)
    case 'delay':
      return delay(scene, fault)
    case 'reset':
      return reset(scene, fault)
    case 'wipe-data':
    case 'wipe-data-and-journal':
      return wipe(scene, one, fault)
    case 'wrong-clock':
      return wrongClock(one, fault)
    case 'full-disk':
      return fillDisk(scene, one, lengthMs)
    default:
      return assertNever(kind)
  }
}
