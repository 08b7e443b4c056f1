// epione repair: sets a damaged data folder aside, so that the next start fetches the chain from the others; keys and votes stay.
import { access, mkdir, rename } from 'node:fs/promises'
import { Command } from 'commander'
import { EpioneError } from '../errors.ts'
import { holdExclusively } from '../exclusive.ts'
import { homePaths, readChainStart } from '../home.ts'
import { dataOf } from './files.ts'
import { facts, print, withJson } from './output.ts'
import { auditHome } from './verify.ts'

type Options = { readonly home: string; readonly json?: boolean }

/** What is wrong with the chain or the state; undefined if nothing is. */
async function findDamage(home: string): Promise<string | undefined> {
  try {
    const result = await auditHome(home)
    return result.ok ? undefined : `bad at height ${result.firstBadHeight}: ${result.what}`
  } catch (error) {
    if (error instanceof EpioneError && error.code === 'STORE_DAMAGED') return error.message
    throw error
  }
}

/** A name beside the folder that is free. */
async function nameAside(data: string): Promise<string> {
  for (let count = 1; ; count++) {
    const name = `${data}.damaged-${count}`
    const isThere = await access(name).then(
      () => true,
      () => false,
    )
    if (!isThere) return name
  }
}

/** Nobody else has the chain of a single validator: what can be read of it is all that is left. */
async function requireOthers(genesis: string): Promise<void> {
  const { file } = await readChainStart(genesis)
  if (file.validators.length > 1) return
  throw new EpioneError({
    code: 'STORE_DAMAGED',
    message: 'the data folder is damaged, and no other validator has this chain',
    hint: 'bring the folder back from a backup; nothing was changed',
  })
}

async function repair(options: Options): Promise<void> {
  const { home } = options
  const paths = homePaths(home)
  await dataOf(home)
  await mkdir(paths.journal, { recursive: true, mode: 0o700 })
  // The node's own lock: it must not start meanwhile.
  const lock = holdExclusively(paths.journalLock)
  try {
    const damage = await findDamage(home)
    if (damage === undefined) {
      print(options, { ok: true, aside: null, what: null }, () => ['good: nothing to repair'])
      return
    }
    await requireOthers(paths.genesis)
    const aside = await nameAside(paths.data)
    await rename(paths.data, aside)
    print(options, { ok: true, aside, what: damage }, () => [
      ...facts([
        ['damage', damage],
        ['set aside', aside],
      ]),
      'keys, journal and vote lock are as they were: start the node, it fetches the chain from the others',
    ])
  } finally {
    lock.release()
  }
}

export function repairCommand(): Command {
  const command = new Command('repair')
    .description("set a stopped node's damaged data aside, to be fetched again")
    .requiredOption('--home <folder>', 'home of a node')
  return withJson(command, ['epione repair --home hospital']).action(repair)
}
