// Answers queries: the set is on disk before the answer leaves, the answer is made once, and it says nothing but this set's sum.
import { randomBytes } from 'node:crypto'
import { queryRespond } from '../../../apps/vault/query-respond.ts'
import { queryTable } from '../../../apps/vault/state.ts'
import type { QueryState } from '../../../apps/vault/values.ts'
import { ClientError } from '../../../client/errors.ts'
import type { TransactionSigner } from '../../../client/signer.ts'
import { act } from '../../../client/transaction.ts'
import { buildResponse } from '../../../client/vault/query.ts'
import { pause } from '../../../client/web.ts'
import { assert } from '../../../vm/assert.ts'
import type { Digest, TimeMs } from '../../../vm/types.ts'
import type { AgentContext } from '../process.ts'
import type { OwnState } from './own-state.ts'
import type { Held } from './seat.ts'

/** Between two attempts to answer one query. */
const AGAIN_MS = 1_000

export type AnswersParameters = {
  readonly context: AgentContext
  readonly signer: TransactionSigner
  readonly own: OwnState
}

export type Answers = {
  /** Answers every open query of the helper's own reading that still has time; may be called any number of times. */
  readonly attend: (held: Held, timeMs: TimeMs) => readonly Promise<void>[]
}

export function createAnswers({ context, signer, own }: AnswersParameters): Answers {
  const { anchor, crypto, log, sender } = context
  const { chainId } = anchor
  const { account } = signer
  const underway = new Set<Digest>()

  const build = (held: Held, query: Digest, asked: QueryState) => {
    const { committee, epoch, answerKey, sums } = asked
    const { index, share } = held
    return buildResponse(crypto.group, {
      chainId,
      account,
      committee,
      epoch,
      index,
      share,
      query,
      ephemeral: sums.ephemeral,
      answerKey,
      entropy: randomBytes(32),
    })
  }

  const answer = async (held: Held, query: Digest, asked: QueryState): Promise<void> => {
    const promised = own.answeredSet(query)
    assert(promised === undefined || promised === asked.set, 'a query names one set')
    if (promised === undefined) await own.promise(query, asked.set)
    const { code } = await sender.deliver({
      key: `query.respond/${query}`,
      make: () => act(queryRespond, build(held, query, asked)),
      signers: [signer],
    })
    log.info({ query, code }, 'answered')
  }

  /** One query that cannot be answered now is tried again, and keeps nobody from the others. */
  const attempt = async (held: Held, query: Digest, asked: QueryState): Promise<void> => {
    try {
      await answer(held, query, asked)
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      log.warn({ query, error: error.message }, 'not answered yet')
      await pause(AGAIN_MS)
    }
  }

  return {
    attend: (held, timeMs) =>
      own.openQueries().flatMap((query) => {
        const asked = queryTable.get(own.reader, query)
        assert(asked !== undefined, 'an open query was read')
        if (underway.has(query) || timeMs >= asked.deadlineMs) return []
        underway.add(query)
        return [attempt(held, query, asked).finally(() => underway.delete(query))]
      }),
  }
}
