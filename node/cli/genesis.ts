// epione genesis: the same file at every party, and what a given file is.
import { Command } from 'commander'
import { appList } from '../../apps/index.ts'
import { cardCodec, formatGenesis, genesisFromCards } from '../../genesis/cards.ts'
import { genesisHash } from '../../genesis/schema.ts'
import { readGenesis } from '../home.ts'
import { engineFlag, engineFrom } from './engine-flag.ts'
import { checked, readJsonFile } from './files.ts'
import { forkCommands } from './genesis-fork.ts'
import { facts, print, say, withJson } from './output.ts'
import { writeOnce } from './write-once.ts'

type NewOptions = {
  readonly name: string
  readonly engine: string
  readonly out?: string
  readonly json?: boolean
}

async function makeGenesis(paths: readonly string[], options: NewOptions): Promise<void> {
  const cards = await Promise.all(paths.map((path) => readJsonFile(path, cardCodec)))
  const { name } = options
  const engine = engineFrom(options.engine)
  const file = checked('these cards', () => genesisFromCards(cards, { name, engine }, appList))
  const content = formatGenesis(file, appList)
  if (options.out === undefined) process.stdout.write(content)
  else await writeOnce(options.out, content)
  say(`chain id ${genesisHash(file, appList)}: every party must see the same`)
}

type FileOptions = { readonly json?: boolean }

async function validate(path: string, options: FileOptions): Promise<void> {
  const { file, genesis } = await readGenesis(path)
  const { chainId } = genesis
  const counts = {
    validators: file.validators.length,
    organizations: file.organizations.length,
    accounts: file.accounts.length,
  }
  print(options, { ok: true, chainId, name: file.name, engine: file.engine, ...counts }, () =>
    facts([
      ['chain', file.name],
      ['chain id', chainId],
      ['engine', file.engine],
      ...Object.entries(counts),
    ]),
  )
}

async function showHash(path: string, options: FileOptions): Promise<void> {
  const { genesis } = await readGenesis(path)
  print(options, { chainId: genesis.chainId }, () => [genesis.chainId])
}

export function genesisCommand(): Command {
  const make = new Command('new')
    .description(
      'make the genesis file of the parties with these cards; their order does not matter',
    )
    .argument('<card...>', 'card files')
    .option('--name <name>', 'what people call the chain', 'epione')
    .option(...engineFlag)
    .option('--out <file>', 'write here instead of stdout')
    .action(makeGenesis)
  const check = new Command('validate')
    .description('check a genesis file, and name the place that is wrong')
    .argument('<file>')
    .action(validate)
  const hash = new Command('hash')
    .description('print the chain id of a genesis file')
    .argument('<file>')
    .action(showHash)
  const command = new Command('genesis')
    .description('make and check the file that a chain starts from')
    .addCommand(
      withJson(make, ['epione genesis new hospital.json lab.json insurer.json --out genesis.json']),
    )
    .addCommand(withJson(check, ['epione genesis validate genesis.json']))
    .addCommand(withJson(hash, ['epione genesis hash genesis.json --json']))
  for (const part of forkCommands()) command.addCommand(part)
  return command
}
