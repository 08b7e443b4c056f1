// What is checked when a ledger is opened: the chain is ours, and its newest records fit together.
import { equal } from '../../vm/bytes.ts'
import type { Height } from '../../vm/types.ts'
import { EpioneError } from '../errors.ts'
import { headKey } from '../store/keys.ts'
import type { StoreReads } from '../store/port.ts'
import type { History } from './history.ts'
import { damaged, readHeadRecord } from './records.ts'
import { type Roots, stateRootOf, type Trees } from './tree.ts'
import type { Executed, Head, SealedHeader } from './types.ts'

/** Blocks below the head whose records are looked at; a torn log of LevelDB loses writes of the last few megabytes. */
const BLOCKS_CHECKED = 128

/** The trees of the values that are stored, against those that the head names. */
export function requireRoots(loaded: Roots, named: Roots): void {
  for (const [app, root] of named) {
    const found = loaded.get(app)
    if (found === undefined || !equal(found, root))
      throw damaged(`the state values of application ${app} are not what the state root commits to`)
  }
}

/** The data of another chain is not damaged; it is only not ours. */
function checkGenesis(found: SealedHeader, first: Executed): void {
  if (found.header.chainId !== first.header.chainId) {
    throw new EpioneError({
      code: 'GENESIS_MISMATCH',
      message: `the data folder belongs to the chain ${found.header.chainId}, the genesis file makes ${first.header.chainId}`,
      hint: 'give this chain a folder of its own, or take the genesis file that the folder was made with',
    })
  }
  if (!equal(found.headerBytes, first.headerBytes))
    throw damaged('block 0 is not what this software makes of the genesis file')
}

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw damaged(`${what} is missing`)
  return value
}

/** Every block of the last few that are whole has its records, and names the one below it. */
function checkLinks(history: History, head: SealedHeader, whole: Height): void {
  let above = head
  const last = Math.max(0, head.header.height - BLOCKS_CHECKED, whole - 1)
  for (let height = head.header.height; height > last; height--) {
    const { ids, receipts, events } = history.leaves
    for (const read of [ids, receipts, events, history.certificate])
      required<unknown>(read(height), `a record of block ${height}`)
    const below = required(history.header(height - 1), `the header of block ${height - 1}`)
    if (above.header.parent !== below.id)
      throw damaged(`block ${height} does not follow the stored block ${height - 1}`)
    above = below
  }
}

/** Throws GENESIS_MISMATCH or STORE_DAMAGED. */
export function checkStart(parts: {
  readonly store: StoreReads
  readonly trees: Pick<Trees, 'roots'>
  readonly history: History
  /** Block 0 as the genesis file makes it. */
  readonly first: Executed
  /** The lowest whole block. */
  readonly lowest: Height
}): Head {
  const { store, trees, history, first, lowest } = parts
  checkGenesis(required(history.header(0), 'the header of block 0'), first)
  const record = readHeadRecord(required(store.get(headKey), 'the record of the head'))
  const sealed = required(history.header(record.height), `the header of block ${record.height}`)
  if (sealed.id !== record.id || sealed.header.height !== record.height)
    throw damaged('the head names another block than the one that is stored')
  if (history.header(record.height + 1) !== undefined)
    throw damaged(`there is a block above the head ${record.height}`)
  const roots: Roots = new Map(record.trees.map(({ app, root }) => [app, root]))
  if (stateRootOf(roots) !== sealed.header.stateRoot)
    throw damaged('the state trees do not begin where the head says')
  requireRoots(trees.roots(), roots)
  checkLinks(history, sealed, lowest)
  const certificateBytes = required(
    history.certificate(record.height),
    'the certificate of the head',
  )
  return { ...sealed, certificateBytes }
}
