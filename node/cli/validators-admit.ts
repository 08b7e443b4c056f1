// epione validators admit CARD: lets a joiner's node connect and sync, before it is voted in.
import { Command } from 'commander'
import { admitAccount } from '../../apps/registry/admit-account.ts'
import { admitCandidate } from '../../apps/registry/admit-candidate.ts'
import { act } from '../../client/transaction.ts'
import { type Card, cardCodec } from '../../genesis/cards.ts'
import { id32 } from '../../vm/codec-scalar.ts'
import type { AccountId } from '../../vm/types.ts'
import { EpioneError } from '../errors.ts'
import { type KeyChoice, readSigner } from './account-key.ts'
import { checked, readJsonFile } from './files.ts'
import { clientOf, type NodeChoice, withNode } from './node-url.ts'
import { print, withJson } from './output.ts'
import { sendAct, tellSent } from './send.ts'

type Options = NodeChoice &
  KeyChoice & { readonly own?: boolean; readonly seat?: string; readonly json?: boolean }

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
  const { consensusKey, peerKey } = validator
  const seat: AccountId =
    options.seat === undefined
      ? validator.account
      : checked('--seat', () => id32.fromJson(options.seat))
  const payload = { account: seat, consensusKey, peerKey }
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
    .option('--seat <account>', 'the card brings other keys for the seat of this account')
    .option('--account <id>', 'account of the admin, if it is not named beside the key')
    .option('--passphrase-file <file>', 'opens an encrypted key')
  return withJson(command, [
    'epione validators admit lab.json --key hospital/keys/account-hospital-admin.json',
  ]).action(admit)
}
