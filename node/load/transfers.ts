// Signed transfers of the benchmark: 250 bytes each, made ahead of the time at which they are offered.
import { randomBytes } from 'node:crypto'
import { transferMoney } from '../../apps/bank/transfer.ts'
import { type Act, act } from '../../client/transaction.ts'
import { toHex } from '../../vm/bytes.ts'
import { encodeBody, encodeEnvelope, signedBytes, transactionId } from '../../vm/transaction.ts'
import type { AccountId, Digest, Hex, TimeMs } from '../../vm/types.ts'
import { createSigner, type Signer } from '../crypto/ed25519.ts'

/** An account that can pay. */
export type Payer = { readonly account: AccountId; readonly seed: Uint8Array }

export type Transfer = { readonly id: Digest; readonly envelope: Hex; readonly bytes: number }

export type TransferFactory = (validUntil: TimeMs) => Transfer

/** An account with its key at hand. */
export type Hand = { readonly account: AccountId; readonly signer: Signer }

export function handOf({ account, seed }: Payer): Hand {
  return { account, signer: createSigner(seed) }
}

/** The signed envelope of one act, as nodes take it. */
export function signAct(
  { account, signer }: Hand,
  { chainId, act, validUntil }: { chainId: Digest; act: Act; validUntil: TimeMs },
): Transfer {
  const body = encodeBody({
    version: 1,
    chainId,
    ...act,
    validUntil,
    salt: toHex(randomBytes(8)),
    signers: [{ account, publicKey: toHex(signer.publicKey) }],
  })
  const envelope = encodeEnvelope(body, [signer.sign(signedBytes(body))])
  return { id: transactionId(body), envelope: toHex(envelope), bytes: envelope.length }
}

/** Transfers of one minor unit from account to account in turn; salts make each another transaction. */
export function createTransferFactory(chainId: Digest, payers: readonly Payer[]): TransferFactory {
  const hands = payers.map(handOf)
  let turn = 0
  return (validUntil) => {
    const from = hands[turn % hands.length] ?? failed()
    const { account: to } = hands[(turn + 1) % hands.length] ?? failed()
    turn += 1
    const order = { to, currency: 'USD', amount: 1n, memo: 'benchmark' }
    return signAct(from, { chainId, act: act(transferMoney, order), validUntil })
  }
}

function failed(): never {
  throw new RangeError('a load needs an account that can pay')
}
