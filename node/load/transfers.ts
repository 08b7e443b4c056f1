// Signed transfers of the benchmark: 250 bytes each, made ahead of the time at which they are offered.
import { randomBytes } from 'node:crypto'
import { BANK } from '../../apps/bank/state.ts'
import { transferMoney } from '../../apps/bank/transfer.ts'
import { toHex } from '../../vm/bytes.ts'
import { encodeBody, encodeEnvelope, signedBytes, transactionId } from '../../vm/transaction.ts'
import type { AccountId, Digest, Hex, TimeMs } from '../../vm/types.ts'
import { createSigner, type Signer } from '../crypto/ed25519.ts'

/** An account that can pay. */
export type Payer = { readonly account: AccountId; readonly seed: Uint8Array }

export type Transfer = { readonly id: Digest; readonly envelope: Hex; readonly bytes: number }

export type TransferFactory = (validUntil: TimeMs) => Transfer

/** Transfers of one minor unit from account to account in turn; salts make each another transaction. */
export function createTransferFactory(chainId: Digest, payers: readonly Payer[]): TransferFactory {
  const signers = payers.map(({ account, seed }): readonly [AccountId, Signer] => [
    account,
    createSigner(seed),
  ])
  let turn = 0
  return (validUntil) => {
    const [account, signer] = signers[turn % signers.length] ?? failed()
    const [to] = signers[(turn + 1) % signers.length] ?? failed()
    turn += 1
    const payload = transferMoney.payload.toCbor({
      to,
      currency: 'USD',
      amount: 1n,
      memo: 'benchmark',
    } as never)
    const body = encodeBody({
      version: 1,
      chainId,
      tag: BANK * 256 + 3,
      payload,
      validUntil,
      salt: toHex(randomBytes(8)),
      signers: [{ account, publicKey: toHex(signer.publicKey) }],
    })
    const envelope = encodeEnvelope(body, [signer.sign(signedBytes(body))])
    return { id: transactionId(body), envelope: toHex(envelope), bytes: envelope.length }
  }
}

function failed(): never {
  throw new RangeError('a load needs an account that can pay')
}
