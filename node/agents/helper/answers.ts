// Answers queries: the set is on disk before the answer leaves, the answer is made once, and it says nothing but this set's sum.
import { queryTable, waitingTable } from '../../../apps/vault/state.ts'
import type { QueryState } from '../../../apps/vault/values.ts'
import { ClientError } from '../../../client/errors.ts'
import type { TransactionSigner } from '../../../client/signer.ts'
import type { Act } from '../../../client/transaction.ts'
import { pause } from '../../../client/web.ts'
import { assert } from '../../../vm/assert.ts'
import type { Digest, Height, TimeMs } from '../../../vm/types.ts'
import type { AgentContext } from '../process.ts'
import type { OwnState } from './own-state.ts'

/** Between two attempts to answer one query. */
const AGAIN_MS = 1_000

export type Asked = { readonly query: Digest; readonly asked: QueryState }

/** One answer: its name in the outbox, which is another one if the same query is answered again, and how it is made. */
export type Answer = { readonly key: string; readonly make: () => Act }

export type AnswersParameters = {
  readonly context: AgentContext
  readonly signer: TransactionSigner
  readonly own: OwnState
  readonly committee: Digest
  /** Undefined if this helper has nothing to say about the query, or has said it. */
  readonly answerTo: (asked: Asked) => Answer | undefined
}

export type Answers = {
  /** Answers every open query of the helper's own reading that still has time; may be called any number of times. */
  readonly attend: (timeMs: TimeMs) => readonly Promise<void>[]
}

export function createAnswers(parameters: AnswersParameters): Answers {
  const { context, signer, own, committee, answerTo } = parameters
  const { log, sender } = context
  /**
   * The first height that shows what became of an answer: until it was read, what others have answered meanwhile is no reason to
   * answer once more.
   */
  const shownAt = new Map<Digest, Height>()
  const isUnderway = (query: Digest): boolean =>
    (shownAt.get(query) ?? 0) > (own.tip()?.height ?? 0)

  const send = async ({ query, asked }: Asked, { key, make }: Answer): Promise<Height> => {
    const promised = own.answeredSet(query)
    assert(promised === undefined || promised === asked.set, 'a query names one set')
    if (promised === undefined) await own.promise(query, asked.set)
    const { code, height } = await sender.deliver({ key, make, signers: [signer] })
    log.info({ query, code }, 'answered')
    return height
  }

  /** One query that cannot be answered now is tried again, and keeps nobody from the others. */
  const attempt = async (about: Asked, answer: Answer): Promise<void> => {
    const { query } = about
    shownAt.set(query, Number.POSITIVE_INFINITY)
    try {
      shownAt.set(query, await send(about, answer))
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      log.warn({ query, error: error.message }, 'not answered yet')
      await pause(AGAIN_MS)
      shownAt.delete(query)
    }
  }

  /** Of queries that are answered nothing is remembered. */
  const forgetOthers = (waiting: readonly { readonly query: Digest }[]): void => {
    const open = new Set(waiting.map(({ query }) => query))
    for (const query of shownAt.keys()) if (!open.has(query)) shownAt.delete(query)
  }

  return {
    attend: (timeMs) => {
      const waiting = waitingTable.get(own.reader, committee) ?? []
      forgetOthers(waiting)
      return waiting.flatMap(({ query, deadlineMs }) => {
        const asked = queryTable.get(own.reader, query)
        assert(asked !== undefined, 'a query that waits was read')
        if (timeMs >= deadlineMs || isUnderway(query)) return []
        const answer = answerTo({ query, asked })
        return answer === undefined ? [] : [attempt({ query, asked }, answer)]
      })
    },
  }
}
