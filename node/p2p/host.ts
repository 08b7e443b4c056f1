// The network of one node: a full mesh of bounded streams among the members of the ledger.
import { assert } from '../../vm/assert.ts'
import type { Host, HostConfig } from './types.ts'

export function createHost(config: HostConfig): Host {
  assert(false, `not built yet for ${config.chainId}`)
}
