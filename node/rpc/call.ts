// One call: find the method, name the parameters, wait if asked to, run within its time, answer as text.
import { CodecError, type JsonValue, within } from '../../vm/codec.ts'
import { uint } from '../../vm/codec-scalar.ts'
import { nearest } from '../config-suggest.ts'
import { EpioneError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { errorObject, isExpected } from './error-object.ts'
import type { RpcLimits } from './limits.ts'
import type { CallContext, Method } from './method.ts'
import type { NodePort } from './port.ts'
import { type Call, errorText, resultText } from './request.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { Waits } from './waits.ts'

/** Counts a call; `status` is ok or the error's code. */
export type CallObserver = (call: {
  readonly method: string
  readonly status: string
  readonly seconds: number
}) => void

export type CallParts = {
  readonly methods: readonly Method[]
  readonly port: NodePort
  readonly limits: RpcLimits
  readonly waits: Waits
  readonly log: Logger
  readonly observe: CallObserver
}

export type Caller = {
  readonly subscriptions: Subscriptions | undefined
  /** Aborted when the caller is gone or the server stops; made when a call waits, which few do. */
  readonly signal: () => AbortSignal
}

const minHeightCodec = uint()

type Named = { [name: string]: unknown }

function byName(method: Method, parameters: Extract<Call, { kind: 'call' }>['parameters']): Named {
  if (!Array.isArray(parameters)) return { ...(parameters as Named) }
  if (parameters.length > method.parameters.length) {
    throw new CodecError(
      `expected at most ${method.parameters.length} parameters, found ${parameters.length}`,
    )
  }
  const named = parameters.map((value, index) => [method.parameters[index]?.name ?? '', value])
  return Object.fromEntries(named)
}

export function tooLarge(limits: RpcLimits): EpioneError {
  return new EpioneError({
    code: 'RESPONSE_TOO_LARGE',
    message: `the answer is larger than ${limits.responseBytes} bytes`,
    hint: 'ask for fewer items, or item by item',
  })
}

/** Ends a call that takes too long; what it does goes on without an answer. */
async function withTimeLimit(limitMs: number, method: Method, work: Promise<JsonValue>) {
  const { promise, reject } = Promise.withResolvers<never>()
  const late = () =>
    new EpioneError({
      code: 'TIMEOUT',
      message: `${method.name} took longer than ${limitMs} ms`,
      hint: 'ask again for less, or ask another node',
    })
  const timer = setTimeout(() => reject(late()), limitMs)
  return Promise.race([work, promise]).finally(() => clearTimeout(timer))
}

export type Calls = {
  /** The answer's text; undefined for a notification. Never throws for what a client sends. */
  readonly answer: (call: Call, caller: Caller) => Promise<string | undefined>
  /** The text of a failure; a bug is logged. */
  readonly fail: (id: string, error: unknown) => string
  /** Whether the call only reads. */
  readonly isRead: (call: Call) => boolean
}

function statusOf(error: unknown): string {
  if (error instanceof EpioneError) return error.code
  return isExpected(error) ? 'INVALID_PARAMS' : 'INTERNAL'
}

function unknownMethod(name: string, known: readonly string[]): EpioneError {
  const shown = name.slice(0, 80)
  const meant = nearest(shown, known)
  return new EpioneError({
    code: 'METHOD_NOT_FOUND',
    message: `there is no method ${JSON.stringify(shown)}`,
    hint: meant === undefined ? 'rpc.discover lists all methods' : `did you mean ${meant}?`,
  })
}

function contextOf({ port, limits, waits }: CallParts, caller: Caller): CallContext {
  const { subscriptions } = caller
  const waitForHeight: CallContext['waitForHeight'] = (height, timeoutMs) =>
    waits.waitForHeight(height, { timeoutMs, signal: caller.signal() })
  return { port, limits, subscriptions, waitForHeight }
}

export function createCalls(parts: CallParts): Calls {
  const { limits, log, observe } = parts
  const methods = new Map(parts.methods.map((method) => [method.name, method]))

  const run = async (call: Extract<Call, { kind: 'call' }>, caller: Caller) => {
    const method = methods.get(call.method)
    if (method === undefined) throw unknownMethod(call.method, [...methods.keys()])
    const parameters = byName(method, call.parameters)
    const context = contextOf(parts, caller)
    if (method.reads && Object.hasOwn(parameters, 'minHeight')) {
      const { minHeight } = parameters
      delete parameters['minHeight']
      const height = within('minHeight', () => minHeightCodec.fromJson(minHeight))
      await context.waitForHeight(height, limits.requestTimeoutMs)
    }
    const timeMs = limits.requestTimeoutMs + (method.reads ? 0 : limits.waitMs)
    return withTimeLimit(timeMs, method, method.run(parameters, context))
  }

  const fail = (id: string, error: unknown): string => {
    if (!isExpected(error)) log.error({ err: error }, 'a call failed')
    return errorText(id, errorObject(error))
  }

  return {
    fail,
    isRead: (call) => call.kind === 'invalid' || methods.get(call.method)?.reads !== false,
    answer: async (call, caller) => {
      if (call.kind === 'invalid') return fail(call.id, invalidRequest(call.reason))
      const started = performance.now()
      const method = methods.has(call.method) ? call.method : 'unknown'
      const done = (status: string) =>
        observe({ method, status, seconds: (performance.now() - started) / 1_000 })
      let text: string
      try {
        text = resultText(call.id ?? 'null', await run(call, caller))
        if (text.length > limits.responseBytes) throw tooLarge(limits)
        done('ok')
      } catch (error) {
        done(statusOf(error))
        text = fail(call.id ?? 'null', error)
      }
      return call.id === undefined ? undefined : text
    },
  }
}

export function invalidRequest(message: string): EpioneError {
  const hint = 'send {"jsonrpc":"2.0","id":1,"method":"rpc.discover"}, or an array of such requests'
  return new EpioneError({ code: 'INVALID_REQUEST', message, hint })
}
