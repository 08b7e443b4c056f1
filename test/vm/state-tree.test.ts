// The state tree equals a naive model under random batches, and its proofs show presence and absence and nothing else.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { asciiBytes, compare, equal, toHex } from '../../vm/bytes.ts'
import { CodecError, decode, encode } from '../../vm/codec.ts'
import { hash } from '../../vm/hash.ts'
import { findInTree, plantTree, proveInTree, subtreeAt, updateTree } from '../../vm/state-tree.ts'
import {
  bitAt,
  EMPTY_HASH,
  hashValue,
  leafHash,
  nodeHash,
  pathOf,
} from '../../vm/state-tree-hash.ts'
import { childAt, decodeNode, encodeNode, hashAt, nodeAt, SLOTS } from '../../vm/state-tree-node.ts'
import { createPool, isFork, NOTHING, type Pool, type Ref } from '../../vm/state-tree-pool.ts'
import {
  type EncodableTreeProof,
  packTreeProof,
  rootOfProof,
  treeProofCodec,
} from '../../vm/state-tree-proof.ts'

const value = (n: number) => new Uint8Array([n])

/** A key's new value; undefined removes the key. */
type Change = { readonly path: Uint8Array; readonly valueHash: Uint8Array | undefined }

const keyed = (key: string, n: number): Change => ({
  path: pathOf(key),
  valueHash: hashValue(value(n)),
})

function changeTree(pool: Pool, root: Ref, changes: readonly Change[]) {
  const leaves = changes.map(({ path, valueHash = EMPTY_HASH }) =>
    pool.addLeaf({ path, valueHash }),
  )
  return updateTree(pool, root, leaves)
}

/** The root by its definition: split the leaves bit by bit until one is alone. */
function naiveRoot(leaves: readonly (readonly [Uint8Array, Uint8Array])[], depth = 0): Uint8Array {
  const [first] = leaves
  if (first === undefined) return EMPTY_HASH
  if (leaves.length === 1) return leafHash(...first)
  const half = (bit: 0 | 1) => leaves.filter(([path]) => bitAt(path, depth) === bit)
  return nodeHash(naiveRoot(half(0), depth + 1), naiveRoot(half(1), depth + 1))
}

/** A tree that takes each update over, and checks that the pool holds its nodes and no others. */
function createTree() {
  const pool = createPool()
  let root: Ref = NOTHING
  return {
    pool,
    root: () => root,
    hash: () => pool.hash(root),
    update: (changes: readonly Change[]): void => {
      const update = changeTree(pool, root, changes)
      pool.giveBack(update.replaced)
      root = update.root
      assert.equal(pool.live(), reachable(pool, root), 'exactly the nodes in use')
    },
  }
}

function reachable(pool: Pool, ref: Ref): number {
  if (ref === NOTHING) return 0
  return isFork(ref)
    ? 1 + reachable(pool, pool.side(ref, 0)) + reachable(pool, pool.side(ref, 1))
    : 1
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
          assert.deepEqual(tree.hash(), naiveRoot([...model.values()]), 'the root of the model')
          assert.deepEqual(tree.hash(), other.hash(), 'the order of changes does not matter')
          for (const [path, valueHash] of model.values())
            assert.deepEqual(findInTree(tree.pool, tree.root(), path), valueHash)
          for (const { path, valueHash } of changes)
            assert.deepEqual(findInTree(tree.pool, tree.root(), path), valueHash)
        }
        const sorted = [...model.values()].sort(([a], [b]) => compare(a, b))
        const pool = createPool()
        const leaves = sorted.map(([path, valueHash]) => pool.addLeaf({ path, valueHash }))
        assert.deepEqual(pool.hash(plantTree(pool, leaves)), tree.hash(), 'planted at once')
      }),
      { numRuns: 300 },
    )
  },
)

t.test(
  'an update leaves the tree before it as it was, until its nodes are given back',
  async (t) => {
    fc.assert(
      fc.property(batch, batch, batch, (first, second, third) => {
        const pool = createPool()
        const before = changeTree(pool, NOTHING, first.map(change))
        const root = pool.hash(before.root)
        const count = pool.live()
        const branches = [second, third].map((entries) => {
          const update = changeTree(pool, before.root, entries.map(change))
          const made = pool.hash(update.root)
          return { update, made }
        })
        for (const { update, made } of branches) assert.deepEqual(pool.hash(update.root), made)
        assert.deepEqual(pool.hash(before.root), root)
        assert.equal(reachable(pool, before.root), count)
        for (const { update } of branches) pool.giveBack(update.made)
        assert.equal(pool.live(), count, 'what was dropped is given back')
      }),
    )
    t.pass()
  },
)

t.test('equal values change nothing', async (t) => {
  const pool = createPool()
  const changes = Array.from({ length: 300 }, (_, i) => keyed(`k${i}`, 1))
  const { root } = changeTree(pool, NOTHING, changes)
  t.same(changeTree(pool, root, changes.slice(50, 60)), { root, made: [], replaced: [] })
  t.same(changeTree(pool, root, [{ path: pathOf('none'), valueHash: undefined }]), {
    ...{ root, made: [], replaced: [] },
  })
})

t.test('two changes of one path are a bug of the caller', async (t) => {
  const twice = [1, 2].map((n) => keyed('k', n))
  t.throws(() => createTree().update(twice), { name: 'AssertionError' })
})

t.test('what stands at a prefix has the hash that the levels above it lead to', async () => {
  fc.assert(
    fc.property(batch, (entries) => {
      const tree = createTree()
      tree.update(entries.map(change))
      const { pool } = tree
      const visit = (prefix: string): number => {
        const ref = subtreeAt(pool, tree.root(), prefix)
        if (ref === NOTHING) return 0
        if (!isFork(ref)) {
          assert.ok(toHex(pool.leaf(ref).path).startsWith(prefix, 2))
          return 1
        }
        const node = nodeAt({ pool, root: tree.root() }, prefix, 7)
        assert.deepEqual(hashAt(node, 1), pool.hash(ref), 'the sixteen slots make the hash')
        assert.deepEqual(decodeNode(encodeNode(node), pool.hash(ref)), node)
        let below = 0
        for (let slot = 0; slot < SLOTS; slot++) {
          const child = childAt(node, slot)
          const next = subtreeAt(pool, tree.root(), prefix + slot.toString(16))
          assert.deepEqual(child?.hash, next === NOTHING ? undefined : pool.hash(next))
          below += visit(prefix + slot.toString(16))
        }
        return below
      }
      const present = entries.filter(({ value: n }) => n !== undefined).length
      assert.equal(visit(''), present, 'every leaf is found once')
    }),
    { numRuns: 100 },
  )
})

t.test('a damaged node is not decoded', async (t) => {
  const tree = createTree()
  tree.update([1, 2, 3, 4, 5].map((i) => keyed(`k${i}`, i)))
  const bytes = encodeNode(nodeAt({ pool: tree.pool, root: tree.root() }, '', 7))
  const versions = new Set(
    [0, 1, 2, 3, 4].flatMap((leaf) => [...Array(6).keys()].map((i) => 4 + 70 * leaf + i)),
  )
  for (let at = 0; at < bytes.length; at++) {
    const flipped = Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ (1 << (at % 8)) : byte))
    // Versions are not part of what is hashed.
    if (!versions.has(at)) t.equal(decodeNode(flipped, tree.hash()), undefined, `byte ${at}`)
  }
  t.equal(decodeNode(bytes.subarray(0, -1), tree.hash()), undefined)
  t.equal(decodeNode(Uint8Array.from([...bytes, 0]), tree.hash()), undefined)
  t.equal(decodeNode(new Uint8Array(3), tree.hash()), undefined)
})

/** A tree of `count` keys and the packed proof of another or the same key. */
function proven(count: number, key: string): { proof: EncodableTreeProof; root: Uint8Array } {
  const tree = createTree()
  tree.update(Array.from({ length: count }, (_, i) => keyed(`k${i}`, i)))
  const proof = packTreeProof(proveInTree(tree.pool, tree.root(), pathOf(key)), pathOf(key))
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
  const more = new Uint8Array([...proof.siblings, 0])
  for (const siblings of [more, proof.siblings.subarray(32)])
    t.equal(rootOfProof({ ...proof, siblings }, at, value(5)), undefined)
  const other = { path: at, valueHash: hashValue(value(5)) }
  t.equal(rootOfProof({ ...proof, other }, at, undefined), undefined, 'the own leaf is no other')
  t.same(rootOfProof(proof, at, value(5)), root)
})

t.test('the hashes are domain-separated like all others', async (t) => {
  const [a, b] = [hash('a'), hash('b')]
  for (const key of ['bal/x', 'k'.repeat(256), 'k'.repeat(257)])
    t.same(pathOf(key), hash('state-key', asciiBytes(key)))
  t.same(hashValue(a), hash('state-value', a))
  t.same(leafHash(a, b), hash('state-leaf', a, b))
  t.same(nodeHash(a, b), hash('state-node', a, b))
  t.ok(compare(leafHash(a, b), nodeHash(a, b)) !== 0)
})
