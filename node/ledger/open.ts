// Opens the ledger in a store: block 0 in a new one, checks in an old one; then everything the node asks of it.
import type { Genesis } from '../../genesis/build.ts'
import type { AppList } from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { createRules } from '../../vm/rules.ts'
import type { Digest } from '../../vm/types.ts'
import { headKey } from '../store/keys.ts'
import type { Store } from '../store/port.ts'
import { createStagedStore } from '../store/staged.ts'
import { changeOf } from './commit.ts'
import { genesisBlock } from './genesis.ts'
import { createHistory } from './history.ts'
import { createProofs } from './proofs.ts'
import { buildBlock, executeProposal, type Ground } from './propose.ts'
import { checkStart } from './start-check.ts'
import { createState } from './state.ts'
import { createTrees } from './tree.ts'
import type { Executed, Head, Ledger, Place } from './types.ts'

export type LedgerParts = {
  readonly store: Store
  readonly genesis: Genesis
  readonly list: AppList
}

/** Throws GENESIS_MISMATCH for the data of another chain, STORE_DAMAGED if the newest records do not fit together. */
export async function openLedger(parts: LedgerParts): Promise<Ledger> {
  const { genesis, list } = parts
  const store = createStagedStore(parts.store)
  const { chainId, engine, parameters } = genesis
  const rules = createRules({ chainId, engine, parameters, list })
  const trees = createTrees(store)
  const history = createHistory(store)
  const first = genesisBlock(rules, genesis, trees)
  if (store.get(headKey) === undefined && history.header(0) === undefined) {
    store.stage(changeOf(store, first, { certificateBytes: new Uint8Array(), isNewSet: true }))
    await store.flush()
  }
  const start = checkStart({ store, history, first })
  let { head, roots } = start
  const state = createState({ store, trees, height: head.header.height, roots })
  let isWriting = false

  /** A write can be read before it is durable: until then the block is of no height that is here. */
  const place = (id: Digest): Place | undefined => {
    const found = history.place(id)
    return found === undefined || found.height > head.header.height ? undefined : found
  }

  const ground = (): Ground => ({
    rules,
    head,
    state: state.at(head.header.height),
    contains: (id) => place(id) !== undefined,
    updateTrees: (writes) => trees.update(roots, head.header.height + 1, writes),
  })

  /** What the block changes on disk, and how the ledger has it as its head. */
  const take = (executed: Executed, certificateBytes: Uint8Array) => {
    assert(!isWriting, 'blocks are taken one after another')
    const { header, writes, tree } = executed
    assert(header.parent === head.id, 'a block is taken on the head it was executed on')
    state.begin(header.height, writes)
    const isNewSet = header.validatorsRoot !== head.header.validatorsRoot
    return {
      change: changeOf(store, executed, { certificateBytes, isNewSet }),
      finish: () => {
        trees.keep(tree)
        state.finish(header.height, writes, tree.roots)
        roots = tree.roots
        head = headOf(executed, certificateBytes)
      },
    }
  }

  const written = async (write: () => Promise<void>): Promise<void> => {
    assert(!isWriting, 'one write after another')
    isWriting = true
    // After a rejection the flag stays: what is on disk is unknown, and this process writes nothing more.
    await write()
    isWriting = false
  }

  return {
    rules,
    head: () => head,
    state: () => state.at(head.header.height),
    queryState: () => state.at(head.header.height),
    contains: (id) => place(id) !== undefined,
    build: (plan) => buildBlock(ground(), plan),
    execute: (proposal) => executeProposal(ground(), proposal),
    commit: async (executed, certificateBytes) => {
      const { change, finish } = take(executed, certificateBytes)
      await written(() => store.write(change))
      finish()
    },
    stage: (executed, certificateBytes) => {
      const { change, finish } = take(executed, certificateBytes)
      store.stage(change)
      finish()
    },
    flush: () => written(store.flush),
    lowest: () => 1,
    ...history,
    place,
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
