// The bytes of headers, receipts, events, leaves and proofs are frozen: another language can check itself against them.
import { readFileSync } from 'node:fs'
import t from 'tap'
import {
  appLeafCodec,
  blockId,
  encodeHeader,
  eventCodec,
  headerCodec,
  receiptCodec,
} from '../../vm/block.ts'
import { fromHex, toHex } from '../../vm/bytes.ts'
import { type Codec, encode, type JsonValue } from '../../vm/codec.ts'
import { boundRootOf, inclusionPath, txRootOf } from '../../vm/merkle.ts'
import {
  eventAbsenceProofCodec,
  eventProofCodec,
  receiptProofCodec,
  stateProofCodec,
  transactionProofCodec,
  verifyEventAbsenceProof,
  verifyEventProof,
  verifyReceiptProof,
  verifyStateProof,
  verifyTransactionProof,
} from '../../vm/proof.ts'
import { proveInTree, updateTree } from '../../vm/state-tree.ts'
import { hashValue, leafHash, nodeHash, pathOf } from '../../vm/state-tree-hash.ts'
import { encodeNode, nodeAt } from '../../vm/state-tree-node.ts'
import { createPool, NOTHING } from '../../vm/state-tree-pool.ts'
import { packTreeProof } from '../../vm/state-tree-proof.ts'
import type { Hex } from '../../vm/types.ts'

type Vectors = {
  readonly inputs: {
    readonly header: JsonValue
    readonly receipts: JsonValue[]
    readonly events: JsonValue[]
    readonly state: { readonly app: number; readonly values: Record<string, Hex> }[]
    readonly ids: Hex[]
    readonly absentRecipient: Hex
    readonly key: string
    readonly absentKey: string
  }
  readonly outputs: Record<string, JsonValue>
}
const file = new URL('../vectors/ledger.json', import.meta.url)
const { inputs, outputs } = JSON.parse(readFileSync(file, 'utf8')) as Vectors

const bytesOf = <T>(codec: Codec<T>, json: JsonValue) => encode(codec, codec.fromJson(json))

/** A tree of the application's values. */
function plant(values: Record<string, Hex>) {
  const pool = createPool()
  const leaves = Object.entries(values).map(([key, value]) => pool.addEntry(key, fromHex(value)))
  const { root } = updateTree(pool, NOTHING, leaves)
  return { root, pool }
}

function compute() {
  const receipts = inputs.receipts.map((json) => bytesOf(receiptCodec, json))
  const events = inputs.events.map((json) => bytesOf(eventCodec, json))
  const ids = inputs.ids.map(fromHex)
  const trees = inputs.state.map(({ app, values }) => ({ app, ...plant(values) }))
  const leaves = trees.map(({ app, pool, root }) =>
    encode(appLeafCodec, { app, root: toHex(pool.hash(root)) }),
  )
  const header = {
    ...headerCodec.fromJson(inputs.header),
    txRoot: txRootOf(inputs.ids),
    receiptRoot: boundRootOf('receipt-root', receipts),
    eventRoot: boundRootOf('event-root', events),
    stateRoot: boundRootOf('state-root', leaves),
  }
  const at = (all: readonly Uint8Array[], index: number) => ({
    index,
    count: all.length,
    path: inclusionPath(all, index),
  })
  const event = (index: number) => ({ event: events[index] as Uint8Array, at: at(events, index) })
  const [tree] = trees
  if (tree === undefined) throw new Error('there is a tree')
  const state = (key: string, value: Hex | undefined) => {
    const proof = packTreeProof(proveInTree(tree.pool, tree.root, pathOf(key)), pathOf(key))
    return { value: value === undefined ? null : fromHex(value), tree: proof, at: at(leaves, 0) }
  }
  const proofs = {
    transaction: { at: at(ids, 1) },
    receipt: { receipt: receipts[1] as Uint8Array, at: at(receipts, 1) },
    event: event(1),
    absence: { before: event(1), after: event(2) },
    value: state(inputs.key, inputs.state[0]?.values[inputs.key]),
    none: state(inputs.absentKey, undefined),
  }
  return { receipts, events, trees, leaves, header, proofs }
}

t.test('the frozen bytes are made from their inputs', async (t) => {
  const { receipts, events, trees, leaves, header, proofs } = compute()
  const headerBytes = encodeHeader(header)
  const [tree] = trees
  if (tree === undefined) throw new Error('there is a tree')
  const [a, b] = inputs.ids as [Hex, Hex]
  t.same(
    {
      header: toHex(headerBytes),
      headerFields: headerCodec.toJson(header),
      blockId: blockId(headerBytes),
      receipts: receipts.map(toHex),
      events: events.map(toHex),
      appLeaves: leaves.map(toHex),
      pathOfKey: toHex(pathOf(inputs.key)),
      hashOfValue: toHex(hashValue(fromHex(inputs.state[0]?.values[inputs.key] as Hex))),
      leafHash: toHex(leafHash(fromHex(a), fromHex(b))),
      nodeHash: toHex(nodeHash(fromHex(a), fromHex(b))),
      rootNode: toHex(encodeNode(nodeAt(tree, '', 7))),
      transactionProof: toHex(encode(transactionProofCodec, proofs.transaction)),
      receiptProof: toHex(encode(receiptProofCodec, proofs.receipt)),
      eventProof: toHex(encode(eventProofCodec, proofs.event)),
      eventAbsenceProof: toHex(encode(eventAbsenceProofCodec, proofs.absence)),
      stateProof: toHex(encode(stateProofCodec, proofs.value)),
      stateAbsenceProof: toHex(encode(stateProofCodec, proofs.none)),
    },
    outputs,
  )
})

t.test('the frozen proofs hold against the frozen header', async (t) => {
  const { header, proofs } = compute()
  const id = inputs.ids[1] as Hex
  t.ok(verifyTransactionProof(header, id, proofs.transaction))
  t.ok(verifyReceiptProof(header, id, proofs.receipt).ok)
  t.ok(verifyEventProof(header, proofs.event).ok)
  t.ok(verifyEventAbsenceProof(header, inputs.absentRecipient, proofs.absence))
  const app = inputs.state[0]?.app ?? 0
  t.match(verifyStateProof(header, { app, key: inputs.key }, proofs.value), { ok: true })
  t.same(verifyStateProof(header, { app, key: inputs.absentKey }, proofs.none), {
    ok: true,
    value: undefined,
  })
})
