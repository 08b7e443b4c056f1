// epione server init: makes the home of a server: its settings, the genesis file that it trusts, its account's key.
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Command } from 'commander'
import { appList } from '../../apps/index.ts'
import { formatGenesis } from '../../genesis/cards.ts'
import { genesisHash } from '../../genesis/schema.ts'
import { amount, id32 } from '../../vm/codec-scalar.ts'
import type { Digest, Hex } from '../../vm/types.ts'
import {
  type HelperSettings,
  helperSettingsSchema,
  type Serves,
} from '../agents/helper/settings.ts'
import { agentPaths, requireJson, toJsonBytes } from '../agents/settings.ts'
import { EpioneError } from '../errors.ts'
import { createFile } from '../files.ts'
import { readGenesis } from '../home.ts'
import { createKeyFile, readKey } from '../keys/key-file.ts'
import { readPassphrase } from '../keys/passphrase.ts'
import { readSigner } from './account-key.ts'
import { checked } from './files.ts'
import { facts, print, withJson } from './output.ts'

type Options = {
  readonly key: string
  readonly account?: string
  readonly passphraseFile?: string
  readonly genesis: string
  readonly vault?: readonly string[]
  readonly replicated?: boolean
  readonly keyset?: string
  readonly member?: readonly string[]
  readonly bond: string
  readonly json?: boolean
}

function idOf(flag: string, text: string): Hex {
  return checked(flag, () => id32.fromJson(text))
}

function misuse(message: string, hint: string): EpioneError {
  return new EpioneError({ code: 'USAGE', message, hint })
}

/** Which keys it serves, as the flags say. */
function servesOf(account: Hex, options: Options): Serves {
  const { vault = [], member = [], keyset, replicated = false } = options
  const committees = vault.map((text) => idOf('--vault', text))
  if (keyset !== undefined) {
    if (replicated) throw misuse('--keyset and --replicated exclude each other', 'choose one')
    const others = member.map((text) => idOf('--member', text))
    const members = [...new Set([account, ...others])]
    return { kind: 'keyset', keyset: idOf('--keyset', keyset), committees, members }
  }
  const [committee, ...more] = committees
  if (member.length > 0) throw misuse('--member goes with --keyset', 'leave it out')
  if (committee === undefined || more.length > 0)
    throw misuse(
      'a dealt key is that of one vault',
      'name it with --vault ID, or name the keyset of several vaults with --keyset ID',
    )
  return { kind: replicated ? 'replicated' : 'dealer', committee }
}

async function make(home: string, options: Options): Promise<void> {
  const { account } = await readSigner(options)
  const { file } = await readGenesis(options.genesis)
  const chainId: Digest = genesisHash(file, appList)
  const serves = servesOf(account, options)
  const bond = checked('--bond', () => amount.fromJson(options.bond)).toString()
  const settings: HelperSettings = { chainId, account, serves, bond, cheat: null }
  const paths = agentPaths(home)
  await mkdir(dirname(paths.accountKey), { recursive: true, mode: 0o700 })
  const passphrase = await readPassphrase(options.passphraseFile ?? null)
  const { secret } = await readKey({ path: options.key, kind: 'account', passphrase })
  await createKeyFile({ path: paths.accountKey, kind: 'account', secret })
  await createFile(paths.genesis, new TextEncoder().encode(formatGenesis(file, appList)))
  await createFile(paths.settings, toJsonBytes(settings))
  print(options, { home, chainId, account, serves: serves.kind, bond }, () => [
    ...facts([
      ['home', home],
      ['chain id', chainId],
      ['account', account],
      ['serves', serves.kind],
      ['bond', bond],
    ]),
    `next: epione server register ${home}, then epione server start ${home}`,
  ])
}

/** What a server was told; throws EpioneError HOME_INVALID for any other folder. */
export function readServer(home: string): Promise<HelperSettings> {
  return requireJson(agentPaths(home).settings, helperSettingsSchema)
}

const collect = (text: string, before: readonly string[] = []) => [...before, text]

export function serverInitCommand(): Command {
  const command = new Command('init')
    .description('make the home of a server; its key is kept there without a passphrase')
    .argument('<folder>', 'new home')
    .requiredOption('--key <file>', 'key file of its account, in the role helper')
    .option('--account <id>', 'its account, if it is not named beside the key')
    .option('--passphrase-file <file>', 'opens an encrypted key')
    .requiredOption('--genesis <file>', 'genesis file of the chain')
    .option('--vault <id>', 'vault whose questions it answers; again for others', collect)
    .option('--replicated', 'the vault has replicated keys')
    .option('--keyset <id>', 'the vaults are over this keyset, whose key its members make')
    .option('--member <account>', 'who else may have a share of it; again for others', collect)
    .option('--bond <amount>', 'minor units that it stakes', '100000')
  const vault = `0x${'aa'.repeat(32)}`
  const genesis = '--genesis chain/validators/hospital/genesis.json'
  return withJson(command, [
    `epione server init helper --key alice/key.json ${genesis} --vault ${vault}`,
    `epione server init member --key alice/key.json ${genesis} --keyset ${vault} --vault ${vault}`,
  ]).action(make)
}
