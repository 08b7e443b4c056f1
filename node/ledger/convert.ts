// Folders of format 1 as this software has them: values there were bare, and the nodes of the trees lay beside them.
import { array, choice, struct } from '../../vm/codec-compound.ts'
import { bytes, constant, hex, uint } from '../../vm/codec-scalar.ts'
import { EMPTY_HASH, leafHash } from '../../vm/state-tree-hash.ts'
import type { Digest } from '../../vm/types.ts'
import { type Area, changeInArea, clearArea, otherArea, readsInArea } from '../store/areas.ts'
import { afterPrefix, headKey, stateKey } from '../store/keys.ts'
import type { Store } from '../store/port.ts'
import { type Base, baseEntry } from './base.ts'
import { headRecord } from './commit.ts'
import { decodeRecord, formatOf, unseal } from './records.ts'
import { sealValue } from './values.ts'

const hash32 = bytes(32)

const headCodec = struct({
  format: constant(1),
  height: uint(),
  id: hex<Digest>(32),
  trees: array(
    struct({
      app: uint(255, 1),
      root: choice({
        empty: [0, struct({})],
        leaf: [1, struct({ version: uint(), path: hash32, valueHash: hash32 })],
        node: [2, struct({ version: uint(), hash: hash32 })],
      }),
    }),
    255,
  ),
})

/** Tree nodes and the lists of those that were replaced, in both areas. */
const NODES = ['m/', 'x/', 'M/', 'X/']
/** Records of one write. */
const PAGE = 2_048

async function removeNodes(store: Store): Promise<void> {
  for (const from of NODES) {
    for (;;) {
      const page = await store.range({ from, below: afterPrefix(from), limit: PAGE })
      if (page.length === 0) break
      await store.write({ put: [], remove: page.map(({ key }) => key) })
    }
  }
}

async function copyValues(store: Store, app: number, plan: Plan): Promise<void> {
  const reads = readsInArea(store, plan.from)
  const prefix = stateKey({ app, key: '' })
  for (let from = prefix; ; ) {
    const page = await reads.range({ from, below: afterPrefix(prefix), limit: PAGE })
    const put = page.map(({ key, value }) => ({ key, value: sealValue(key, value, plan.height) }))
    await store.write(changeInArea(plan.to, { put, remove: [] }))
    const last = page.at(-1)
    if (last === undefined) return
    // A space sorts before every character of a key.
    from = `${last.key} `
  }
}

type Plan = { readonly from: Area; readonly to: Area; readonly height: number }

/**
 * Where the ledger stands afterwards. The values are copied into the other area, and one write makes it the one in use: a crash
 * before that leaves format 1, whose nodes nobody needs any more. Whether the values are the right ones is said at every start.
 */
export async function convertStore(store: Store, base: Base): Promise<Base> {
  const record = store.get(headKey)
  const content = record && unseal(headKey, record)
  if (content === undefined || formatOf(content) !== 1) return base
  const { height, id, trees } = decodeRecord(headCodec, headKey, content)
  const area = otherArea(base.area)
  await clearArea(store, area)
  await removeNodes(store)
  for (const { app } of trees) await copyValues(store, app, { from: base.area, to: area, height })
  const roots = new Map(
    trees.map(({ app, root }) => {
      if (root.kind === 'empty') return [app, EMPTY_HASH] as const
      return [app, root.kind === 'leaf' ? leafHash(root.path, root.valueHash) : root.hash] as const
    }),
  )
  const next = { lowest: base.lowest, area }
  await store.write({ put: [headRecord(height, id, roots), baseEntry(next)], remove: [] })
  return next
}
