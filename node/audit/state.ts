// The state: every value against its checksum, all of them together against the roots, nothing missing and nothing more.
import { equal } from '../../vm/bytes.ts'
import { createPool } from '../../vm/state-tree-pool.ts'
import type { Height } from '../../vm/types.ts'
import { createPlanter } from '../ledger/planter.ts'
import type { Roots } from '../ledger/tree.ts'
import { contentOf, heightOf, isWholeValue, wholeValue } from '../ledger/values.ts'
import { stateKey } from '../store/keys.ts'
import type { StorePut, StoreReads } from '../store/port.ts'
import type { Finding } from './finding.ts'
import { countKeys, scan } from './scan.ts'

export type StateAudit = {
  readonly store: StoreReads
  readonly roots: Roots
  readonly head: Height
}

/** What is wrong with one record. The height that wrote it is part of it: a single flipped bit is undone to read it. */
function findingAbout({ key, value }: StorePut, { store, head }: StateAudit): Finding | undefined {
  // Read again as the node reads it: an index that is damaged shows other values than a scan.
  const again = store.get(key)
  if (!isWholeValue(key, value)) {
    const height = Math.min(head, heightOf(wholeValue(key, value) ?? value))
    return { height, what: `the value ${key} fails its checksum` }
  }
  const height = Math.min(head, heightOf(value))
  if (again === undefined || !equal(again, value))
    return { height, what: `the value ${key} is read as another one than is stored` }
  return heightOf(value) > head
    ? { height, what: `the value ${key} is of a later block` }
    : undefined
}

/** All that is wrong with the state of the head; empty if nothing is. */
export async function auditState(audit: StateAudit): Promise<readonly Finding[]> {
  const { store, roots, head } = audit
  const found: Finding[] = []
  let values = 0
  for (const [app, root] of roots) {
    const prefix = stateKey({ app, key: '' })
    const pool = createPool()
    const planter = createPlanter(pool)
    for await (const entry of scan(store, prefix)) {
      values++
      const finding = findingAbout(entry, audit)
      if (finding !== undefined) found.push(finding)
      planter.add(entry.key.slice(prefix.length), contentOf(entry.value))
    }
    if (!equal(pool.hash(await planter.plant()), root))
      found.push({
        height: head,
        what: `the values of application ${app} are not those that its root commits to`,
      })
  }
  const stored = await countKeys(store, 's/')
  if (stored !== values)
    found.push({ height: head, what: `${stored} state values are stored, ${values} are in use` })
  return found
}
