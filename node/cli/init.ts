// epione init: one organization's keys in a new home, and the card that it gives to the others.
import { randomBytes } from 'node:crypto'
import { Command, Option } from 'commander'
import { type OrganizationKind, organizationKind } from '../../apps/registry/roles.ts'
import { cardCodec } from '../../genesis/cards.ts'
import { createMember } from '../../genesis/member.ts'
import { addressesCodec, validatorName } from '../../genesis/schema.ts'
import { resolveConfig } from '../config.ts'
import { EpioneError } from '../errors.ts'
import { writeHome } from '../home.ts'
import { readPassphrase } from '../keys/passphrase.ts'
import { checked, wholeNumber } from './files.ts'
import { printJson, say, withJson } from './output.ts'

type Options = {
  readonly home: string
  readonly name: string
  readonly kind: string
  readonly address: readonly string[]
  readonly listen: string
  readonly rpcPort: string
  readonly passphraseFile?: string
}

const examples = [
  'epione init --home hospital --name hospital --kind hospital --address /dns4/node.hospital.example/tcp/8646 > hospital.json',
  'epione init --home lab --name lab --kind authority --address /ip4/127.0.0.1/tcp/9001 --listen /ip4/127.0.0.1/tcp/9001 --rpc-port 9101',
]

function settingsText({ listen, rpcPort }: Options): string {
  return `# epione config show --home FOLDER lists every setting.
listen = ${JSON.stringify(listen)}

[rpc]
port = ${Number(rpcPort)}
`
}

/** A node that listens on one address of its own is reached there; one that listens on all must say where. */
function addressesOf({ address, listen }: Options): readonly string[] {
  if (address.length > 0) return address
  if (!/^\/ip[46]\/(?:0\.0\.0\.0|::)\//.test(listen)) return [listen]
  throw new EpioneError({
    code: 'USAGE',
    message: 'the other validators must be told where they reach this node',
    hint: 'add --address, such as /dns4/node.hospital.example/tcp/8646',
  })
}

async function initialize(options: Options): Promise<void> {
  const name = checked('--name', () => validatorName.fromJson(options.name))
  const kind = checked('--kind', () => organizationKind.fromJson(options.kind)) as OrganizationKind
  const addresses = checked('--address', () => addressesCodec.fromJson(addressesOf(options)))
  // What start would refuse later is refused before a key is made.
  resolveConfig({
    flags: {
      listen: options.listen,
      rpcPort: wholeNumber('--rpc-port', options.rpcPort, [0, 65_535]),
    },
  })
  const passphrase = await readPassphrase(options.passphraseFile ?? null)
  const accounts = [
    { name: `${name}-admin`, roles: ['admin'] as const },
    { name: `${name}-validator`, roles: ['validator'] as const },
    ...(kind === 'hospital' ? [{ name, roles: ['hospital'] as const }] : []),
    ...(kind === 'settlement' ? [{ name, roles: ['treasurer'] as const }] : []),
  ]
  const member = createMember(
    { name, kind, validator: true, accounts },
    { seed: randomBytes(32), timeMs: Date.now(), addresses },
  )
  await writeHome({ home: options.home, member, config: settingsText(options), passphrase })
  printJson(cardCodec.toJson(member.card))
  say(
    `keys are in ${options.home}/keys; the card above has no secrets: give it to the other parties`,
  )
  if (passphrase === undefined)
    say('the keys are not encrypted: --passphrase-file FILE would do that')
  say(`next: epione genesis new CARD... --out ${options.home}/genesis.json`)
}

export function initCommand(): Command {
  const command = new Command('init')
    .description("make one organization's keys in a new home and print its public card")
    .requiredOption('--home <folder>', 'new folder for keys, settings and data')
    .requiredOption('--name <name>', 'name of the organization and of its validator')
    .addOption(new Option('--kind <kind>', 'what the organization is').default('authority'))
    .option('--address <multiaddr...>', 'where the other validators reach this node', [])
    .option('--listen <multiaddr>', 'where this node listens', '/ip4/0.0.0.0/tcp/8646')
    .option('--rpc-port <port>', 'port of RPC on this machine', '8645')
    .option('--passphrase-file <file>', 'encrypt the keys with the first line of this file')
  return withJson(command, examples).action(initialize)
}
