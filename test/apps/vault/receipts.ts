// Receipts of the vault's tests: records whose box tells the patient something else, and what patients say against them.
import { recordId } from '../../../apps/vault/ids.ts'
import type { VaultRecord } from '../../../apps/vault/payloads.ts'
import { blindingFrom, SEED_SIZE } from '../../../apps/vault/receipts.ts'
import { recordTable } from '../../../apps/vault/state.ts'
import { blank, receiptContext } from '../../../apps/vault/statements.ts'
import { buildDispute } from '../../../client/vault/receipt.ts'
import { proveRecord } from '../../../client/vault/record.ts'
import { assert } from '../../../vm/assert.ts'
import { concat, fromHex, toHex, u32, u64 } from '../../../vm/bytes.ts'
import { openBox, sealBox } from '../../../vm/crypto/box.ts'
import { commit, encrypt } from '../../../vm/crypto/commitment.ts'
import type { Digest, Hex } from '../../../vm/types.ts'
import { invoiceOf, tagOf } from './cast.ts'
import type { Ready } from './dealing.ts'
import { entropyOf, idOf, suite, type World } from './world.ts'

const { group } = suite
let forged = 0

export type Told = {
  readonly name: string
  readonly amount: bigint
  /** The amount in the box; the true one if left out. */
  readonly told?: bigint
  /** The seed in the box; the true one if left out. */
  readonly seed?: Uint8Array
  /** Bytes of the box itself. */
  readonly box?: Uint8Array
}

/** A record with valid proofs whose box holds what the writer likes. */
export function toldRecordOf(world: World, ready: Ready, of: Told): VaultRecord {
  const word = `told ${forged++}`
  const { committee, epoch, key, init } = ready
  const { amount, name } = of
  const nonce: Hex = toHex(entropyOf(`${word} nonce`).subarray(0, 16))
  const id = recordId({ account: init.account, committee, nonce })
  const seed = entropyOf(word).subarray(0, SEED_SIZE)
  const r = blindingFrom(group, { seed, record: id })
  const K = group.decode(key)
  const recipient = group.decode(fromHex(tagOf(name).publicKey))
  assert(K && recipient, 'two keys')
  const { R, C } = encrypt(group, K, { amount, r })
  const message = concat(u32(Number(of.told ?? amount)), of.seed ?? seed)
  const sealed = sealBox(group, { E: R, recipient, context: receiptContext(id) }, { a: r, message })
  const bare = {
    ...invoiceOf(name, amount, word),
    account: init.account,
    committee,
    epoch,
    nonce,
    ephemeral: group.encode(R),
    ciphertext: group.encode(C),
    commitment: group.encode(commit(group, amount, r)),
    box: of.box ?? sealed,
    document: null,
    oneTime: false,
    proof: blank(96),
    rangeProof: suite.proveRange([amount], [r]).proof,
  }
  const random = entropyOf(`${word} proof`)
  return proveRecord(group, bare, { chainId: world.chainId, key, amount, r, random })
}

/** What the patient says against the receipt of a record on the ledger. */
export function disputeOf(
  world: World,
  of: { readonly id: Digest; readonly box: Uint8Array; readonly name: string; account?: string },
) {
  const { id, box, name, account = name } = of
  const record = recordTable.get(world.state(), id)
  assert(record, 'the record is on the ledger')
  return buildDispute(
    group,
    { id, ephemeral: record.ephemeral, box },
    {
      chainId: world.chainId,
      account: idOf(account),
      tagSecret: tagOf(name).secret,
      entropy: entropyOf(`dispute of ${id}`),
    },
  )
}

/** The box of an own record with another amount in it, for writers who keep their exponents. */
export function retold(
  of: { readonly id: Digest; readonly ephemeral: Uint8Array; readonly box: Uint8Array },
  { name, told }: { readonly name: string; readonly told: bigint },
  a: bigint,
): Uint8Array {
  const E = group.decode(of.ephemeral)
  const recipient = group.decode(fromHex(tagOf(name).publicKey))
  const secretKey = group.decodeScalar(fromHex(tagOf(name).secret))
  assert(E && recipient && secretKey, 'points and a key')
  const place = { E, recipient, context: receiptContext(of.id) }
  const message = openBox(group, place, { secretKey, box: of.box })
  assert(message, 'an honest box opens')
  return sealBox(group, place, { a, message: concat(u64(told), message.subarray(8)) })
}
