// The command line: every verb is one file; errors are one line with a code and what to do.
import { Command } from 'commander'
import { describeError, exitCodeOf } from '../errors.ts'
import { programVersion } from '../version.ts'
import { startCommand } from './start.ts'

const program = new Command('epione')
  .description(
    'A permissioned ledger for hospitals, insurers, pharmacies, patients and researchers.',
  )
  .version(programVersion, '-V, --version', 'print the version')
  .showHelpAfterError('(epione --help lists the commands)')
  .addCommand(startCommand())

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`)
  process.exitCode = exitCodeOf(error)
}
