// What the operator of a node does by the book when it refuses its files: each refusal has one known remedy, or is a bug.
import { EpioneError, systemCodeOf } from '../../node/errors.ts'
import { loseJournal, wipeStore } from './damage.ts'
import type { Machine, World } from './world.ts'

const REPAIR_MS = 300

/** Whether the disk said no, whoever wrapped it up. */
function isOfDisk(error: unknown): boolean {
  const code = systemCodeOf(error)
  if (code === 'EIO' || code === 'ENOSPC') return true
  return error instanceof Error && error.cause !== undefined && isOfDisk(error.cause)
}

/** Whether there is a page in the book for it. */
export function operate(world: World, machine: Machine, error: unknown): boolean {
  const { trace, timeline } = world
  if (isOfDisk(error)) {
    world.crash(machine)
    // The disk is repaired or emptied, not the folder on it.
    const wait = (): void => {
      timeline.after(REPAIR_MS, () => {
        if (machine.home.trouble === undefined) world.start(machine)
        else wait()
      })
    }
    trace.fault('stopped by its disk')
    trace.note('disk', machine.process)
    wait()
    return true
  }
  if (!(error instanceof EpioneError)) return false
  const repair = (kind: string, mend: (machine: Machine) => void): true => {
    trace.fault(`refused: ${error.code}`)
    trace.note(kind, machine.process)
    world.crash(machine)
    mend(machine)
    timeline.after(REPAIR_MS, () => world.start(machine))
    return true
  }
  switch (error.code) {
    case 'JOURNAL_DAMAGED':
      return repair('journal removed', loseJournal)
    case 'STORE_DAMAGED':
      // Who alone has the newest block starts once more, until another has taken it.
      return repair('store wiped', (one) => {
        if (world.mayLose(one, 'store')) wipeStore(one)
        else trace.fault('loss put off')
      })
    default:
      return false
  }
}
