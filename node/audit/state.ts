// The state: every node of the trees recomputed, every value against its leaf, nothing missing and nothing more.
import { equal, toHex } from '../../vm/bytes.ts'
import { hashValue, pathOf } from '../../vm/state-tree-hash.ts'
import { type Child, childAt, decodeNode, type Leaf, SLOTS } from '../../vm/state-tree-node.ts'
import type { Height } from '../../vm/types.ts'
import { decodeRecord, staleCodec, unseal } from '../ledger/records.ts'
import type { Roots } from '../ledger/tree.ts'
import { heightOfKey, nodeKey, stateKey } from '../store/keys.ts'
import type { StoreReads } from '../store/port.ts'
import { type Finding, findingOf, report, required } from './finding.ts'
import { countKeys, scan } from './scan.ts'

/** The findings of one audit; the one about the lowest block is reported. */
type Findings = { readonly add: (finding: Finding | undefined) => void }

export type StateAudit = {
  readonly store: StoreReads
  readonly roots: Roots
  readonly head: Height
}

const digits = '0123456789abcdef'

/** Calls back for every leaf; the number of nodes. */
function walk(
  audit: StateAudit & { readonly findings: Findings; readonly app: number },
  child: Child | undefined,
  prefix: string,
  visit: (leaf: Leaf) => void,
): number {
  if (child === undefined) return 0
  if (child.kind === 'leaf') {
    visit(child)
    return 0
  }
  const key = nodeKey(audit.app, { version: child.version, prefix })
  let nodes = 1
  const finding = findingOf(child.version, () => {
    const at = { height: child.version, what: `the tree node ${key}` }
    const node = decodeNode(unseal(key, required(audit.store.get(key), at)), child.hash)
    if (node === undefined) report(child.version, `${at.what} is not what its parent names`)
    for (let slot = 0; slot < SLOTS; slot++)
      nodes += walk(audit, childAt(node, slot), prefix + digits[slot], visit)
  })
  audit.findings.add(finding)
  return nodes
}

/** Every value of an application against its leaf; the number of values. */
async function auditValues(
  audit: StateAudit & { readonly findings: Findings; readonly app: number },
  leaves: Map<string, Leaf>,
): Promise<number> {
  const { store, app, findings, head } = audit
  const prefix = stateKey({ app, key: '' })
  let values = 0
  for await (const entry of scan(store, prefix)) {
    values++
    const leafName = toHex(pathOf(entry.key.slice(prefix.length)))
    const leaf = leaves.get(leafName)
    leaves.delete(leafName)
    if (leaf === undefined) {
      findings.add({ height: head, what: `the state has no key ${entry.key}` })
      continue
    }
    // Read again as the node reads it: an index that is damaged shows other values than a scan.
    const isRight = [entry.value, store.get(entry.key)].every(
      (value) => value !== undefined && equal(hashValue(value), leaf.valueHash),
    )
    if (!isRight)
      findings.add({ height: leaf.version, what: `the value of ${entry.key} is not its leaf’s` })
  }
  for (const leaf of leaves.values())
    findings.add({
      height: leaf.version,
      what: `the value at the path ${toHex(leaf.path)} is missing`,
    })
  return values
}

/** Nodes that are kept for readers of older heights: there, undamaged, and listed. */
async function auditStale(audit: StateAudit & { readonly findings: Findings }): Promise<number> {
  const { store, findings } = audit
  let nodes = 0
  for await (const { key, value } of scan(store, 'x/')) {
    const height = heightOfKey(key)
    const finding = findingOf(height, () => {
      for (const stale of decodeRecord(staleCodec, key, unseal(key, value))) {
        const node = nodeKey(stale.app, stale)
        const at = { height: stale.version, what: `the older tree node ${node}` }
        const bytes = unseal(node, required(store.get(node), at))
        if (decodeNode(bytes, stale.hash) === undefined) report(at.height, `${at.what} is another`)
        nodes++
      }
    })
    findings.add(finding)
  }
  return nodes
}

/** All that is wrong with the state of the head; empty if nothing is. */
export async function auditState(audit: StateAudit): Promise<readonly Finding[]> {
  const found: Finding[] = []
  const findings: Findings = {
    add: (finding) => {
      if (finding !== undefined) found.push(finding)
    },
  }
  let nodes = 0
  let values = 0
  for (const [app, root] of audit.roots) {
    const leaves = new Map<string, Leaf>()
    const part = { ...audit, findings, app }
    nodes += walk(part, root, '', (leaf) => leaves.set(toHex(leaf.path), leaf))
    // Below a node that cannot be read the leaves are unknown, and every value there would be called too much.
    if (found.length === 0) values += await auditValues(part, leaves)
  }
  nodes += await auditStale({ ...audit, findings })
  if (found.length > 0) return found
  for (const [prefix, used] of [
    ['m/', nodes],
    ['s/', values],
  ] as const) {
    const stored = await countKeys(audit.store, prefix)
    if (stored !== used)
      found.push({
        height: audit.head,
        what: `${stored} records ${prefix} are stored, ${used} are in use`,
      })
  }
  return found
}
