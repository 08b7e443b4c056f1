// The command line: every verb is one file; errors are two lines, what went wrong with its code and what to try.
import { Command } from 'commander'
import { ClientError } from '../../client/errors.ts'
import { describeError, exitCodeOf, exitCodes } from '../errors.ts'
import { programVersion } from '../version.ts'
import {
  openrpcCommand,
  rpcCommand,
  statusCommand,
  validatorsCommand,
  versionCommand,
} from './asking.ts'
import { configCommand } from './config.ts'
import { genesisCommand } from './genesis.ts'
import { initCommand } from './init.ts'
import { keysCommand } from './keys.ts'
import { queryCommand } from './query.ts'
import { startCommand } from './start.ts'
import { testnetCommand } from './testnet.ts'
import { txCommand } from './tx.ts'
import { verifyCommand } from './verify.ts'

const description =
  'A permissioned ledger for hospitals, insurers, pharmacies, patients and researchers.'

const exits = `
Exit codes: 0 done, 1 failed or not good, 2 wrong use or input, 3 files or keys, 4 network, 5 refused, 6 diverged.
Settings: flags > EPIONE_* > HOME/config.toml > defaults; epione config show names the source of each.`

function createProgram(): Command {
  const program = new Command('epione')
    .description(description)
    .version(programVersion, '-V, --version', 'print the version')
    .showHelpAfterError('(epione --help lists the commands)')
    .addHelpText('after', exits)
  for (const command of [
    initCommand(),
    genesisCommand(),
    startCommand(),
    testnetCommand(),
    statusCommand(),
    validatorsCommand(),
    txCommand(),
    queryCommand(),
    rpcCommand(),
    verifyCommand(),
    keysCommand(),
    configCommand(),
    openrpcCommand(),
    versionCommand(),
  ]) {
    program.addCommand(command)
  }
  return program
}

/** Commander ends with 1 for wrong use; here that is 2, as 1 means that something was done and is not good. */
function endWrongUse(command: Command): void {
  command.exitOverride((error) => {
    process.exit(error.exitCode === 0 ? 0 : exitCodes.usage)
  })
  for (const part of command.commands) endWrongUse(part)
}

function report(error: unknown): void {
  if (error instanceof ClientError) {
    process.stderr.write(`${error.code}: ${error.message}\n  try: ${error.hint}\n`)
    process.exitCode = error.code === 'NODE_UNREACHABLE' ? exitCodes.network : exitCodes.refused
    return
  }
  process.stderr.write(`${describeError(error)}\n`)
  process.exitCode = exitCodeOf(error)
}

const program = createProgram()
endWrongUse(program)
try {
  await program.parseAsync()
} catch (error) {
  report(error)
}
