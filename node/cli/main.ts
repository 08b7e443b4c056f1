// The command line's process: runs one command; whatever goes wrong is a few lines and an exit code.
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { systemCodeOf } from '../errors.ts'
import { createProgram, report } from './program.ts'

// Beside the packages, so that it goes when they are replaced; where it cannot be written there is none.
enableCompileCache(
  fileURLToPath(new URL('../../node_modules/.cache/epione-compiled', import.meta.url)),
)
process.on('uncaughtException', (error) => process.exit(report(error)))
// Whoever reads our output may have read enough.
process.stdout.on('error', (error) =>
  process.exit(systemCodeOf(error) === 'EPIPE' ? 0 : report(error)),
)

try {
  const program = await createProgram(process.argv[2])
  await program.parseAsync()
} catch (error) {
  process.exitCode = report(error)
}
