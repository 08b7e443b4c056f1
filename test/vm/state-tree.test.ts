// The state tree equals a naive model under random batches, and its proofs show presence and absence and nothing else.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { compare, equal, toHex } from '../../vm/bytes.ts'
import { CodecError, decode, encode } from '../../vm/codec.ts'
import { hash } from '../../vm/hash.ts'
import {
  type Change,
  findLeaf,
  type NodeReader,
  proveInTree,
  type Root,
  rootHash,
  updateTree,
} from '../../vm/state-tree.ts'
import {
  bitAt,
  EMPTY_HASH,
  hashValue,
  leafHash,
  nodeHash,
  pathOf,
} from '../../vm/state-tree-hash.ts'
import { childAt, decodeNode, encodeNode, SLOTS } from '../../vm/state-tree-node.ts'
import {
  type EncodableTreeProof,
  packTreeProof,
  rootOfProof,
  treeProofCodec,
} from '../../vm/state-tree-proof.ts'

const value = (n: number) => new Uint8Array([n])

/** The root by its definition: split the leaves bit by bit until one is alone. */
function naiveRoot(leaves: readonly (readonly [Uint8Array, Uint8Array])[], depth = 0): Uint8Array {
  const [first] = leaves
  if (first === undefined) return EMPTY_HASH
  if (leaves.length === 1) return leafHash(...first)
  const half = (bit: 0 | 1) => leaves.filter(([path]) => bitAt(path, depth) === bit)
  return nodeHash(naiveRoot(half(0), depth + 1), naiveRoot(half(1), depth + 1))
}

/** A tree over a map of encoded nodes, which is checked to hold exactly the nodes of the kept versions. */
function createTree() {
  const nodes = new Map<string, Uint8Array>()
  const stale: string[] = []
  let root: Root
  let version = 0
  const nameOf = (of: { version: number; prefix: string }) => `${of.version}/${of.prefix}`
  const read: NodeReader = (link, prefix) => {
    const bytes = nodes.get(nameOf({ version: link.version, prefix }))
    const node = bytes && decodeNode(bytes, link.hash)
    if (node === undefined) throw new Error(`no node ${link.version}/${prefix}`)
    return node
  }
  return {
    read,
    nodes,
    root: () => root,
    hash: () => rootHash(root),
    update: (changes: readonly Change[]) => {
      version++
      const update = updateTree({ read, root, version, changes })
      for (const stored of update.put) nodes.set(nameOf(stored), encodeNode(stored.node))
      stale.push(...update.stale.map(nameOf))
      root = update.root
      return update
    },
    prune: () => {
      for (const name of stale.splice(0)) nodes.delete(name)
    },
  }
}

function reachable(read: NodeReader, root: Root, prefix = ''): number {
  if (root?.kind !== 'node') return 0
  const node = read(root, prefix)
  let nodes = 1
  for (let slot = 0; slot < SLOTS; slot++)
    nodes += reachable(read, childAt(node, slot), prefix + slot.toString(16))
  return nodes
}

// Few bytes make paths that share long prefixes, which SHA-256 would hide from the test.
const path = fc
  .array(fc.constantFrom(0, 1, 0x10, 0x80, 0xff), { minLength: 3, maxLength: 3 })
  .map(([a = 0, b = 0, c = 0]) => {
    const bytes = new Uint8Array(32)
    bytes.set([a, b], 0)
    bytes[6] = c
    return bytes
  })
const batch = fc.uniqueArray(fc.record({ path, value: fc.option(fc.nat(3), { nil: undefined }) }), {
  selector: (change) => toHex(change.path),
  maxLength: 12,
})
const change = ({ path, value: n }: { path: Uint8Array; value: number | undefined }): Change => ({
  path,
  valueHash: n === undefined ? undefined : hashValue(value(n)),
})

t.test(
  'random batches lead to the root of the naive model, in any order, with no node lost or left',
  async () => {
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 8 }), (batches) => {
        const tree = createTree()
        const other = createTree()
        const model = new Map<string, readonly [Uint8Array, Uint8Array]>()
        for (const entries of batches) {
          const changes = entries.map(change)
          for (const { path, valueHash } of changes) {
            if (valueHash === undefined) model.delete(toHex(path))
            else model.set(toHex(path), [path, valueHash])
          }
          tree.update(changes)
          other.update(changes.toReversed())
          tree.prune()
          assert.deepEqual(tree.hash(), naiveRoot([...model.values()]), 'the root of the model')
          assert.deepEqual(tree.hash(), other.hash(), 'the order of changes does not matter')
          assert.equal(
            tree.nodes.size,
            reachable(tree.read, tree.root()),
            'exactly the nodes in use',
          )
          for (const [path, valueHash] of model.values())
            assert.deepEqual(findLeaf(tree.read, tree.root(), path)?.valueHash, valueHash)
        }
        const once = createTree()
        once.update([...model.values()].map(([path, valueHash]) => ({ path, valueHash })))
        assert.deepEqual(tree.hash(), once.hash(), 'history leaves no trace in the root')
      }),
      { numRuns: 300 },
    )
  },
)

t.test('an older version stays readable until its nodes are pruned', async (t) => {
  const tree = createTree()
  const changes = Array.from({ length: 300 }, (_, i) => ({
    path: pathOf(`k${i}`),
    valueHash: hashValue(value(1)),
  }))
  tree.update(changes)
  const before = tree.root()
  tree.update(changes.slice(0, 50).map((entry) => ({ ...entry, valueHash: undefined })))
  for (const { path } of changes) t.ok(findLeaf(tree.read, before, path))
  const update = tree.update(changes.slice(50, 60))
  t.same([update.put, update.stale], [[], []], 'equal values change nothing')
  tree.prune()
  t.throws(() => findLeaf(tree.read, before, changes[0]?.path as Uint8Array))
})

t.test('a leaf says which version last changed it', async (t) => {
  const tree = createTree()
  const at = (i: number, n: number) => ({ path: pathOf(`k${i}`), valueHash: hashValue(value(n)) })
  tree.update([at(1, 1), at(2, 1), at(3, 1)])
  tree.update([at(2, 2)])
  tree.update([at(1, 1)])
  const versions = [1, 2, 3].map((i) => findLeaf(tree.read, tree.root(), pathOf(`k${i}`))?.version)
  t.same(versions, [1, 2, 1])
})

t.test('two changes of one path are a bug of the caller', async (t) => {
  const twice = [1, 2].map((n) => ({ path: pathOf('k'), valueHash: hashValue(value(n)) }))
  t.throws(() => createTree().update(twice), { name: 'AssertionError' })
})

t.test('a damaged node is not decoded', async (t) => {
  const tree = createTree()
  tree.update(
    [1, 2, 3, 4, 5].map((i) => ({ path: pathOf(`k${i}`), valueHash: hashValue(value(i)) })),
  )
  const root = tree.root()
  t.equal(root?.kind, 'node')
  const [bytes] = tree.nodes.values()
  if (bytes === undefined || root === undefined) throw new Error('there is a node')
  const versions = new Set(
    [0, 1, 2, 3, 4].flatMap((leaf) => [...Array(6).keys()].map((i) => 4 + 70 * leaf + i)),
  )
  for (let at = 0; at < bytes.length; at++) {
    const flipped = Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ (1 << (at % 8)) : byte))
    // Versions are not part of what is hashed: they are names of records, and a wrong one names none.
    if (!versions.has(at)) t.equal(decodeNode(flipped, root.hash), undefined, `byte ${at}`)
  }
  t.equal(decodeNode(bytes.subarray(0, -1), root.hash), undefined)
  t.equal(decodeNode(Uint8Array.from([...bytes, 0]), root.hash), undefined)
  t.equal(decodeNode(new Uint8Array(3), root.hash), undefined)
})

/** A tree of `count` keys and the packed proof of another or the same key. */
function proven(count: number, key: string): { proof: EncodableTreeProof; root: Uint8Array } {
  const tree = createTree()
  tree.update(
    Array.from({ length: count }, (_, i) => ({
      path: pathOf(`k${i}`),
      valueHash: hashValue(value(i)),
    })),
  )
  const proof = packTreeProof(proveInTree(tree.read, tree.root(), pathOf(key)), pathOf(key))
  return { proof, root: tree.hash() }
}

const leadsTo = (
  { proof, root }: ReturnType<typeof proven>,
  key: string,
  claimed: Uint8Array | undefined,
) => {
  const found = rootOfProof(proof, pathOf(key), claimed)
  return found !== undefined && equal(found, root)
}

t.test('proofs of presence and absence verify, and for no other value or key', async (t) => {
  for (const count of [0, 1, 2, 3, 17, 200]) {
    for (let i = 0; i < count; i += 7) {
      const shown = proven(count, `k${i}`)
      t.ok(leadsTo(shown, `k${i}`, value(i)), `k${i} of ${count}`)
      t.notOk(leadsTo(shown, `k${i}`, value(i + 1)))
      t.notOk(leadsTo(shown, `k${i}`, undefined), 'a present key is not absent')
      t.notOk(leadsTo(shown, `k${i + 1}`, value(i)))
    }
    for (const key of ['absent', 'missing', 'gone', 'none']) {
      const shown = proven(count, key)
      t.ok(leadsTo(shown, key, undefined), `${key} of ${count}`)
      t.notOk(leadsTo(shown, key, value(0)))
    }
  }
})

t.test('every flipped bit of a proof makes it fail', async (t) => {
  for (const [key, claimed] of [
    ['k5', value(5)],
    ['absent', undefined],
    ['gone', undefined],
  ] as const) {
    const shown = proven(40, key)
    const bytes = encode(treeProofCodec, shown.proof)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const mutated = Uint8Array.from(bytes, (byte, i) =>
        i === bit >> 3 ? byte ^ (1 << (bit % 8)) : byte,
      )
      let isAccepted = false
      try {
        isAccepted = leadsTo({ ...shown, proof: decode(treeProofCodec, mutated) }, key, claimed)
      } catch (error) {
        if (!(error instanceof CodecError)) throw error
      }
      if (isAccepted) t.fail(`bit ${bit} of the proof of ${key} does not matter`)
    }
  }
})

t.test('a proof has one form: no empty sibling spelled out, no spare bits', async (t) => {
  const { proof, root } = proven(40, 'k5')
  const last = proof.present.length - 1
  const spare = {
    ...proof,
    present: Uint8Array.from(proof.present, (byte, i) => (i === last ? byte | 1 : byte)),
  }
  t.not(proof.depth % 8, 0)
  const at = pathOf('k5')
  t.equal(rootOfProof(spare, at, value(5)), undefined)
  t.equal(
    rootOfProof({ ...proof, siblings: new Uint8Array([...proof.siblings, 0]) }, at, value(5)),
    undefined,
  )
  t.equal(rootOfProof({ ...proof, siblings: proof.siblings.subarray(32) }, at, value(5)), undefined)
  const other = { path: at, valueHash: hashValue(value(5)) }
  t.equal(rootOfProof({ ...proof, other }, at, undefined), undefined, 'the own leaf is no other')
  t.same(rootOfProof(proof, at, value(5)), root)
})

t.test('the hashes are domain-separated like all others', async (t) => {
  const [a, b] = [hash('a'), hash('b')]
  t.same(leafHash(a, b), hash('state-leaf', a, b))
  t.same(nodeHash(a, b), hash('state-node', a, b))
  t.ok(compare(leafHash(a, b), nodeHash(a, b)) !== 0)
})
