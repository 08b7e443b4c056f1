// Opens the ledger in a store: block 0 in a new one, checks in an old one; then everything the node asks of it.
import type { Genesis } from '../../genesis/build.ts'
import type { AppList } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { createRules } from '../../vm/rules.ts'
import { headKey } from '../store/keys.ts'
import type { Store } from '../store/port.ts'
import { changeOf } from './commit.ts'
import { genesisBlock } from './genesis.ts'
import { createHistory } from './history.ts'
import { createProofs } from './proofs.ts'
import { buildBlock, executeProposal, type Ground } from './propose.ts'
import { checkStart } from './start-check.ts'
import { createState } from './state.ts'
import { createTrees } from './tree.ts'
import type { Executed, Head, Ledger } from './types.ts'

export type LedgerParts = {
  readonly store: Store
  readonly genesis: Genesis
  readonly list: AppList
}

/** Throws GENESIS_MISMATCH for the data of another chain, STORE_DAMAGED if the newest records do not fit together. */
export async function openLedger({ store, genesis, list }: LedgerParts): Promise<Ledger> {
  const { chainId, engine, parameters } = genesis
  const rules = createRules({ chainId, engine, parameters, list })
  const trees = createTrees(store)
  const history = createHistory(store)
  const first = genesisBlock(rules, genesis, trees)
  if (store.get(headKey) === undefined && history.header(0) === undefined) {
    await store.write(
      changeOf(store, first, { certificateBytes: new Uint8Array(), isNewSet: true }),
    )
  }
  const start = checkStart({ store, history, first })
  let { head, roots } = start
  const state = createState({ store, trees, height: head.header.height, roots })
  let isWriting = false

  const ground = (): Ground => ({
    rules,
    head,
    state: state.at(head.header.height),
    contains: (id) => history.place(id) !== undefined,
    updateTrees: (writes) => trees.update(roots, head.header.height + 1, writes),
  })

  const commit = async (executed: Executed, certificateBytes: Uint8Array): Promise<void> => {
    assert(!isWriting, 'blocks are committed one after another')
    const { header, writes, tree } = executed
    assert(header.parent === head.id, 'a block is committed on the head it was executed on')
    isWriting = true
    state.begin(header.height, writes)
    const isNewSet = header.validatorsRoot !== head.header.validatorsRoot
    // After a rejection the flag stays: what is on disk is unknown, and this process writes nothing more.
    await store.write(changeOf(store, executed, { certificateBytes, isNewSet }))
    isWriting = false
    trees.keep(tree)
    state.finish(header.height, writes, tree.roots)
    roots = tree.roots
    head = headOf(executed, certificateBytes)
  }

  return {
    rules,
    head: () => head,
    state: () => state.at(head.header.height),
    queryState: () => state.at(head.header.height),
    contains: (id) => history.place(id) !== undefined,
    build: (plan) => buildBlock(ground(), plan),
    execute: (proposal) => executeProposal(ground(), proposal),
    commit,
    ...history,
    ...createProofs(history),
    proveState: (at) => {
      const { height } = head.header
      return { height, proof: trees.prove(roots, at, state.at(height).get(at)) }
    },
  }
}

function headOf({ header, headerBytes, id }: Executed, certificateBytes: Uint8Array): Head {
  return { header, headerBytes, id, certificateBytes }
}
