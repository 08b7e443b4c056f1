// The key of an account for commands that sign: from its file, with the account that the files around it name.
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { TransactionSigner } from '../../client/signer.ts'
import { cardCodec } from '../../genesis/cards.ts'
import { id32 } from '../../vm/codec-scalar.ts'
import type { PublicKey } from '../../vm/types.ts'
import { createSigner } from '../crypto/ed25519.ts'
import { EpioneError } from '../errors.ts'
import { homePaths } from '../home.ts'
import { readKey } from '../keys/key-file.ts'
import { readPassphrase } from '../keys/passphrase.ts'
import { checked, readJsonFile } from './files.ts'

export type KeyChoice = {
  readonly key: string
  readonly account?: string
  readonly passphraseFile?: string
}

/** The account of a key as the files around it say: `account` beside it, or the card of the home whose key it is. */
async function accountBeside(path: string, publicKey: PublicKey): Promise<string | undefined> {
  const folder = dirname(path)
  const named = await readFile(join(folder, 'account'), 'utf8').catch(() => undefined)
  if (named !== undefined) return named.trim()
  const { card } = homePaths(dirname(folder))
  const { accounts } = await readJsonFile(card, cardCodec).catch(() => ({ accounts: [] }))
  return accounts.find(({ publicKeys }) => publicKeys.includes(publicKey))?.id
}

/** The signing key with its account, as the client's signers are. */
export async function readSigner(choice: KeyChoice): Promise<TransactionSigner> {
  const passphrase = await readPassphrase(choice.passphraseFile ?? null)
  const { secret, publicKey } = await readKey({ path: choice.key, kind: 'account', passphrase })
  const id = choice.account ?? (await accountBeside(choice.key, publicKey))
  if (id === undefined) {
    throw new EpioneError({
      code: 'USAGE',
      message: `nothing beside ${choice.key} says whose key it is`,
      hint: 'name the account with --account 0x...',
    })
  }
  const account = checked('--account', () => id32.fromJson(id))
  return { account, publicKey, sign: createSigner(secret).sign }
}
