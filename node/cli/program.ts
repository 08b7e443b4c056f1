// The tree of commands: every verb is one file, loaded when it is asked for; what is said when one fails.
import { Command, CommanderError } from 'commander'
import { ClientError } from '../../client/errors.ts'
import {
  describeError,
  EpioneError,
  exitCodeFor,
  exitCodeOf,
  exitCodes,
  systemCodeOf,
} from '../errors.ts'
import { programVersion } from '../version.ts'
import { assumedNode } from './assumed-node.ts'

/** In the order of the help. Loading only what is asked for saves each command most of its time. */
const verbs: Readonly<Record<string, () => Promise<Command>>> = {
  dev: async () => (await import('./dev.ts')).devCommand(),
  init: async () => (await import('./init.ts')).initCommand(),
  genesis: async () => (await import('./genesis.ts')).genesisCommand(),
  start: async () => (await import('./start.ts')).startCommand(),
  testnet: async () => (await import('./testnet.ts')).testnetCommand(),
  status: async () => (await import('./asking.ts')).statusCommand(),
  validators: async () => (await import('./validators.ts')).validatorsCommand(),
  tx: async () => (await import('./tx.ts')).txCommand(),
  query: async () => (await import('./query.ts')).queryCommand(),
  rpc: async () => (await import('./asking.ts')).rpcCommand(),
  verify: async () => (await import('./verify.ts')).verifyCommand(),
  repair: async () => (await import('./repair.ts')).repairCommand(),
  server: async () => (await import('./server.ts')).serverCommand(),
  keys: async () => (await import('./keys.ts')).keysCommand(),
  signer: async () => (await import('./signer.ts')).signerCommand(),
  config: async () => (await import('./config.ts')).configCommand(),
  openrpc: async () => (await import('./about.ts')).openrpcCommand(),
  version: async () => (await import('./about.ts')).versionCommand(),
}

/** Run by other commands. */
const hiddenVerbs: typeof verbs = {
  agent: async () => (await import('./agent.ts')).agentCommand(),
}

const description =
  'A permissioned ledger for hospitals, insurers, pharmacies, patients and researchers.'

const exits = `
Exit codes: 0 done, 1 failed or not good, 2 wrong use or input, 3 files or keys, 4 network, 5 refused, 6 diverged.
Settings: flags > EPIONE_* > HOME/config.toml > defaults; epione config show names the source of each.`

/** With the verb that is asked for; with all of them for the help, and for who mistyped one. */
export async function createProgram(asked?: string): Promise<Command> {
  const program = new Command('epione')
    .description(description)
    .version(programVersion, '-V, --version', 'print the version')
    .showHelpAfterError('(epione --help lists the commands)')
    .addHelpText('after', exits)
  const hidden = hiddenVerbs[asked ?? '']
  const one = verbs[asked ?? ''] ?? hidden
  for (const load of one === undefined ? Object.values(verbs) : [one]) {
    program.addCommand(await load(), { hidden: load === hidden })
  }
  endWrongUse(program)
  return program
}

/** Wrong use, and help or version once shown, end the command as a CommanderError; see `report`. */
function endWrongUse(command: Command): void {
  command.exitOverride()
  for (const part of command.commands) endWrongUse(part)
}

/** What the system says about a path is no bug: the folder is not ours, not there, or full. */
function fileTrouble(error: unknown): EpioneError | undefined {
  if (!(error instanceof Error) || !('path' in error) || systemCodeOf(error) === undefined) {
    return undefined
  }
  return new EpioneError({
    code: 'HOME_INVALID',
    message: error.message,
    hint: 'check the path, who owns the folder, and the room on the disk',
    cause: error,
  })
}

/** Below the error, if the command asked a node that nobody named. */
function tell(lines: string): void {
  const asked = assumedNode()
  process.stderr.write(`${lines}\n${asked === undefined ? '' : `  ${asked}\n`}`)
}

/** A few lines without a stack trace; answers the exit code. */
export function report(error: unknown): number {
  // All was said. Commander ends with 1 for wrong use; here that is 2, as 1 means that something was done and is not good.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage
  if (error instanceof ClientError) {
    tell(`${error.code}: ${error.message}\n  try: ${error.hint}`)
    if (error.code === 'NOT_COMMITTED_IN_TIME') return exitCodes.network
    return exitCodeFor(error.code) ?? exitCodes.refused
  }
  const told = fileTrouble(error) ?? error
  tell(describeError(told))
  return exitCodeOf(told)
}
