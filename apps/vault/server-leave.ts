// server.leave: a server takes leave; it serves on for as long as others need to deal without it, and then has its bond back.

import { accept, defineTx } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { sample } from '../../vm/example.ts'
import { freeBond } from '../bank/money.ts'
import { lockUntil } from './bonds.ts'
import { refuse } from './codes.ts'
import { requireSigner } from './committee.ts'
import { proofUnits } from './costs.ts'
import type { VaultParameters } from './genesis.ts'
import { requireParameters } from './parameters.ts'
import { serverLeaveCodec } from './payloads.ts'
import { serverTable } from './state.ts'
import { TAGS } from './tags.ts'

/** Time to deal a key again, and once more if that comes to nothing. */
function noticeMs({ complaintWindowMs, ackWindowMs }: VaultParameters): number {
  return 2 * (complaintWindowMs + ackWindowMs)
}

/** The longest that something may come to light about what a server was asked in its last moment. */
function afterwardsMs({ queryDeadlineMs, complaintWindowMs }: VaultParameters): number {
  return 2 * (queryDeadlineMs + complaintWindowMs)
}

/**
 * Nobody can keep a server: it may leave while it holds seats, so no bond depends on a hospital that deals no more. Whoever needs it
 * has the time of notice to hand its keys over. An account that has left does not come back, lest it chose when it is liable.
 */
export const serverLeave = defineTx({
  name: 'server.leave',
  tag: TAGS['server.leave'],
  summary: 'Takes leave as a server; duties end after a time of notice, the bond is free later.',
  payload: serverLeaveCodec,
  example: { account: sample('01') },
  cost: () => proofUnits(0),
  authorize: (state, { account }, context) => {
    const refusal = requireSigner(account, context)
    if (refusal !== undefined) return refusal
    const server = serverTable.get(state, account)
    if (server === undefined) return refuse('SERVER_UNKNOWN')
    return server.leavesMs === null ? undefined : refuse('SERVER_LEAVING')
  },
  execute: (state, { account }, { timeMs }) => {
    const server = serverTable.get(state, account)
    assert(server !== undefined, 'authorize has found the server')
    const parameters = requireParameters(state)
    const leavesMs = timeMs + noticeMs(parameters)
    serverTable.put(state, { ...server, leavesMs }, account)
    freeBond(state, { owner: account, currency: parameters.currency })
    lockUntil(state, [account], leavesMs + afterwardsMs(parameters))
    return accept({
      recipient: server.organization,
      kind: 'vault.server-leaves',
      reference: account,
    })
  },
})
