// What a checker is: a name, and what it does about what it sees.
import type { Watch } from '../watch.ts'
import type { World } from '../world.ts'

export type CheckerPorts = {
  readonly world: World
  /** Tells of a broken promise; the first one ends the run. */
  readonly find: (text: string) => void
  /** Validators that may do anything, by their place in the set of the genesis. */
  readonly byzantine: ReadonlySet<number>
}

export type Checker = {
  readonly name: string
  readonly create: (ports: CheckerPorts) => Partial<Watch>
}
