// epione tx TYPE: builds, signs and submits one transaction of any type, or a batch of them.
import { Command } from 'commander'
import { appList } from '../../apps/index.ts'
import type { Client } from '../../client/client.ts'
import { type Act, actFromJson, batchAct, signTransaction } from '../../client/transaction.ts'
import type { TxType } from '../../vm/app.ts'
import { toHex } from '../../vm/bytes.ts'
import type { JsonValue } from '../../vm/codec.ts'
import { EpioneError } from '../errors.ts'
import { readSigner } from './account-key.ts'
import { checked, jsonArgument, wholeNumber } from './files.ts'
import { clientOf, type NodeChoice, withNode } from './node-url.ts'
import { print, printJson, withJson } from './output.ts'
import { cosignCommands, requireNew, signFile, writeCosigned } from './tx-cosign.ts'

type Options = NodeChoice & {
  /** Several for what several must sign; the first pays. */
  readonly key: readonly string[]
  readonly account?: string
  readonly validFor: string
  readonly passphraseFile?: string
  readonly wait: boolean
  readonly dryRun?: boolean
  /** Accounts that sign the file `out` elsewhere. */
  readonly with?: readonly string[]
  readonly out?: string
  readonly json?: boolean
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
  const validUntil = Date.now() + 1_000 * wholeNumber('--valid-for', options.validFor, [1, 86_400])
  const { account, passphraseFile } = options
  const common = passphraseFile === undefined ? {} : { passphraseFile }
  const signers = await Promise.all(
    options.key.map((key, index) =>
      readSigner({ key, ...common, ...(index > 0 || account === undefined ? {} : { account }) }),
    ),
  )
  if (options.with !== undefined || options.out !== undefined) {
    await share(client, act, options)
    return
  }
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

/** A file that others sign, with the first signature. */
async function share(client: Client, act: Act, options: Options): Promise<void> {
  const { with: others, out: path, key, account, passphraseFile } = options
  const [first] = key
  if (others === undefined || path === undefined || first === undefined || key.length > 1) {
    throw new EpioneError({
      code: 'USAGE',
      message: '--with ACCOUNT and --out FILE go together, with one --key',
      hint: 'the accounts named by --with sign the file with epione tx sign',
    })
  }
  const choice = {
    key: first,
    ...(account === undefined ? {} : { account }),
    ...(passphraseFile === undefined ? {} : { passphraseFile }),
  }
  await requireNew(path)
  const own = await readSigner(choice)
  await writeCosigned(client, act, { own, others, path })
  await signFile(path, { ...choice, ...(options.json === undefined ? {} : { json: options.json }) })
}

const collect = (path: string, before: readonly string[] = []) => [...before, path]

function commandOf(type: TxType): Command {
  const example = JSON.stringify(type.example)
  const command = withNode(new Command(type.name))
    .description(type.summary)
    .argument('<payload>', 'JSON, @file, or a JSON array for an all-or-nothing batch')
    .requiredOption('--key <file>', 'key file that signs; again for each co-signer', collect)
    .option('--account <id>', 'account of the first key, if it is not named beside it')
    .option('--valid-for <seconds>', 'how long it may wait for a block', '120')
    .option('--passphrase-file <file>', 'opens an encrypted key')
    .option('--no-wait', 'do not wait for the block')
    .option('--dry-run', 'print the signed envelope instead of sending it')
    .option('--with <account>', 'account that signs elsewhere; again for each', collect)
    .option('--out <file>', 'write what they sign here instead of sending it')
  return withJson(command, [`epione tx ${type.name} '${example}' --key alice/key.json`]).action(
    (argument: string, options: Options) => send(type, argument, options),
  )
}

export function txCommand(): Command {
  const command = new Command('tx').description('sign and submit a transaction')
  for (const part of cosignCommands()) command.addCommand(part)
  for (const type of appList.apps.flatMap((app) => app.txs)) command.addCommand(commandOf(type))
  return command
}
