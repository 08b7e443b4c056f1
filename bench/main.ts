// npm run bench: load on a network of validator processes, with what it cost each of them and the limit of the same machine.
import { readFile } from 'node:fs/promises'
import { CommanderError } from 'commander'
import { installNativeSha256 } from '../node/crypto/sha256.ts'
import { describeError, EpioneError, exitCodeOf, exitCodes } from '../node/errors.ts'
import { compareText } from './compare.ts'
import { measure } from './measure.ts'
import { type BenchOptions, readOptions } from './options.ts'
import { type Report, reportSchema } from './report.ts'
import { reportText } from './tables.ts'

function optionsOrExit(): BenchOptions {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    process.exit(error.exitCode === 0 ? 0 : exitCodes.usage)
  }
}

/** Throws EpioneError if it is no report of this benchmark. */
async function readReport(path: string): Promise<Report> {
  try {
    const text = await readFile(path, 'utf8')
    // Without --silent, npm writes two lines of its own before it.
    return reportSchema.parse(JSON.parse(text.slice(text.indexOf('{'))))
  } catch (cause) {
    throw new EpioneError({
      code: 'INPUT_INVALID',
      message: `${path} is no report of npm run bench`,
      hint: 'write one with npm run --silent bench -- --sweep --json > FILE',
      cause,
    })
  }
}

installNativeSha256()
const options = optionsOrExit()
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))
try {
  const before = options.compare === undefined ? undefined : await readReport(options.compare)
  const report = await measure(options)
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`)
  else process.stdout.write(`${reportText(report)}\n`)
  if (before !== undefined) {
    const text = compareText(before, report)
    if (options.json) process.stderr.write(`${text}\n`)
    else process.stdout.write(`\n${text}\n`)
  }
  process.exit(report.failed === undefined ? 0 : exitCodes.failed)
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`)
  process.exit(exitCodeOf(error))
}
