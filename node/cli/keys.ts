// epione keys: makes key files and shows their public parts; secrets are never printed.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import { EpioneError, systemCodeOf } from '../errors.ts'
import { homePaths } from '../home.ts'
import { createKeyFile, inspectKeyFile } from '../keys/key-file.ts'
import { type KeyKind, keyKinds } from '../keys/key-kind.ts'
import { readPassphrase } from '../keys/passphrase.ts'
import { facts, print, table, withJson } from './output.ts'

type NewOptions = {
  readonly kind: KeyKind
  readonly passphraseFile?: string
  readonly json?: boolean
}

async function makeKey(path: string, options: NewOptions): Promise<void> {
  const passphrase = await readPassphrase(options.passphraseFile ?? null)
  const { kind, publicKey } = await createKeyFile({ path, kind: options.kind, passphrase })
  print(options, { path, kind, publicKey, encrypted: passphrase !== undefined }, () => [publicKey])
}

async function keyFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new EpioneError({
      code: 'HOME_INVALID',
      message: `no keys in ${folder} (${systemCodeOf(error) ?? 'unknown'})`,
      hint: 'name a home made by epione init, or make a key with epione keys new FILE',
      cause: error,
    })
  })
  return names.filter((name) => name.endsWith('.json')).toSorted()
}

async function listKeys(options: {
  readonly home: string
  readonly json?: boolean
}): Promise<void> {
  const folder = homePaths(options.home).keys
  const names = await keyFiles(folder)
  const keys = await Promise.all(
    names.map(async (file) => ({ file, ...(await inspectKeyFile(join(folder, file))) })),
  )
  print(options, { keys }, () => [
    table(
      ['file', 'kind', 'public key', 'encrypted'],
      keys.map(({ file, kind, publicKey, encrypted }) => [
        file,
        kind,
        publicKey,
        encrypted ? 'yes' : 'no',
      ]),
    ),
  ])
}

async function showKey(path: string, options: { readonly json?: boolean }): Promise<void> {
  const { kind, publicKey, encrypted } = await inspectKeyFile(path)
  print(options, { path, kind, publicKey, encrypted }, () =>
    facts([
      ['kind', kind],
      ['public key', publicKey],
      ['encrypted', encrypted ? 'yes' : 'no'],
    ]),
  )
}

export function keysCommand(): Command {
  const make = new Command('new')
    .description('make a key in a new file')
    .argument('<file>')
    .addOption(
      new Option('--kind <kind>', 'what it is for').choices([...keyKinds]).default('account'),
    )
    .option('--passphrase-file <file>', 'encrypt it with the first line of this file')
    .action(makeKey)
  const list = new Command('list')
    .description('list the keys of a home')
    .requiredOption('--home <folder>', 'home of a node')
    .action(listKeys)
  const show = new Command('show')
    .description('show the public part of a key file')
    .argument('<file>')
    .action(showKey)
  return new Command('keys')
    .description('make and show keys')
    .addCommand(
      withJson(make, ['epione keys new alice.json', 'epione keys new box.json --kind encryption']),
    )
    .addCommand(withJson(list, ['epione keys list --home hospital']))
    .addCommand(withJson(show, ['epione keys show alice.json --json']))
}
