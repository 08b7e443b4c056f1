// npm run bench: load on a network of validator processes, with what it cost each of them and the limit of the same machine.
import { readFile } from 'node:fs/promises'
import { CommanderError } from 'commander'
import { installNativeSha256 } from '../node/crypto/sha256.ts'
import { describeError, exitCodeOf, exitCodes } from '../node/errors.ts'
import { measure } from './measure.ts'
import { type BenchOptions, readOptions } from './options.ts'
import { compareText, reportText } from './tables.ts'

function optionsOrExit(): BenchOptions {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    process.exit(error.exitCode === 0 ? 0 : exitCodes.usage)
  }
}

installNativeSha256()
const options = optionsOrExit()
try {
  const before =
    options.compare === undefined ? undefined : JSON.parse(await readFile(options.compare, 'utf8'))
  const report = await measure(options)
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`)
  else process.stdout.write(`${reportText(report)}\n`)
  if (before !== undefined) {
    const text = compareText(before, report)
    if (options.json) process.stderr.write(`${text}\n`)
    else process.stdout.write(`\n${text}\n`)
  }
  process.exit(0)
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`)
  process.exit(exitCodeOf(error))
}
