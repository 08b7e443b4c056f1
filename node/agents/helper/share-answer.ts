// What a helper with a share of a threshold key answers: its part of the sum under the insurer's key, proven.
import { randomBytes } from 'node:crypto'
import { queryRespond } from '../../../apps/vault/query-respond.ts'
import { progressTable } from '../../../apps/vault/state.ts'
import { act } from '../../../client/transaction.ts'
import { buildResponse } from '../../../client/vault/query.ts'
import type { Reader } from '../../../vm/state.ts'
import type { AccountId, Hex } from '../../../vm/types.ts'
import type { AgentContext } from '../process.ts'
import type { Answer, Asked } from './answers.ts'

/** A share of the key, and the seat that it belongs to. */
export type Seated = { readonly index: number; readonly share: Hex }

export function shareAnswer(
  { anchor, crypto }: Pick<AgentContext, 'anchor' | 'crypto'>,
  state: Reader,
  { account, seat }: { readonly account: AccountId; readonly seat: Seated },
): (asked: Asked) => Answer | undefined {
  const { index, share } = seat
  return ({ query, asked }) => {
    const { committee, epoch, answerKey, sums } = asked
    const responses = progressTable.get(state, query)?.responses ?? []
    if (responses.some((response) => response.index === index)) return undefined
    const { ephemeral } = sums
    const { chainId } = anchor
    const place = { chainId, account, committee, epoch, index, query }
    const make = () => {
      const secrets = { share, ephemeral, answerKey, entropy: randomBytes(32) }
      return act(queryRespond, buildResponse(crypto.group, { ...place, ...secrets }))
    }
    return { key: `query.respond/${query}`, make }
  }
}
