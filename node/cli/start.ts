// epione start: runs the node of a home until SIGTERM or SIGINT.
import { rm } from 'node:fs/promises'
import { Command } from 'commander'
import { describeError, exitCodeOf } from '../errors.ts'
import { replaceFile } from '../files.ts'
import { homePaths } from '../home.ts'
import { startNode } from '../index.ts'
import { createLogger } from '../logger.ts'
import { endWithParent, untilSignal } from './lifetime.ts'
import { addSettings, configOf } from './settings-flags.ts'

const examples = `
Examples:
  $ epione start --home hospital
  $ epione start --home hospital --listen /ip4/0.0.0.0/tcp/8646 --rpc-port 8645
  $ EPIONE_LOG_FORMAT=pretty epione start --home hospital`

export function startCommand(): Command {
  const command = new Command('start')
    .description('run the node in a home folder until it is told to stop')
    .addHelpText('after', examples)
  return addSettings(command).action(async (flags) => {
    const { settings } = configOf(flags)
    const { level, format, levels, file } = settings.log
    const log = createLogger({ level, format, levels, ...(file === null ? {} : { file }) })
    endWithParent()
    const node = await startNode({
      settings,
      log,
      onFailure: (error) => {
        log.fatal({ err: error }, 'the node stops: it cannot go on without risking a wrong vote')
        process.stderr.write(`${describeError(error)}\n`)
        process.exit(exitCodeOf(error))
      },
    })
    const { running } = homePaths(settings.home)
    const { rpcUrl, addresses, name } = node
    const facts = { pid: process.pid, rpcUrl, addresses, name }
    await replaceFile(running, new TextEncoder().encode(`${JSON.stringify(facts)}\n`))
    process.send?.({ kind: 'ready', ...facts })
    log.info(facts, 'started')
    const signal = await untilSignal()
    log.info({ signal }, 'stopping')
    await node.stop()
    await rm(running, { force: true })
    log.info('stopped')
    process.exit(0)
  })
}
