// How the rehearsals' hospital cheats; reached by hidden settings only.
import { recordId } from '../../../apps/vault/ids.ts'
import type { VaultRecord } from '../../../apps/vault/payloads.ts'
import { blindingFrom, SEED_SIZE } from '../../../apps/vault/receipts.ts'
import { blank, receiptContext } from '../../../apps/vault/statements.ts'
import { deriveBytes, encodeSecret } from '../../../client/vault/entropy.ts'
import { type Invoice, proveRecord, type Writing } from '../../../client/vault/record.ts'
import type { ClassSecrets } from '../../../client/vault/replicated/deal.ts'
import { assert } from '../../../vm/assert.ts'
import { concat, fromHex, toHex, u32 } from '../../../vm/bytes.ts'
import { sealBox } from '../../../vm/crypto/box.ts'
import { commit, encrypt } from '../../../vm/crypto/commitment.ts'
import type { Group } from '../../../vm/crypto/group.ts'
import type { RangeProver } from '../../../vm/crypto/suite.ts'

/** A record with valid proofs that tells its patient one minor unit more than it holds. */
export function wrongReceipt<P>(
  { group, range }: { readonly group: Group<P>; readonly range: RangeProver },
  writing: Writing,
  invoice: Invoice,
): VaultRecord {
  const { chainId, account, committee, epoch, key, entropy } = writing
  const { amount, tag, policy, period, nullifier } = invoice
  const nonce = toHex(deriveBytes(entropy, 'record-nonce').subarray(0, 16))
  const id = recordId({ account, committee, nonce })
  const seed = deriveBytes(entropy, 'wrong-receipt').subarray(0, SEED_SIZE)
  const r = blindingFrom(group, { seed, record: id })
  const K = group.decode(key)
  const recipient = group.decode(fromHex(tag))
  assert(K !== undefined && recipient !== undefined, 'the keys of committee and patient decode')
  const { R, C } = encrypt(group, K, { amount, r })
  const told = concat(u32(Number(amount) + 1), seed)
  const place = { E: R, recipient, context: receiptContext(id) }
  const bare = {
    ...{ account, committee, epoch, nonce, tag, policy, period, nullifier },
    ephemeral: group.encode(R),
    ciphertext: group.encode(C),
    commitment: group.encode(commit(group, amount, r)),
    box: sealBox(group, place, { a: r, message: told }),
    document: null,
    oneTime: false,
    proof: blank(96),
    rangeProof: range.proveRange([amount], [r]).proof,
  }
  const random = deriveBytes(entropy, 'record-proof')
  return proveRecord(group, bare, { chainId, key, amount, r, random })
}

/** Keys of which one is not that of its class: a record made with them has one wrong share, and everything else is right. */
export function spoilKeys<P>(group: Group<P>, secrets: ClassSecrets): ClassSecrets {
  const [about] = secrets.keys()
  assert(about !== undefined, 'an owner has keys')
  return new Map([...secrets, [about, encodeSecret(group, 1n)]])
}
