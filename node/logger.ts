// Log lines: pino to stderr or a file, one child per module, secrets left out.
import { createRequire } from 'node:module'
import { type DestinationStream, destination, type Level, type Logger, pino } from 'pino'

export type { Logger }
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

export type LogSettings = {
  readonly level: LogLevel
  readonly format: 'json' | 'pretty'
  /** Levels of single modules, such as { p2p: 'debug' }. */
  readonly levels?: Readonly<Record<string, LogLevel>>
  /** Appended to, and reopened by the next start; stderr if not given. */
  readonly file?: string
  /** For tests. */
  readonly stream?: DestinationStream
}

const secretNames = [
  'secret',
  'secretKey',
  'privateKey',
  'seed',
  'passphrase',
  'password',
  'keySeed',
  'peerKeySeed',
  'authorization',
]

/** Fields with these names are never written, at the top of a line or one or two levels down. */
const redact = {
  paths: secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
  censor: '[redacted]',
}

function outlet(settings: LogSettings): DestinationStream {
  if (settings.stream !== undefined) return settings.stream
  const target = settings.file ?? 2
  if (settings.format === 'pretty') {
    // Loaded for people only: with it every start would take 30 modules more.
    const pretty: typeof import('pino-pretty') = createRequire(import.meta.url)('pino-pretty')
    return pretty({ destination: target, sync: true, mkdir: true, ignore: 'pid,hostname' })
  }
  return destination({ dest: target, sync: true, mkdir: true, mode: 0o600 })
}

/** The logger of a process; each module takes a child by `moduleLogger`. */
export function createLogger(settings: LogSettings): Logger {
  return pino({ level: settings.level, base: null, redact }, outlet(settings))
}

/** A child whose lines name the module; its level may differ from the others'. */
export function moduleLogger(
  log: Logger,
  module: string,
  levels: Readonly<Record<string, LogLevel>> = {},
): Logger {
  const level = Object.hasOwn(levels, module) ? levels[module] : undefined
  return log.child({ module }, level === undefined ? {} : { level: level as Level })
}

/** A logger that writes nothing. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' })
}
