// What happens to the files of a machine that is down: wiped, lost, or with a bit that has flipped.
import { SLOT_BYTES } from '../../node/vote-slots.ts'
import { isCovered } from '../../node/voting.ts'
import { paths } from './home.ts'
import type { Random } from './random.ts'
import { journalRecords, lockSlots } from './votes-kept.ts'
import type { Machine, World } from './world.ts'

function flip(bytes: Uint8Array, at: number, random: Random): Uint8Array {
  const changed = Uint8Array.from(bytes)
  changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8))
  return changed
}

function changeFiles(
  machine: Machine,
  change: (path: string, bytes: Uint8Array) => Uint8Array | undefined,
): void {
  const { files, folders } = machine.home.image
  const kept = [...files].flatMap(([path, bytes]) => {
    const changed = change(path, bytes)
    return changed === undefined ? [] : [[path, changed] as const]
  })
  machine.home.image = { files: new Map(kept), folders }
}

export function wipeStore({ home }: Machine): void {
  home.entries = new Map()
  home.damaged.delete('store')
}

export function loseJournal(machine: Machine): void {
  changeFiles(machine, (path, bytes) => (path.startsWith(`${paths.journal}/`) ? undefined : bytes))
  machine.home.damaged.delete('journal')
}

/** The lock alone, the journal with it, or the whole disk: without the other two a lost lock does no harm. */
export function loseLock(machine: Machine, { random }: World): void {
  // A key that never voted has no lock to lose.
  const { files } = machine.home.image
  if (files.has(paths.unusedKey) || !files.has(paths.voteLock)) return
  changeFiles(machine, (path, bytes) => (path === paths.voteLock ? undefined : bytes))
  const more = random.below(3)
  if (more >= 1) loseJournal(machine)
  if (more >= 2) wipeStore(machine)
}

export function damageJournal(machine: Machine, { random }: World): void {
  changeFiles(machine, (path, bytes) =>
    path.startsWith(`${paths.journal}/`) && bytes.length > 0
      ? flip(bytes, random.below(bytes.length), random)
      : bytes,
  )
  machine.home.damaged.add('journal')
}

/** One of two good ones, and only beside a journal that shows the newest vote: without that it would be a lost lock. */
export function damageLockSlot(machine: Machine, world: World): void {
  const { home } = machine
  const slot = world.random.below(2)
  const slots = lockSlots(home) ?? []
  // A crash may have torn one already.
  if (slots.length < 2 || home.damaged.has('journal')) return
  const records = journalRecords(world, home)
  if (!slots.every((one) => isCovered(one, records))) return
  changeFiles(machine, (path, bytes) =>
    path === paths.voteLock
      ? flip(bytes, slot * SLOT_BYTES + world.random.below(SLOT_BYTES / 16), world.random)
      : bytes,
  )
}

/** LevelDB hands out flipped bits without a word. */
export function damageStore({ home }: Machine, { random }: World): void {
  const { entries } = home
  const keys = [...entries.keys()]
  if (keys.length === 0) return
  const key = random.pick(keys)
  const value = entries.get(key) ?? new Uint8Array()
  if (value.length === 0) return
  entries.set(key, flip(value, random.below(value.length), random))
  home.damaged.add('store')
}
