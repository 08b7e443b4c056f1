// query.timeout: anybody may end a query whose deadline passed without a result; the fee goes back, the silent pay.

import { accept, defineTx } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { sample } from '../../vm/example.ts'
import { refuse } from './codes.ts'
import { requireSigner } from './committee.ts'
import { proofUnits } from './costs.ts'
import { refundFee } from './fees.ts'
import { queryTimeoutCodec } from './payloads.ts'
import { deadlineOf, isSpoiled } from './replicated/asked.ts'
import { punishSilence } from './silence.ts'
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
    const isOver = context.timeMs >= deadlineOf(state, id, query) || isSpoiled(state, query)
    return isOver ? undefined : refuse('DEADLINE_OPEN')
  },
  execute: (state, { query: id }, context) => {
    const query = queryTable.get(state, id)
    const progress = progressTable.get(state, id)
    assert(query && progress, 'authorize has found the query')
    progressTable.put(state, { ...progress, status: 'timed-out' }, id)
    stopWaiting(state, query.committee, id)
    refundFee(state, id)
    punishSilence(state, { id, query }, context)
    return accept({ recipient: query.insurer, kind: 'vault.query-timed-out', reference: id })
  },
})
