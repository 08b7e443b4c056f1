// Errors and log lines: every code has its number and exit code, and no secret is written.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'tap'
import {
  describeError,
  EpioneError,
  errorCodes,
  exitCodeOf,
  exitCodes,
  rpcNumberOf,
} from '../../node/errors.ts'
import { createLogger, moduleLogger } from '../../node/logger.ts'

test('every code maps to a number of EIP-1474 and to a documented exit code', (t) => {
  const numbers = new Set([
    -32_700, -32_600, -32_601, -32_602, -32_603, -32_000, -32_001, -32_002, -32_003, -32_005,
  ])
  for (const code of errorCodes) {
    t.match(code, /^[A-Z][A-Z0-9_]+$/)
    t.ok(numbers.has(rpcNumberOf(code)), `${code} has a number`)
    const error = new EpioneError({ code, message: 'what', hint: 'this' })
    t.ok(Object.values<number>(exitCodes).includes(exitCodeOf(error)), `${code} has an exit code`)
    t.equal(describeError(error), `${code}: what\n  try: this`)
  }
  t.equal(exitCodeOf(new Error('a bug')), 1)
  t.end()
})

test('log lines name their module and leave secrets out', (t) => {
  const lines: string[] = []
  const stream = { write: (line: string) => lines.push(line) }
  const log = createLogger({ level: 'info', format: 'json', stream })
  const child = moduleLogger(log, 'keys', { keys: 'debug' })
  child.debug({ key: { secret: 's3cret', publicKey: '0x01' }, passphrase: 's3cret' }, 'made')
  moduleLogger(log, 'rpc').debug('not at this level')
  t.equal(lines.length, 1)
  t.match(JSON.parse(lines[0] ?? ''), { module: 'keys', msg: 'made', key: { publicKey: '0x01' } })
  t.notMatch(lines[0], /s3cret/)
  t.end()
})

test('what makes lines for people is loaded by who asks for them', (t) => {
  const { cache } = createRequire(import.meta.url)
  const isLoaded = () => Object.keys(cache).some((path) => path.includes('pino-pretty'))
  const file = join(t.testdir(), 'log')
  createLogger({ level: 'info', format: 'json', file }).info('for programs')
  t.notOk(isLoaded())
  createLogger({ level: 'info', format: 'pretty', file }).info('for people')
  t.ok(isLoaded())
  t.match(readFileSync(file, 'utf8'), /^\{.*"msg":"for programs"\}\n.*INFO.*for people/)
  t.end()
})
