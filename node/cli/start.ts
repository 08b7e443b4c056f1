// epione start: runs the node of a home until SIGTERM or SIGINT.
import { rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Command } from 'commander'
import { describeError, exitCodeOf, exitCodes } from '../errors.ts'
import { replaceFile } from '../files.ts'
import { homePaths } from '../home.ts'
import { createLogger } from '../logger.ts'
import { endWithParent, untilSignal } from './lifetime.ts'
import { printJson, withJson } from './output.ts'
import { addSettings, configOf } from './settings-flags.ts'

/** Whatever still hangs then is given up: everything that counts is on disk at any time. */
const DRAIN_MS = 9_000

const examples = [
  'epione start --home hospital',
  'epione start --home hospital --listen /ip4/0.0.0.0/tcp/8646 --rpc-port 8645',
  'EPIONE_LOG_FORMAT=pretty epione start --home hospital',
]

export function startCommand(): Command {
  const command = addSettings(new Command('start')).description(
    'run the node in a home folder until it is told to stop',
  )
  return withJson(command, examples).action(async ({ json, ...flags }) => {
    const { settings } = configOf(flags)
    const { level, format, levels, file } = settings.log
    const log = createLogger({ level, format, levels, ...(file === null ? {} : { file }) })
    endWithParent()
    const { running } = homePaths(settings.home)
    const fail = (error: unknown): never => {
      log.fatal({ err: error }, 'the node stops: it cannot go on without risking a wrong vote')
      process.stderr.write(`${describeError(error)}\n`)
      rmSync(running, { force: true })
      process.exit(exitCodeOf(error))
    }
    process.prependListener('uncaughtException', fail)
    // Three quarters of what a node loads, which nobody needs who asks for help or has a wrong setting.
    const { startNode } = await import('../index.ts')
    // What was opened before the failure would keep the process alive.
    const node = await startNode({ settings, log, onFailure: fail }).catch((error: unknown) => {
      process.stderr.write(`${describeError(error)}\n`)
      process.exit(exitCodeOf(error))
    })
    const { rpcUrl, addresses, name } = node
    const facts = { pid: process.pid, rpcUrl, addresses, name }
    await replaceFile(running, new TextEncoder().encode(`${JSON.stringify(facts)}\n`))
    process.send?.({ kind: 'ready', ...facts })
    if (json === true) printJson(facts)
    log.info(facts, 'started')
    const signal = await untilSignal()
    log.info({ signal }, 'stopping')
    setTimeout(() => process.exit(exitCodes.failed), DRAIN_MS).unref()
    await node.stop()
    await rm(running, { force: true })
    log.info('stopped')
    process.exit(0)
  })
}
