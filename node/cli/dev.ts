// epione dev: the word that starts a network and does the main job on it.
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { type Cheat, requireCheat } from '../dev/cheat/frauds.ts'
import { requireValidators, runDev } from '../dev/run.ts'
import { requireSharing } from '../dev/sharing.ts'
import { EpioneError } from '../errors.ts'
import { engineFlag, engineFrom } from './engine-flag.ts'
import { withJson } from './output.ts'

const sample = fileURLToPath(new URL('../../data/synthea', import.meta.url))

type Flags = {
  readonly data: string
  readonly once?: boolean
  readonly home?: string
  readonly empty?: boolean
  readonly validators: string
  readonly engine: string
  readonly sharing: string
  readonly cheat?: string
  readonly json?: boolean
}

const examples = [
  'epione dev',
  'epione dev --once --json > sums.json',
  'epione dev --once --sharing L',
  'epione dev --once --cheat owner',
  'epione dev --once --cheat silent --sharing L --json',
  'epione dev --data my-synthea/csv --home my-network',
  'epione dev --empty --validators 1',
  'epione dev --empty --engine poa --validators 1',
]

/** A fraud has a network of its own, made for it and gone with it. */
function cheatFrom({ cheat, home, empty, once }: Flags): Cheat | undefined {
  if (cheat === undefined) return undefined
  const other = home !== undefined ? '--home' : empty ? '--empty' : undefined
  if (other !== undefined)
    throw new EpioneError({
      code: 'USAGE',
      message: `--cheat does not go with ${other}`,
      hint: 'a fraud is shown on a network of its own, which is gone afterwards',
    })
  if (!once)
    throw new EpioneError({
      code: 'USAGE',
      message: '--cheat ends when the fraud was shown, so it needs --once',
      hint: `epione dev --once --cheat ${cheat}`,
    })
  return requireCheat(cheat)
}

export function devCommand(): Command {
  const command = new Command('dev')
    .description('start a network on this machine and compute private sums of real records')
    .option('--data <folder>', "Synthea's CSV files", sample)
    .option('--once', 'end when the job is done: 0 only if every sum matches')
    .option('--home <folder>', 'keep the network here and go on with it the next time')
    .option('--empty', 'validators and funded accounts only')
    .option('--validators <n>', 'how many', '4')
    .option(...engineFlag)
    .option(
      '--cheat <who>',
      'show a fraud of owner, helper, accuser or silent, and who pays; then end',
    )
    .option('--sharing <kind>', 'M: a threshold key of all hospitals; L: replicated shares', 'M')
  return withJson(command, examples).action(async (flags: Flags) => {
    const { data, once = false, home, empty = false, json = false } = flags
    const validators = requireValidators(flags.validators)
    const sharing = requireSharing(flags.sharing)
    const network = { home, empty, validators, engine: engineFrom(flags.engine), sharing }
    const cheat = cheatFrom(flags)
    const code = await runDev({ data: resolve(data), once, json, cheat, ...network })
    process.exit(code)
  })
}
