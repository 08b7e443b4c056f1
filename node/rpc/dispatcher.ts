// From the text of a message to the text of its answer: batches, notifications, parameters, limits, errors.
import { CodecError, type JsonValue, within } from '../../vm/codec.ts'
import { uint } from '../../vm/codec-scalar.ts'
import { nearest } from '../config-suggest.ts'
import { EpioneError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { errorObject, isExpected } from './error-object.ts'
import type { RpcLimits } from './limits.ts'
import type { CallContext, Method } from './method.ts'
import type { NodePort } from './port.ts'
import { type Call, errorText, readMessage, resultText } from './request.ts'
import type { Subscriptions } from './subscriptions.ts'
import type { Waits } from './waits.ts'

/** Counts a call; `status` is ok or the error's code. */
export type CallObserver = (call: {
  readonly method: string
  readonly status: string
  readonly seconds: number
}) => void

export type DispatcherParts = {
  readonly methods: readonly Method[]
  readonly port: NodePort
  readonly limits: RpcLimits
  readonly waits: Waits
  readonly log: Logger
  readonly observe: CallObserver
}

export type Caller = {
  readonly subscriptions: Subscriptions | undefined
  readonly signal: AbortSignal
}

export type Dispatcher = {
  /** The answer's text; undefined if the message holds only notifications. Never throws for what a client sends. */
  readonly handle: (text: string, caller: Caller) => Promise<string | undefined>
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

function tooMany(calls: number, limits: RpcLimits): EpioneError {
  return new EpioneError({
    code: 'LIMIT_EXCEEDED',
    message: `a batch has at most ${limits.batchItems} calls, found ${calls}`,
    hint: 'split the batch',
  })
}

function tooLarge(limits: RpcLimits): EpioneError {
  return new EpioneError({
    code: 'RESPONSE_TOO_LARGE',
    message: `the answer is larger than ${limits.responseBytes} bytes`,
    hint: 'ask for fewer items, or item by item',
  })
}

function emptyBatch(): EpioneError {
  return new EpioneError({
    code: 'INVALID_REQUEST',
    message: 'an empty batch',
    hint: 'put at least one request into the array',
  })
}

/** Ends a call that takes too long; what it does goes on without an answer. */
async function withTimeLimit(limitMs: number, method: Method, work: Promise<JsonValue>) {
  const { promise, reject } = Promise.withResolvers<never>()
  const error = new EpioneError({
    code: 'TIMEOUT',
    message: `${method.name} took longer than ${limitMs} ms`,
    hint: 'ask again for less, or ask another node',
  })
  const timer = setTimeout(() => reject(error), limitMs)
  return Promise.race([work, promise]).finally(() => clearTimeout(timer))
}

export function createDispatcher(parts: DispatcherParts): Dispatcher {
  const { limits, log, observe, port, waits } = parts
  const methods = new Map(parts.methods.map((method) => [method.name, method]))
  const names = [...methods.keys()]

  const find = (name: string): Method => {
    const method = methods.get(name)
    if (method !== undefined) return method
    const meant = nearest(name.slice(0, 80), names)
    throw new EpioneError({
      code: 'METHOD_NOT_FOUND',
      message: `there is no method ${JSON.stringify(name.slice(0, 80))}`,
      hint: meant === undefined ? 'rpc.discover lists all methods' : `did you mean ${meant}?`,
    })
  }

  const run = async (call: Extract<Call, { kind: 'call' }>, caller: Caller) => {
    const method = find(call.method)
    const parameters = byName(method, call.parameters)
    const { signal } = caller
    const context: CallContext = {
      port,
      limits,
      subscriptions: caller.subscriptions,
      signal,
      waitForHeight: (height, timeoutMs) => waits.waitForHeight(height, { timeoutMs, signal }),
    }
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

  /** Undefined for a notification. */
  const answer = async (call: Call, caller: Caller): Promise<string | undefined> => {
    if (call.kind === 'invalid') {
      const hint = 'send {"jsonrpc":"2.0","id":1,"method":"rpc.discover"}'
      return fail(call.id, new EpioneError({ code: 'INVALID_REQUEST', message: call.reason, hint }))
    }
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
      done(
        error instanceof EpioneError
          ? error.code
          : isExpected(error)
            ? 'INVALID_PARAMS'
            : 'INTERNAL',
      )
      text = fail(call.id ?? 'null', error)
    }
    return call.id === undefined ? undefined : text
  }

  const isRead = (call: Call): boolean =>
    call.kind === 'invalid' || methods.get(call.method)?.reads !== false

  const answerBatch = async (calls: readonly Call[], caller: Caller) => {
    if (calls.length === 0) return fail('null', emptyBatch())
    if (calls.length > limits.batchItems) return fail('null', tooMany(calls.length, limits))
    // Submissions wait for workers and blocks, side by side; reads run one after the other, so that their answers never
    // take more memory than one answer may.
    const underWay = calls.map((call) => (isRead(call) ? undefined : answer(call, caller)))
    const kept: string[] = []
    let size = 0
    for (const [index, call] of calls.entries()) {
      const full = size > limits.responseBytes
      let text =
        full && underWay[index] === undefined ? '' : await (underWay[index] ?? answer(call, caller))
      if (text === undefined) continue
      size += text.length + 1
      if (size > limits.responseBytes) text = fail(call.id ?? 'null', tooLarge(limits))
      kept.push(text)
    }
    return kept.length === 0 ? undefined : `[${kept.join(',')}]`
  }

  return {
    handle: async (text, caller) => {
      try {
        const message = readMessage(text)
        if (message.kind === 'single') return await answer(message.call, caller)
        return await answerBatch(message.calls, caller)
      } catch (error) {
        return fail('null', error)
      }
    },
  }
}
