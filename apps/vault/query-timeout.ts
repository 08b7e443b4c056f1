// query.timeout: anybody may end a query whose deadline passed without a result; the fee goes back.
import { accept, defineTx } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { closeEscrow } from '../bank/money.ts'
import { refuse } from './codes.ts'
import { requireSigner } from './committee.ts'
import { proofUnits } from './costs.ts'
import { sample } from './examples.ts'
import { queryTimeoutCodec } from './payloads.ts'
import { progressTable, queryTable, stopWaiting } from './state.ts'
import { TAGS } from './tags.ts'

/** The set stays pinned and can be asked for again at once as the same set. */
export const queryTimeout = defineTx({
  name: 'query.timeout',
  tag: TAGS['query.timeout'],
  summary: 'Ends a query without a result after its deadline.',
  payload: queryTimeoutCodec,
  example: { account: sample('01'), query: sample('02') },
  cost: () => proofUnits(0),
  authorize: (state, { account, query: id }, context) => {
    const refusal = requireSigner(account, context)
    if (refusal !== undefined) return refusal
    const query = queryTable.get(state, id)
    const progress = progressTable.get(state, id)
    if (query === undefined || progress === undefined) return refuse('QUERY_UNKNOWN')
    if (progress.status === 'ready') return refuse('RESULT_EXISTS')
    if (progress.status === 'timed-out') return refuse('QUERY_CLOSED')
    return context.timeMs < query.deadlineMs ? refuse('DEADLINE_OPEN') : undefined
  },
  execute: (state, { query: id }) => {
    const query = queryTable.get(state, id)
    const progress = progressTable.get(state, id)
    assert(query && progress, 'authorize has found the query')
    progressTable.put(state, { ...progress, status: 'timed-out' }, id)
    stopWaiting(state, query.committee, id)
    if (query.fee > 0n) {
      const refusal = closeEscrow(state, { id, payments: [] })
      assert(refusal === undefined, 'the escrow of an open query holds its fee')
    }
    return accept({ recipient: query.insurer, kind: 'vault.query-timed-out', reference: id })
  },
})
