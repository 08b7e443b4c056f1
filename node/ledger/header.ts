// From an execution to a sealed header, and the comparison of a proposed header with it.
import { assert } from '../../vm/assert.ts'
import { blockId, decodeHeader, encodeHeader, type Header } from '../../vm/block.ts'
import { CodecError } from '../../vm/codec.ts'
import type { Execution } from '../../vm/execute.ts'
import { bytesOf } from '../../vm/execute-transaction.ts'
import { boundRootOf, txRootOf } from '../../vm/merkle.ts'
import type { Rules } from '../../vm/rules.ts'
import type { AccountId, Digest, Height, TimeMs } from '../../vm/types.ts'
import { validatorsRoot } from '../../vm/validator.ts'
import type { TreeChange } from './tree.ts'
import type { HeaderCode, SealedHeader } from './types.ts'

export function sealHeader(header: Header): SealedHeader {
  const headerBytes = encodeHeader(header)
  return { header, headerBytes, id: blockId(headerBytes) }
}

/** The header that the execution of these transactions leads to. */
export function headerOf(block: {
  readonly rules: Rules
  readonly parent: Digest
  readonly height: Height
  readonly timeMs: TimeMs
  readonly proposer: AccountId
  readonly ids: readonly Digest[]
  readonly execution: Pick<Execution, 'receipts' | 'events' | 'after'>
  readonly tree: TreeChange
}): Header {
  const { rules, parent, height, timeMs, proposer, ids, execution, tree } = block
  assert(ids.length === execution.receipts.length, 'one receipt for each transaction')
  const { receipts, events, after } = execution
  return {
    version: 1,
    chainId: rules.chainId,
    height,
    timeMs,
    parent,
    txRoot: txRootOf(ids),
    receiptRoot: boundRootOf('receipt-root', receipts.map(bytesOf)),
    eventRoot: boundRootOf('event-root', events.map(bytesOf)),
    stateRoot: tree.stateRoot,
    validatorsRoot: validatorsRoot(rules.list.identity.validators(after)),
    proposer,
  }
}

/** The first root in which a proposed header differs from the recomputed one. */
export function differenceOf(proposed: Header, computed: Header): HeaderCode | undefined {
  if (proposed.txRoot !== computed.txRoot) return 'TX_ROOT'
  if (proposed.receiptRoot !== computed.receiptRoot) return 'RECEIPT_ROOT'
  if (proposed.eventRoot !== computed.eventRoot) return 'EVENT_ROOT'
  if (proposed.stateRoot !== computed.stateRoot) return 'STATE_ROOT'
  return proposed.validatorsRoot === computed.validatorsRoot ? undefined : 'VALIDATORS_ROOT'
}

/** Undefined for bytes that are no header. */
export function headerFrom(bytes: Uint8Array): Header | undefined {
  try {
    return decodeHeader(bytes)
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}
