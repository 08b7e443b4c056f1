// The chain, block by block: every record of a block against its header, and the header against the one before.
import {
  decodeCommitCertificate,
  type VerifySignature,
  verifyCommitCertificate,
} from '../../consensus/certificate.ts'
import { type BlockEvent, eventCodec, type Header, receiptCodec } from '../../vm/block.ts'
import { equal, fromHex, toHex } from '../../vm/bytes.ts'
import { type Codec, CodecError, decode } from '../../vm/codec.ts'
import { type BoundTree, boundRootOf } from '../../vm/merkle.ts'
import type { EngineKind } from '../../vm/quorum.ts'
import { decodeTransaction, type Transaction } from '../../vm/transaction.ts'
import type { Digest, Height, Hex } from '../../vm/types.ts'
import { type Validator, validatorsCodec, validatorsRoot } from '../../vm/validator.ts'
import type { History } from '../ledger/history.ts'
import { decodeRecord, unseal } from '../ledger/records.ts'
import type { SealedHeader } from '../ledger/types.ts'
import { inboxKey, setKey } from '../store/keys.ts'
import type { StoreReads } from '../store/port.ts'
import { report, required } from './finding.ts'

/** What the audit of one block hands to the next. */
export type Link = SealedHeader & { readonly validators: readonly Validator[] }

/** Records that the blocks so far account for; what the store holds beyond them belongs to no block. */
export type Tally = {
  readonly headers: number
  readonly certificates: number
  readonly idLists: number
  readonly transactions: number
  readonly inboxes: number
  readonly sets: number
}

export type BlockAudit = {
  readonly store: StoreReads
  readonly history: History
  readonly engine: EngineKind
  readonly verifySignature: VerifySignature
}

/** Our own record through its codec; another form is a finding about this block. */
function decoded<T>(codec: Codec<T>, bytes: Uint8Array, height: Height): T {
  return orReport(height, () => decode(codec, bytes))
}

function orReport<T>(height: Height, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof CodecError) report(height, `a record has another form: ${error.message}`)
    throw error
  }
}

export function checkHeader(found: SealedHeader, below: Link): void {
  const { header } = found
  const { height } = below.header
  const at = height + 1
  if (header.height !== at) report(at, `the header says height ${header.height}`)
  if (header.chainId !== below.header.chainId) report(at, 'the header is of another chain')
  if (header.parent !== below.id) report(at, 'the header does not name the block before as parent')
  if (header.timeMs <= below.header.timeMs) report(at, 'the time is not after the parent’s')
}

export function checkCertificate(audit: BlockAudit, found: SealedHeader, below: Link): void {
  const { height, chainId } = found.header
  const what = `the certificate of block ${height}`
  const bytes = required(audit.history.certificate(height), { height, what })
  const fault = verifyCommitCertificate({
    set: {
      chainId,
      engine: audit.engine,
      validators: below.validators.map(({ consensusKey }) => ({ publicKey: consensusKey })),
    },
    value: orReport(height, () => decodeCommitCertificate(bytes)),
    about: { height, blockId: found.id },
    verifySignature: audit.verifySignature,
  })
  if (fault !== undefined) report(height, `${what} does not hold: ${fault}`)
}

function checkRoot(
  tree: { readonly name: BoundTree; readonly root: Digest; readonly height: Height },
  leaves: readonly Uint8Array[],
): void {
  if (boundRootOf(tree.name, leaves) !== tree.root)
    report(tree.height, `the stored leaves do not make the header’s ${tree.name}`)
}

/** The header covers bodies, not signatures, so these are checked again. */
function checkSignatures(audit: BlockAudit, height: Height, transaction: Transaction): void {
  transaction.body.signers.forEach(({ publicKey }, index) => {
    const signature = transaction.signatures[index]
    const digest = fromHex(transaction.id)
    if (signature === undefined || !audit.verifySignature(fromHex(publicKey), digest, signature))
      report(height, `the transaction ${transaction.id} is not signed`)
  })
}

/** The ids are those of the header, and the index leads to each. */
export function checkIds(audit: BlockAudit, { header, ids }: Body): void {
  const { height } = header
  checkRoot({ name: 'tx-root', root: header.txRoot, height }, ids)
  ids.map(toHex).forEach((id, index) => {
    const place = audit.history.place(id)
    if (place?.height !== height || place.index !== index)
      report(height, `the index does not lead to the transaction ${id}`)
  })
}

function checkTransactions(audit: BlockAudit, { header, ids }: Body): void {
  const { height } = header
  checkIds(audit, { header, ids })
  const stored = audit.history.block(height)?.transactions ?? []
  if (stored.length !== ids.length) report(height, 'there is not one envelope for each id')
  stored.forEach((bytes, index) => {
    const transaction = orReport(height, () => decodeTransaction(bytes))
    if (transaction.id !== toHex(ids[index] as Uint8Array))
      report(height, `the envelope ${index} is of another transaction`)
    checkSignatures(audit, height, transaction)
  })
}

type Body = { readonly header: Header; readonly ids: readonly Uint8Array[] }

function checkReceipts(history: History, { header, ids }: Body): void {
  const { height } = header
  const leaves = required(history.leaves.receipts(height), { height, what: 'the receipts' })
  checkRoot({ name: 'receipt-root', root: header.receiptRoot, height }, leaves)
  leaves.forEach((leaf, index) => {
    if (decoded(receiptCodec, leaf, height).txId !== toHex(ids[index] ?? new Uint8Array()))
      report(height, `the receipt ${index} is of another transaction`)
  })
}

/** Checks the events of a block and each recipient's mark; the number of these marks. */
function checkEvents({ store, history }: BlockAudit, { header }: Body): number {
  const { height } = header
  const leaves = required(history.leaves.events(height), { height, what: 'the events' })
  checkRoot({ name: 'event-root', root: header.eventRoot, height }, leaves)
  const recipients = new Set<Hex>()
  let last: BlockEvent | undefined
  for (const leaf of leaves) {
    const event = decoded(eventCodec, leaf, height)
    const isSorted =
      last === undefined ||
      last.recipient < event.recipient ||
      (last.recipient === event.recipient && last.index < event.index)
    if (!isSorted) report(height, 'the events are not sorted')
    last = event
    recipients.add(event.recipient)
  }
  for (const recipient of recipients) {
    const key = inboxKey(recipient, height)
    unseal(key, required(store.get(key), { height, what: `the mark of events for ${recipient}` }))
  }
  return recipients.size
}

/** The set that certifies the next block: the same as before unless the header names another one, which is then stored. */
export function nextSet(
  store: StoreReads,
  header: Header,
  below: readonly Validator[],
): readonly Validator[] {
  const { height } = header
  if (header.validatorsRoot === validatorsRoot(below)) return below
  const key = setKey(height)
  const record = required(store.get(key), { height, what: 'the validator set' })
  const set = decodeRecord(validatorsCodec, key, unseal(key, record))
  if (validatorsRoot(set) !== header.validatorsRoot)
    report(height, 'the stored validator set is not the one that the header names')
  return set
}

/** Checks everything stored about the block above `below`; reports the first thing that is wrong. */
export function auditBlock(
  audit: BlockAudit,
  below: Link,
  tally: Tally,
): { readonly link: Link; readonly tally: Tally } {
  const { store, history } = audit
  const height = below.header.height + 1
  const found = required(history.header(height), { height, what: `the header of block ${height}` })
  checkHeader(found, below)
  checkCertificate(audit, found, below)
  const { header } = found
  const ids = required(history.leaves.ids(height), { height, what: 'the list of ids' })
  checkTransactions(audit, { header, ids })
  checkReceipts(history, { header, ids })
  const inboxes = checkEvents(audit, { header, ids })
  const validators = nextSet(store, header, below.validators)
  return {
    link: { ...found, validators },
    tally: {
      headers: tally.headers + 1,
      certificates: tally.certificates + 1,
      idLists: tally.idLists + 1,
      transactions: tally.transactions + ids.length,
      inboxes: tally.inboxes + inboxes,
      sets: tally.sets + (validators === below.validators ? 0 : 1),
    },
  }
}

/** Block 0 is what the genesis file makes of it. */
export function auditGenesis(
  { store, history }: Pick<BlockAudit, 'store' | 'history'>,
  expected: Link,
): void {
  const found = required(history.header(0), { height: 0, what: 'the header of block 0' })
  if (!equal(found.headerBytes, expected.headerBytes))
    report(0, 'block 0 is not what the genesis file makes')
  const block = required(history.block(0), { height: 0, what: 'block 0' })
  const { ids, receipts, events } = history.leaves
  for (const leaves of [ids(0), receipts(0), events(0), block.transactions]) {
    if (leaves === undefined || leaves.length > 0) report(0, 'block 0 has transactions')
  }
  if (block.certificateBytes.length > 0) report(0, 'block 0 has a certificate')
  const key = setKey(0)
  const record = required(store.get(key), { height: 0, what: 'the first validator set' })
  const set = decodeRecord(validatorsCodec, key, unseal(key, record))
  if (validatorsRoot(set) !== expected.header.validatorsRoot)
    report(0, 'the first validator set is not that of the genesis file')
}
