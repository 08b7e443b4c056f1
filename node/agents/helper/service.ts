// What a helper does for the keys that it serves, whatever their kind.
import type { TransactionSigner } from '../../../client/signer.ts'
import type { Writer } from '../../../vm/state.ts'
import type { TimeMs } from '../../../vm/types.ts'
import type { Accepted } from '../block.ts'
import type { AgentContext } from '../process.ts'
import type { OwnState } from './own-state.ts'
import type { HelperSettings } from './settings.ts'

export type Service = {
  /** Bond and offers; what is done before anybody asks for it. */
  readonly begin: () => Promise<void>
  /** Looks into a block before it is kept; what it writes is kept with it. */
  readonly look?: (state: Writer, acts: readonly Accepted[]) => Promise<void>
  /** Does what is due at this time; may be called any number of times. */
  readonly attend: (timeMs: TimeMs) => readonly Promise<void>[]
}

export type ServiceParameters = {
  readonly context: AgentContext
  readonly signer: TransactionSigner
  readonly own: OwnState
  readonly bond: bigint
  readonly cheat: HelperSettings['cheat']
}
