// Patients read the receipt of every record under their tags as it comes, and dispute the ones that tell another amount.
import { randomBytes } from 'node:crypto'
import { recordId } from '../../../apps/vault/ids.ts'
import type { RecordBatch, VaultRecord } from '../../../apps/vault/payloads.ts'
import { receiptDispute } from '../../../apps/vault/receipt-dispute.ts'
import { record } from '../../../apps/vault/record.ts'
import { recordBatch } from '../../../apps/vault/record-batch.ts'
import { sharedCommitment } from '../../../apps/vault/replicated/record-proofs.ts'
import { reverse } from '../../../apps/vault/reverse.ts'
import { disputedTable } from '../../../apps/vault/state.ts'
import type { TransactionSigner } from '../../../client/signer.ts'
import { act } from '../../../client/transaction.ts'
import { type BoxedRecord, buildDispute, openReceipt } from '../../../client/vault/receipt.ts'
import { readReceipt } from '../../../client/vault/record.ts'
import { assert } from '../../../vm/assert.ts'
import type { Group } from '../../../vm/crypto/group.ts'
import { decodeKeys } from '../../../vm/crypto/keys.ts'
import type { Digest, Hex } from '../../../vm/types.ts'
import type { Accepted } from '../block.ts'
import type { AgentContext } from '../process.ts'
import { lookAt } from '../remote.ts'
import { type SharedRecord, sharedRecordsIn } from '../shared-records.ts'

/** A record as its block brought it. */
type Seen = BoxedRecord & { readonly tag: Hex; readonly isReplicated: boolean }

function commitmentOf<P>(group: Group<P>, { shares, offset }: SharedRecord): Uint8Array {
  const points = decodeKeys(group, shares)
  const scalar = group.decodeScalar(offset)
  assert(points && scalar !== undefined, 'validators have decoded shares and offset')
  return group.encode(sharedCommitment(group, { shares: points, offset: scalar }).commitment)
}

function recordsIn<P>(group: Group<P>, accepted: Accepted): readonly Seen[] {
  const { type, payload } = accepted
  if (type !== record && type !== recordBatch)
    return sharedRecordsIn(accepted).map((one) => {
      const { id, tag, ephemeral, box } = one
      const commitment = commitmentOf(group, one)
      return { id, tag, ephemeral, box, commitment, isReplicated: true }
    })
  const head = payload as unknown as VaultRecord | RecordBatch
  const { account, committee } = head
  const all = 'records' in head ? head.records : [head]
  return all.map(({ nonce, tag, ephemeral, box, commitment }) => {
    const id = recordId({ account, committee, nonce })
    return { id, tag, ephemeral, box, commitment, isReplicated: false }
  })
}

export type Owner = { readonly signer: TransactionSigner; readonly tagSecret: Hex }

export type Receipts = {
  /** Reads the receipts of a block; answers when what had to be disputed is on the ledger. */
  readonly look: (acts: readonly Accepted[]) => Promise<void>
  readonly counts: () => { readonly read: number; readonly disputed: number }
}

/** `ownerOf` knows the patients of this process by tag. */
export function createReceipts(
  context: Pick<AgentContext, 'anchor' | 'crypto' | 'log' | 'nodes' | 'sender'>,
  ownerOf: (tag: Hex) => Owner | undefined,
): Receipts {
  const { anchor, crypto, log, nodes, sender } = context
  const { group } = crypto
  let read = 0
  let disputed = 0

  const dispute = async (seen: Seen, { signer, tagSecret }: Owner): Promise<void> => {
    const { account } = signer
    const { chainId } = anchor
    const make = () => {
      const by = { chainId, account, tagSecret, entropy: randomBytes(32) }
      return act(receiptDispute, buildDispute(group, seen, by))
    }
    const { code } = await sender.deliver({
      key: `receipt.dispute/${seen.id}`,
      make,
      signers: [signer],
    })
    log.warn({ record: seen.id, code }, 'disputed a receipt')
    disputed += 1
    if (code === '') await takeBack(seen.id, signer)
  }

  /** Of a set that was asked for nothing is taken out; its negative enters the next one. */
  const takeBack = async (id: Digest, signer: TransactionSigner): Promise<void> => {
    const stays = await lookAt(nodes, (state) => disputedTable.get(state, id) !== undefined)
    if (!stays) return
    const make = () => act(reverse, { account: signer.account, record: id })
    const { code } = await sender.deliver({ key: `vault.reverse/${id}`, make, signers: [signer] })
    log.info({ record: id, code }, 'a disputed record is taken back')
  }

  const check = async (seen: Seen): Promise<void> => {
    const owner = ownerOf(seen.tag)
    if (owner === undefined) return
    const readBox = seen.isReplicated ? openReceipt : readReceipt
    read += 1
    if (readBox(group, seen, owner.tagSecret) === undefined) await dispute(seen, owner)
  }

  return {
    look: async (acts) => {
      for (const seen of acts.flatMap((one) => recordsIn(group, one))) await check(seen)
    },
    counts: () => ({ read, disputed }),
  }
}
