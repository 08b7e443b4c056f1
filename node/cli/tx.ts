// epione tx TYPE: builds, signs and submits one transaction of any type, or a batch of them.
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import { appList } from '../../apps/index.ts'
import { actFromJson, batchAct, signTransaction } from '../../client/transaction.ts'
import { cardCodec } from '../../genesis/cards.ts'
import type { TxType } from '../../vm/app.ts'
import { toHex } from '../../vm/bytes.ts'
import type { JsonValue } from '../../vm/codec.ts'
import { id32 } from '../../vm/codec-scalar.ts'
import type { PublicKey } from '../../vm/types.ts'
import { createSigner } from '../crypto/ed25519.ts'
import { EpioneError } from '../errors.ts'
import { homePaths } from '../home.ts'
import { readKey } from '../keys/key-file.ts'
import { readPassphrase } from '../keys/passphrase.ts'
import { checked, jsonArgument, readJsonFile } from './files.ts'
import { clientOf, type NodeChoice, withNode } from './node-url.ts'
import { print, printJson, withJson } from './output.ts'

type Options = NodeChoice & {
  readonly key: string
  readonly account?: string
  readonly validFor: string
  readonly passphraseFile?: string
  readonly wait: boolean
  readonly dryRun?: boolean
  readonly json?: boolean
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
async function signerOf(options: Options) {
  const passphrase = await readPassphrase(options.passphraseFile ?? null)
  const { secret, publicKey } = await readKey({ path: options.key, kind: 'account', passphrase })
  const id = options.account ?? (await accountBeside(options.key, publicKey))
  if (id === undefined) {
    throw new EpioneError({
      code: 'USAGE',
      message: `nothing beside ${options.key} says whose key it is`,
      hint: 'name the account with --account 0x...',
    })
  }
  const account = checked('--account', () => id32.fromJson(id))
  return { account, publicKey, sign: createSigner(secret).sign }
}

async function send(type: TxType, argument: string, options: Options): Promise<void> {
  const json = await jsonArgument(argument)
  const act = checked(`the payload of ${type.name}`, () => {
    if (!Array.isArray(json)) return actFromJson(type, json)
    const payloads = json.map((item: JsonValue) => type.payload.fromJson(item))
    return batchAct(type, payloads, { atomic: true })
  })
  const client = await clientOf(options)
  const { chainId } = await client.chain()
  const validUntil = Date.now() + 1_000 * Number(options.validFor)
  const signers = [await signerOf(options)]
  const signed = await signTransaction({ chainId, act, validUntil, signers })
  if (options.dryRun === true) {
    printJson({ id: signed.id, envelope: toHex(signed.bytes) })
    return
  }
  if (!options.wait) {
    await client.submit(signed)
    print(options, { id: signed.id, status: 'accepted' }, () => [signed.id])
    return
  }
  const { block, receipt } = await client.submitAndWait(signed)
  const answer = {
    id: signed.id,
    status: 'committed',
    block,
    code: receipt.code,
    items: receipt.items,
  }
  print(options, answer, () => [
    receipt.code === ''
      ? `committed in block ${block}`
      : `refused in block ${block}: ${receipt.code}`,
  ])
  if (receipt.code !== '') process.exitCode = 5
}

function commandOf(type: TxType): Command {
  const example = JSON.stringify(type.example)
  const command = withNode(new Command(type.name))
    .description(type.summary)
    .argument('<payload>', 'JSON, @file, or a JSON array for an all-or-nothing batch')
    .requiredOption('--key <file>', 'key file that signs')
    .option('--account <id>', 'account that signs, if it is not named beside the key')
    .option('--valid-for <seconds>', 'how long it may wait for a block', '120')
    .option('--passphrase-file <file>', 'opens an encrypted key')
    .option('--no-wait', 'do not wait for the block')
    .option('--dry-run', 'print the signed envelope instead of sending it')
  return withJson(command, [`epione tx ${type.name} '${example}' --key alice/key.json`]).action(
    (argument: string, options: Options) => send(type, argument, options),
  )
}

export function txCommand(): Command {
  const command = new Command('tx').description('sign and submit a transaction')
  for (const type of appList.apps.flatMap((app) => app.txs)) command.addCommand(commandOf(type))
  return command
}
