// A process of a simulation at work, as others see it.
import type { createCore } from '../../node/core.ts'
import type { Ledger } from '../../node/ledger/types.ts'
import type { Voting } from '../../node/voting.ts'
import type { Seat } from './chain.ts'
import type { Home } from './home.ts'
import type { SimHost } from './host.ts'
import type { Scope } from './scope.ts'

export type Running = {
  /** Its place among the validators; a twin has the same, and another process. */
  readonly index: number
  readonly process: number
  readonly seat: Seat
  readonly scope: Scope
  readonly host: SimHost
  readonly home: Home
  readonly ledger: Ledger
  /** Old states that are kept readable for others. */
  readonly heldStates: () => number
  readonly voting: Voting
  readonly core: ReturnType<typeof createCore>
}
