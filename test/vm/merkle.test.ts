// Merkle trees against RFC 6962's published cases and against the recursive definition of section 2.1.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { concat, equal, toHex } from '../../vm/bytes.ts'
import { sha256Plain } from '../../vm/hash.ts'
import {
  boundRoot,
  boundRootOf,
  headFromPath,
  inclusionPath,
  isConsistent,
  leafHash,
  treeHead,
  txRootOf,
} from '../../vm/merkle.ts'

type Vector = { readonly name: string; readonly wantErr: boolean; readonly proof: string[] | null }
type Inclusion = Vector & {
  readonly leafIdx: number
  readonly treeSize: number
  readonly root: string
  readonly leafHash: string
}
type Consistency = Vector & {
  readonly size1: number
  readonly size2: number
  readonly root1: string
  readonly root2: string
}
const vectors = JSON.parse(
  readFileSync(new URL('../vectors/rfc6962-merkle-proofs.json', import.meta.url), 'utf8'),
) as { readonly inclusion: Inclusion[]; readonly consistency: Consistency[] }

const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'))
const pathOf = ({ proof }: Vector) => (proof ?? []).map(bytes)

await t.test('all published inclusion cases', async (t) => {
  t.equal(vectors.inclusion.length, 98)
  for (const vector of vectors.inclusion) {
    const { leafIdx: index, treeSize: count, root, leafHash: leaf } = vector
    const head = headFromPath(bytes(leaf), { index, count }, pathOf(vector))
    t.equal(head !== undefined && equal(head, bytes(root)), !vector.wantErr, vector.name)
  }
})

await t.test('all published consistency cases', async (t) => {
  t.equal(vectors.consistency.length, 98)
  for (const vector of vectors.consistency) {
    const older = { count: vector.size1, head: bytes(vector.root1) }
    const newer = { count: vector.size2, head: bytes(vector.root2) }
    t.equal(isConsistent(older, newer, pathOf(vector)), !vector.wantErr, vector.name)
  }
})

/** Section 2.1, word for word. */
function headByDefinition(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256Plain(new Uint8Array())
  const [first] = leaves
  if (leaves.length === 1 && first !== undefined)
    return sha256Plain(concat(new Uint8Array([0]), first))
  let k = 1
  while (2 * k < leaves.length) k *= 2
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)].map(headByDefinition)
  return sha256Plain(concat(new Uint8Array([1]), left as Uint8Array, right as Uint8Array))
}

const leavesOf = (count: number) => Array.from({ length: count }, (_, i) => new Uint8Array([i]))

t.test('heads are those of the definition, and every leaf has a path to it', async (t) => {
  for (let count = 0; count <= 40; count++) {
    const leaves = leavesOf(count)
    const head = treeHead(leaves)
    t.same(head, headByDefinition(leaves), `${count} leaves`)
    for (let index = 0; index < count; index++) {
      const leaf = leafHash(leaves[index] as Uint8Array)
      const path = inclusionPath(leaves, index)
      t.same(headFromPath(leaf, { index, count }, path), head)
    }
  }
})

t.test('a path proves one place in a tree of one size only', async () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 70 }),
      fc.nat(69),
      fc.nat(80),
      fc.nat(80),
      (count, at, otherIndex, otherCount) => {
        const index = at % count
        const leaves = leavesOf(count)
        const leaf = leafHash(leaves[index] as Uint8Array)
        const path = inclusionPath(leaves, index)
        const head = headFromPath(leaf, { index: otherIndex, count: otherCount }, path)
        const root = head && boundRoot('tx-root', { count: otherCount, head })
        const isSame = otherIndex === index && otherCount === count
        return (root === boundRootOf('tx-root', leaves)) === isSame
      },
    ),
    { numRuns: 2000 },
  )
})

t.test('a bound root differs by the tree that it is of', async (t) => {
  const leaves = leavesOf(3)
  const roots = ['tx-root', 'receipt-root', 'event-root', 'state-root'] as const
  t.equal(new Set(roots.map((tree) => boundRootOf(tree, leaves))).size, 4)
  t.equal(
    boundRootOf('tx-root', []),
    boundRoot('tx-root', { count: 0, head: treeHead([]) }),
    'no leaves have a root too',
  )
})

await t.test('ids are leaves like any other', async () => {
  const id = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(
      fc.array(id, { maxLength: 40 }),
      (ids) => txRootOf(ids.map(toHex)) === boundRootOf('tx-root', ids),
    ),
  )
})
