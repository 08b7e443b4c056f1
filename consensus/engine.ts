// The interface that every engine fulfils: one height at a time, pure, deterministic, total.
import type { TimeMs } from '../vm/types.ts'
import type { PreparedCertificate } from './certificate.ts'
import type { Effect } from './effect.ts'
import type { Input } from './input.ts'
import type { Message } from './message.ts'
import type { HeightConfig, ProposedBlock } from './types.ts'
import type { Verified } from './verified.ts'
import type { Rank } from './vote.ts'

/** What a restarted replica has of the height it was working on; restore.ts makes it of journal and lock. */
export type Resume = {
  /** Its newest message of each kind, as signed. */
  readonly messages: readonly Verified[]
  /** The newest vote of journal and lock. */
  readonly promised: Rank | null
  /** The highest prepared certificate under anything it signed. */
  readonly prepared: PreparedCertificate | null
  /** The blocks it prepared, whose bytes it still has. */
  readonly blocks: readonly ProposedBlock[]
}

export type Start<State> = {
  readonly config: HeightConfig
  readonly nowMs: TimeMs
  /** Null if nothing was signed at this height. */
  readonly resume: Resume | null
  /** The state of the height before, whose rate limits go on; null after a restart. */
  readonly previous: State | null
}

export type EngineStep<State> = { readonly state: State; readonly effects: readonly Effect[] }

/** What to do with a decoded message before any signature of it is checked. */
export type Triage =
  /** Verify it, then feed it as `message`. */
  | 'take'
  /** Its height is decided: feed `stale`. */
  | 'answer'
  /** Its height is not begun: keep the newest of each kind and peer for the next height, sync if it is further away. */
  | 'later'
  /** It says nothing new. */
  | 'drop'

export type Engine<State> = {
  readonly start: (start: Start<State>) => EngineStep<State>
  readonly step: (state: State, input: Input) => EngineStep<State>
  readonly triage: (state: State, message: Message) => Triage
}
