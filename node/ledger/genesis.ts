// Block 0: the first state, without transactions, certificate or proposer.

import type { Genesis } from '../../genesis/build.ts'
import type { Rules } from '../../vm/rules.ts'
import { createOverlay, emptyState } from '../../vm/state.ts'
import type { Hex } from '../../vm/types.ts'
import { headerOf, sealHeader } from './header.ts'
import { createTrees, tagsOf } from './tree.ts'
import type { Executed } from './types.ts'

const nobody: Hex = `0x${'00'.repeat(32)}`

export function genesisBlock(rules: Rules, genesis: Genesis): Executed {
  const { writes, timeMs, validators } = genesis
  const after = createOverlay(emptyState)
  for (const { app, key, value } of writes) after.set({ app, key }, value)
  const tree = createTrees(tagsOf(rules.list)).update(writes)
  const execution = { receipts: [], events: [], after }
  const header = headerOf({
    rules,
    parent: nobody,
    height: 0,
    timeMs,
    proposer: nobody,
    ids: [],
    execution,
    tree,
  })
  return {
    ...sealHeader(header),
    transactions: [],
    ids: [],
    receipts: [],
    events: [],
    writes,
    validators,
    tree,
    bugs: [],
  }
}
