// epione validators admit CARD: lets a joiner's node connect and sync, before it is voted in.
import { Command } from 'commander'
import { admitAccount } from '../../apps/registry/admit-account.ts'
import { admitCandidate } from '../../apps/registry/admit-candidate.ts'
import { act } from '../../client/transaction.ts'
import { type Card, cardCodec } from '../../genesis/cards.ts'
import type { PublicKey } from '../../vm/types.ts'
import { EpioneError } from '../errors.ts'
import { inspectKeyFile } from '../keys/key-file.ts'
import { type KeyChoice, readSigner } from './account-key.ts'
import { readJsonFile } from './files.ts'
import { clientOf, type NodeChoice, withNode } from './node-url.ts'
import { print, withJson } from './output.ts'
import { sendAct, tellSent } from './send.ts'

type Options = NodeChoice &
  KeyChoice & { readonly own?: boolean; readonly consensusKey?: string; readonly json?: boolean }

function validatorOf(card: Card, path: string) {
  const { validator } = card
  const account = card.accounts.find(({ id }) => id === validator?.account)
  if (validator !== null && account !== undefined) return { validator, account }
  throw new EpioneError({
    code: 'INPUT_INVALID',
    message: `${path}: the card has no validator`,
    hint: 'epione init makes a home and a card with one',
  })
}

/** That of the card, or a new one that its seat is to get. */
async function consensusKeyOf(path: string | undefined, onCard: PublicKey): Promise<PublicKey> {
  if (path === undefined) return onCard
  const { kind, publicKey } = await inspectKeyFile(path)
  if (kind === 'consensus') return publicKey
  throw new EpioneError({
    code: 'KEY_WRONG_KIND',
    message: `${path} is a key of the kind ${kind}`,
    hint: 'make one with epione keys new FILE --kind consensus',
  })
}

async function admit(path: string, options: Options): Promise<void> {
  const { validator, account } = validatorOf(await readJsonFile(path, cardCodec), path)
  const signer = await readSigner(options)
  const client = await clientOf(options)
  if (options.own === true) {
    const { id, publicKeys, encryptionKey } = account
    const payload = { id, publicKey: publicKeys[0], encryptionKey, roles: ['validator'] }
    const sent = await sendAct(client, act(admitAccount, payload), signer)
    if (sent.code !== '' && sent.code !== 'ACCOUNT_EXISTS') {
      print(options, sent, () => [tellSent(sent, '')])
      process.exitCode = 5
      return
    }
  }
  const { peerKey } = validator
  const consensusKey = await consensusKeyOf(options.consensusKey, validator.consensusKey)
  const payload = { account: validator.account, consensusKey, peerKey }
  const sent = await sendAct(client, act(admitCandidate, payload), signer)
  print(options, sent, () => [
    tellSent(sent, 'admitted: its node may connect; it says by itself when it has caught up'),
  ])
  if (sent.code !== '') process.exitCode = 5
}

export function admitCommand(): Command {
  const command = withNode(new Command('admit'))
    .description("let the node of a card connect and sync; an admin of a validator's organization")
    .argument('<card>', 'card of the joiner, from epione init')
    .requiredOption('--key <file>', 'key file of the admin')
    .option('--own', "the card is of a new node of the admin's own organization: admit its account")
    .option('--consensus-key <file>', 'new key for the seat of the card, instead of the one on it')
    .option('--account <id>', 'account of the admin, if it is not named beside the key')
    .option('--passphrase-file <file>', 'opens an encrypted key')
  return withJson(command, [
    'epione validators admit lab.json --key hospital/keys/account-hospital-admin.json',
  ]).action(admit)
}
