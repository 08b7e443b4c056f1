// epione tx sign, tx send: one transaction that several accounts sign on their own machines, as a file that goes round.
import { access } from 'node:fs/promises'
import { Command } from 'commander'
import type { Client } from '../../client/client.ts'
import type { Act } from '../../client/transaction.ts'
import { randomBytes } from '../../client/web.ts'
import { toHex } from '../../vm/bytes.ts'
import { decode, type Infer } from '../../vm/codec.ts'
import { array, struct } from '../../vm/codec-compound.ts'
import { bytes, constant, hex } from '../../vm/codec-scalar.ts'
import { ENVELOPE_BYTES_MAX, SIGNERS_MAX } from '../../vm/limits.ts'
import {
  type Body,
  bodyCodec,
  encodeBody,
  encodeEnvelope,
  type Signer,
  signedBytes,
  transactionId,
} from '../../vm/transaction.ts'
import type { AccountId, PublicKey } from '../../vm/types.ts'
import { EpioneError } from '../errors.ts'
import { replaceFile } from '../files.ts'
import { type KeyChoice, readSigner } from './account-key.ts'
import { checked, readJsonFile } from './files.ts'
import { clientOf, type NodeChoice, requireChain, withNode } from './node-url.ts'
import { print, withJson } from './output.ts'
import { tellSent } from './send.ts'

const fileCodec = struct({
  version: constant(1),
  body: bytes(1, ENVELOPE_BYTES_MAX),
  signatures: array(struct({ account: hex<AccountId>(32), signature: bytes(64) }), SIGNERS_MAX),
})
type CosignFile = Infer<typeof fileCodec>

function unfit(message: string, hint: string): EpioneError {
  return new EpioneError({ code: 'INPUT_INVALID', message, hint })
}

async function write(path: string, file: CosignFile): Promise<void> {
  const text = `${JSON.stringify(fileCodec.toJson(file), null, 2)}\n`
  await replaceFile(path, new TextEncoder().encode(text))
}

async function read(path: string): Promise<{ readonly file: CosignFile; readonly body: Body }> {
  const file = await readJsonFile(path, fileCodec)
  return { file, body: checked(path, () => decode(bodyCodec, file.body)) }
}

function missing({ signatures }: CosignFile, { signers }: Body): readonly AccountId[] {
  const there = new Set(signatures.map(({ account }) => account))
  return signers.map(({ account }) => account).filter((account) => !there.has(account))
}

/** A file that goes round may hold signatures of others. */
export async function requireNew(path: string): Promise<void> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  )
  if (isThere) throw unfit(`${path}: exists already`, 'choose another --out, or remove it')
}

/** The active key of an account, as the ledger has it. */
async function keyOf(client: Client, account: string): Promise<Signer> {
  const { result } = await client.query('registry.account', { account })
  const { keys } = result as {
    readonly keys: readonly { readonly publicKey: PublicKey; readonly status: string }[]
  }
  const publicKey = keys.findLast(({ status }) => status === 'active')?.publicKey
  if (publicKey === undefined) throw unfit(`${account} has no active key`, 'name another account')
  return { account: account as AccountId, publicKey }
}

/** Below the window, so that clocks that differ a little do not matter. */
const MARGIN_MS = 10_000

/** Writes what all are to sign, without a signature yet; it can wait for a block as long as the chain's window allows. */
export async function writeCosigned(
  client: Client,
  act: Act,
  plan: { readonly own: Signer; readonly others: readonly string[]; readonly path: string },
): Promise<void> {
  const { chainId, parameters } = await client.chain()
  const others = await Promise.all(plan.others.map((account) => keyOf(client, account)))
  const body = encodeBody({
    version: 1,
    chainId,
    tag: act.tag,
    payload: act.payload,
    validUntil: Date.now() + Math.max(MARGIN_MS, parameters.windowMs - MARGIN_MS),
    salt: toHex(randomBytes(8)),
    signers: [plan.own, ...others],
  })
  await write(plan.path, { version: 1, body, signatures: [] })
}

type SignOptions = KeyChoice & { readonly json?: boolean }

export async function signFile(path: string, options: SignOptions): Promise<void> {
  const { file, body } = await read(path)
  const { account, publicKey, sign } = await readSigner(options)
  if (!body.signers.some((signer) => signer.account === account && signer.publicKey === publicKey))
    throw unfit(`${path} does not wait for ${account} with this key`, 'sign with the key it names')
  const signature = await sign(signedBytes(file.body))
  const others = file.signatures.filter((one) => one.account !== account)
  const signed = { ...file, signatures: [...others, { account, signature }] }
  await write(path, signed)
  const left = missing(signed, body)
  print(options, { id: transactionId(file.body), missing: left }, () => [
    left.length === 0 ? 'everybody has signed: epione tx send' : `missing: ${left.join(', ')}`,
    `valid until ${new Date(body.validUntil).toISOString()}`,
  ])
}

async function sendFile(
  path: string,
  options: NodeChoice & { readonly json?: boolean },
): Promise<void> {
  const { file, body } = await read(path)
  const left = missing(file, body)
  if (left.length > 0) throw unfit(`${path} lacks ${left.join(', ')}`, 'epione tx sign adds them')
  const signatures = body.signers.map(
    ({ account }) => file.signatures.find((one) => one.account === account)?.signature,
  )
  const all = signatures.flatMap((signature) => signature ?? [])
  const id = transactionId(file.body)
  const client = await clientOf(options)
  await requireChain(client, { chainId: body.chainId, what: path })
  const { block, receipt } = await client.submitAndWait({
    id,
    bytes: encodeEnvelope(file.body, all),
  })
  const sent = { id, block, code: receipt.code }
  print(options, sent, () => [tellSent(sent, 'committed')])
  if (receipt.code !== '') process.exitCode = 5
}

export function cosignCommands(): readonly Command[] {
  const sign = new Command('sign')
    .description('sign a transaction that waits for several signers')
    .argument('<file>', 'file made by epione tx TYPE ... --with ACCOUNT --out FILE')
    .requiredOption('--key <file>', 'key file that signs')
    .option('--account <id>', 'its account, if it is not named beside the key')
    .option('--passphrase-file <file>', 'opens an encrypted key')
    .action(signFile)
  const send = withNode(new Command('send'))
    .description('send a transaction that all its signers have signed')
    .argument('<file>')
    .action(sendFile)
  return [
    withJson(sign, [
      'epione tx sign admission.json --key hospital/keys/account-hospital-admin.json',
    ]),
    withJson(send, ['epione tx send admission.json']),
  ]
}
