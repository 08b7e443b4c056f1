// What checkers and actors may see of a simulation.
import type { Message } from '../../consensus/message.ts'
import type { Committed } from '../../node/replica/settle.ts'
import type { PublicKey } from '../../vm/types.ts'
import type { Signed } from './chain.ts'
import type { Running } from './running.ts'

/** Called as it happens, before the next event; of honest processes only, if nothing else is said. */
export type Watch = {
  /** A process has opened its home and begins. */
  readonly onStart: (node: Running) => void
  /** A vote leaves, for the first time or again. */
  readonly onVote: (node: Running, message: Message) => void
  readonly onCommit: (node: Running, committed: Committed) => void
  /** The node goes on from a fetched state. */
  readonly onAdopt: (node: Running) => void
  /** The engine is in another view. */
  readonly onView: (node: Running, view: number) => void
  readonly onEvidence: (
    node: Running,
    evidence: { readonly fault: string; readonly consensusKey: PublicKey },
  ) => void
  readonly onPenalty: (
    node: Running,
    penalty: { readonly process: number; readonly reason: string },
  ) => void
  /** A line of the log that no event of a simulation explains. */
  readonly onErrorLog: (node: Running, line: string) => void
  /** The process must stop. */
  readonly onFailure: (node: Running, error: unknown) => void
  /** A client knows that this is in a block. */
  readonly onAcknowledged: (node: Running, transaction: Signed['id']) => void
  /** After each event. */
  readonly onEvent: () => void
  /** The bad time is over. */
  readonly onCalm: () => void
  /** Everybody has caught up. */
  readonly onEnd: () => void | Promise<void>
}

/** Thrown by nobody: kept by the world, which then stops. */
export type Finding = { readonly checker: string; readonly text: string }
