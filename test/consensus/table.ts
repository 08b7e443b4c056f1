// A conversation as a table: why, what is said, what the replica does.
import type { Test } from 'tap'
import type { Message } from '../../consensus/message.ts'
import type { EngineKind } from '../../vm/quorum.ts'
import { talk, type Untimed } from './conversation.ts'

type Line = {
  readonly why: string
  readonly input: Untimed | Message
  readonly effects: readonly string[]
}

export type Conversation = {
  readonly name: string
  /** Replica 1 if not given; null for an observer. */
  readonly self?: number | null
  readonly n?: number
  readonly engine?: EngineKind
  readonly lines: readonly Line[]
}

export function converse(t: Test, conversations: readonly Conversation[]): void {
  for (const { name, self = 1, n = 4, engine = 'pbft', lines } of conversations) {
    t.test(name, async (t) => {
      const replica = talk({ n, self, engine })
      for (const { why, input, effects } of lines) t.strictSame(replica.say(input), effects, why)
    })
  }
}
