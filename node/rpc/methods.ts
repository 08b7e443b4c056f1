// All methods of this server, rpc.discover included.
import { assert } from '../../vm/assert.ts'
import type { Rules } from '../../vm/rules.ts'
import { chainMethods } from './chain-methods.ts'
import { eventMethods } from './event-methods.ts'
import type { Method } from './method.ts'
import { nodeMethods } from './node-methods.ts'
import { openRpcDocument } from './openrpc.ts'
import { queryMethods } from './query-methods.ts'
import { stateMethods } from './state-methods.ts'
import { subscriptionMethods } from './subscription-methods.ts'
import { txMethods } from './tx-methods.ts'

/** The methods of a chain; `rules` brings the queries of its applications. */
export function createMethods(rules: Pick<Rules, 'list'>, version: string): readonly Method[] {
  const methods = [
    ...chainMethods,
    ...txMethods,
    ...stateMethods,
    ...eventMethods,
    ...subscriptionMethods,
    ...nodeMethods,
    ...queryMethods(rules),
  ]
  assert(new Set(methods.map(({ name }) => name)).size === methods.length, 'a method twice')
  const discover: Method = {
    name: 'rpc.discover',
    summary: 'This document',
    parameters: [],
    resultName: 'document',
    result: { type: 'object' },
    example: {},
    reads: false,
    run: async () => document,
  }
  const document = openRpcDocument([...methods, discover], version)
  return [...methods, discover]
}
