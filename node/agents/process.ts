// The life of an agent's process: what it opens, how it reports, and that it ends when told to or left alone.
import { constants, setPriority } from 'node:os'
import { z } from 'zod'
import { type TrustedView, viewCodec } from '../../client/trusted-view.ts'
import type { JsonValue } from '../../vm/codec.ts'
import { useGroup } from '../../vm/crypto/execution-group.ts'
import { installNativeKeyCheck } from '../crypto/ed25519.ts'
import { installNativeSha256 } from '../crypto/sha256.ts'
import { createNativeSuite } from '../crypto/suite.ts'
import { describeError, exitCodeOf } from '../errors.ts'
import { holdExclusively } from '../exclusive.ts'
import { replaceFile } from '../files.ts'
import { createLogger, type Logger } from '../logger.ts'
import { type Anchor, firstView, readAnchor } from './anchor.ts'
import { commandSchema, type Report } from './messages.ts'
import { createNodes, type Nodes } from './nodes.ts'
import { type Outbox, openOutbox } from './outbox.ts'
import { createSender, type Sender } from './sender.ts'
import { agentPaths, hex32, readJson, requireJson, toJsonBytes } from './settings.ts'

export type AgentOptions = { readonly home: string; readonly rpc: readonly string[] }

/** What every role starts from. */
export type AgentContext = {
  readonly home: string
  readonly anchor: Anchor
  readonly nodes: Nodes
  readonly urls: readonly string[]
  /** What was verified when the process started. */
  readonly view: TrustedView
  readonly outbox: Outbox
  readonly sender: Sender
  readonly log: Logger
  readonly report: (report: Report) => void
  readonly crypto: Awaited<ReturnType<typeof createNativeSuite>>
  /** Resolves when the process that started this one asks for the step. */
  readonly asked: (step: string) => Promise<void>
  /** Resolves when the process is to end; a role then closes what it has open and returns. */
  readonly ended: Promise<void>
}

/** Runs until its work is done or `context.ended` resolves. */
export type Role = (context: AgentContext) => Promise<void>

const chainSchema = z.looseObject({ chainId: hex32 })

/** Reports go over the channel to the parent; without one, as lines to stdout. */
function sendReport(report: Report): void {
  if (process.send !== undefined) process.send(report)
  else process.stdout.write(`${JSON.stringify(report)}\n`)
}

/** Steps that were asked for, also before anybody waited for them. Without a parent every step is asked for. */
function listenForSteps(): (step: string) => Promise<void> {
  if (process.send === undefined) return () => Promise.resolve()
  const steps = new Map<string, PromiseWithResolvers<void>>()
  const entry = (step: string) => {
    const known = steps.get(step) ?? Promise.withResolvers<void>()
    steps.set(step, known)
    return known
  }
  process.on('message', (message) => {
    const command = commandSchema.safeParse(message)
    if (command.success) entry(command.data.do).resolve()
  })
  return (step) => entry(step).promise
}

/** SIGTERM, Ctrl-C, or the end of the process that started this one. */
function listenForEnd(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve())
    process.on('disconnect', () => resolve())
  })
}

async function openView(home: string, anchor: Anchor) {
  const kept = await readJson(agentPaths(home).view, z.unknown())
  return kept === undefined ? firstView(anchor) : viewCodec.fromJson(kept as JsonValue)
}

const VIEW_EVERY_MS = 1_000

/** Writes the newest view at most once a second: what is lost with a crash is no more than that. */
function createViewKeeper(home: string) {
  const path = agentPaths(home).view
  let last = Promise.resolve()
  let newest: JsonValue | undefined
  const write = (): Promise<void> => {
    if (newest === undefined) return last
    const bytes = toJsonBytes(newest)
    newest = undefined
    last = last.then(() => replaceFile(path, bytes))
    return last
  }
  return {
    keep: (view: TrustedView) => {
      const isFirst = newest === undefined
      newest = viewCodec.toJson(view)
      if (isFirst) setTimeout(() => void write(), VIEW_EVERY_MS).unref()
    },
    flush: write,
  }
}

async function open({ home, rpc }: AgentOptions, log: Logger) {
  const paths = agentPaths(home)
  const { chainId } = await requireJson(paths.settings, chainSchema)
  const anchor = await readAnchor(paths.genesis, chainId)
  const keeper = createViewKeeper(home)
  const view = await openView(home, anchor)
  const common = { urls: rpc, log, view, keep: keeper.keep }
  const nodes = createNodes({ ...common, timeoutMs: 15_000, rounds: 4 })
  const outbox = await openOutbox(paths.outbox)
  const sender = createSender({ anchor, nodes, outbox })
  const close = async () => {
    await keeper.flush()
    await outbox.close()
  }
  const crypto = await createNativeSuite()
  useGroup(crypto.group)
  return { context: { home, anchor, nodes, urls: rpc, view, outbox, sender, log, crypto }, close }
}

/** One piece of work in an agent's home, by a command that ends with it; the home is nobody else's meanwhile. */
export async function withAgentHome<T>(
  options: AgentOptions,
  work: (context: AgentContext) => Promise<T>,
): Promise<T> {
  const { home } = options
  const log = createLogger({ level: 'info', format: 'json', file: agentPaths(home).log })
  const lock = holdExclusively(agentPaths(home).settings)
  try {
    const { context, close } = await open(options, log)
    const never = new Promise<never>(() => undefined)
    const parts = { report: () => undefined, asked: () => Promise.resolve(), ended: never }
    const result = await work({ ...context, ...parts })
    await close()
    return result
  } finally {
    lock.release()
  }
}

/** The whole process of one role; resolves with its exit code. */
export async function runAgent(options: AgentOptions, role: Role): Promise<number> {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
  installNativeSha256()
  installNativeKeyCheck()
  const { home } = options
  const log = createLogger({ level: 'info', format: 'json', file: agentPaths(home).log })
  let isOver = false
  const ended = listenForEnd().then(() => {
    isOver = true
  })
  const asked = listenForSteps()
  try {
    const lock = holdExclusively(agentPaths(home).settings)
    await replaceFile(agentPaths(home).running, toJsonBytes({ pid: process.pid }))
    const { context, close } = await open(options, log)
    log.info({ home, rpc: options.rpc }, 'started')
    await role({ ...context, report: sendReport, asked, ended })
    await close()
    lock.release()
    log.info('ended')
    return 0
  } catch (error) {
    if (isOver) return 0
    log.error({ err: error }, 'failed')
    sendReport({ kind: 'failed', line: describeError(error) })
    return exitCodeOf(error)
  }
}
