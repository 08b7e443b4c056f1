// Signing with keys that are kept as seeds, and the ledger's word on what was sent.
import type { TransactionSigner } from '../../client/signer.ts'
import type { AccountKeys } from '../../genesis/member.ts'
import { fromHex } from '../../vm/bytes.ts'
import { createSigner } from '../crypto/ed25519.ts'
import { EpioneError } from '../errors.ts'

export function signerOf({
  account,
  publicKey,
  seed,
}: Pick<AccountKeys, 'account' | 'publicKey' | 'seed'>): TransactionSigner {
  return { account, publicKey, sign: createSigner(fromHex(seed)).sign }
}

/** Throws EpioneError CHILD_FAILED if the ledger refused it. */
export function requireAccepted(what: string, code: string): void {
  if (code === '') return
  throw new EpioneError({
    code: 'CHILD_FAILED',
    message: `the ledger refused ${what}: ${code}`,
    hint: 'the receipt names the transaction',
  })
}
