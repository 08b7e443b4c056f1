// Proofs about decided blocks, from the stored leaves of their trees.
import { assert } from '../../vm/assert.ts'
import { eventCodec } from '../../vm/block.ts'
import { inclusionPath } from '../../vm/merkle.ts'
import type { EventProof, MerklePath } from '../../vm/proof.ts'
import type { Height } from '../../vm/types.ts'
import { prunedError } from './base.ts'
import type { History } from './history.ts'
import { firstFrom } from './inbox.ts'
import { damaged, decodeRecord } from './records.ts'
import type { Ledger } from './types.ts'

function pathTo(leaves: readonly Uint8Array[], index: number): MerklePath {
  return { index, count: leaves.length, path: inclusionPath(leaves, index) }
}

function leafAt(leaves: readonly Uint8Array[], index: number): Uint8Array {
  const leaf = leaves[index]
  assert(leaf !== undefined, 'no such leaf')
  return leaf
}

function eventProof(leaves: readonly Uint8Array[], index: number): EventProof {
  return { event: leafAt(leaves, index), at: pathTo(leaves, index) }
}

/** Blocks below `lowest` have no leaves here. */
export function createProofs(
  history: History,
  lowest: () => Height,
): Pick<Ledger, 'proveTransaction' | 'proveReceipt' | 'proveEvent' | 'proveEventAbsence'> {
  const { leaves, place } = history
  const whole = <T>(read: (height: Height) => T, height: Height): T => {
    if (height > 0 && height < lowest()) throw prunedError(height, lowest())
    return read(height)
  }
  const required = (
    read: (height: Height) => readonly Uint8Array[] | undefined,
    at: { readonly height: number; readonly index: number },
  ): readonly Uint8Array[] => {
    const found = whole(read, at.height)
    if (found === undefined || found.length <= at.index)
      throw damaged(`block ${at.height} lacks the leaf ${at.index} of a tree`)
    return found
  }
  return {
    proveTransaction: (txId) => {
      const at = place(txId)
      if (at === undefined) return undefined
      return { ...at, proof: { at: pathTo(required(leaves.ids, at), at.index) } }
    },
    proveReceipt: (txId) => {
      const at = place(txId)
      if (at === undefined) return undefined
      const all = required(leaves.receipts, at)
      return { ...at, proof: { receipt: leafAt(all, at.index), at: pathTo(all, at.index) } }
    },
    proveEvent: ({ height, index }) => {
      const all = whole(leaves.events, height)
      const place = all?.findIndex(
        (leaf) => decodeRecord(eventCodec, `of block ${height}`, leaf).index === index,
      )
      if (all === undefined || place === undefined || place === -1) return undefined
      return eventProof(all, place)
    },
    proveEventAbsence: ({ height, recipient }) => {
      const all = whole(leaves.events, height)
      if (all === undefined) return undefined
      const next = firstFrom(all, recipient)
      const after = next < all.length ? eventProof(all, next) : null
      if (after && decodeRecord(eventCodec, 'found', after.event).recipient === recipient)
        return undefined
      return { before: next > 0 ? eventProof(all, next - 1) : null, after }
    },
  }
}
