// JSON-RPC 2.0 requests: text to calls, ids kept exactly as they were written.
import type { JsonValue } from '../../vm/codec.ts'
import { EpioneError } from '../errors.ts'

/** The id as JSON text, so that 2^53 + 1 comes back as itself; undefined for a notification. */
type IdText = string | undefined

export type Call =
  | {
      readonly kind: 'call'
      readonly id: IdText
      readonly method: string
      /** By name, by position, or none. */
      readonly parameters: Readonly<Record<string, unknown>> | readonly unknown[]
    }
  /** Not a request; answered with this id. */
  | { readonly kind: 'invalid'; readonly id: string; readonly reason: string }

export type Message =
  | { readonly kind: 'single'; readonly call: Call }
  | { readonly kind: 'batch'; readonly calls: readonly Call[] }

type Reviver = (this: object, key: string, value: unknown, context: { source?: string }) => unknown

/** Number ids of every object in the text, as written. Only called when a number was not kept by parsing. */
function idSources(text: string): unknown {
  const reviver: Reviver = (key, value, { source }) => {
    // Wrapped, so that the id is known to be a number's text and not a string.
    return key === 'id' && typeof value === 'number' ? { number: source } : value
  }
  return (JSON.parse as (text: string, reviver: Reviver) => unknown)(text, reviver)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function idText(id: unknown, source: () => unknown): IdText | null {
  if (id === undefined) return undefined
  if (id === null || typeof id === 'string') return JSON.stringify(id)
  if (typeof id !== 'number') return null
  if (Number.isSafeInteger(id)) return String(id)
  const written = source()
  return isObject(written) && typeof written['number'] === 'string' ? written['number'] : null
}

function readCall(item: unknown, source: () => unknown): Call {
  if (!isObject(item)) return { kind: 'invalid', id: 'null', reason: 'a request is an object' }
  const id = idText(Object.hasOwn(item, 'id') ? item['id'] : undefined, () => {
    const again = source()
    return isObject(again) ? again['id'] : undefined
  })
  if (id === null)
    return { kind: 'invalid', id: 'null', reason: 'an id is a string, number or null' }
  const invalid = (reason: string): Call => ({ kind: 'invalid', id: id ?? 'null', reason })
  if (item['jsonrpc'] !== '2.0') return invalid('jsonrpc must be "2.0"')
  const { method, params = {} } = item
  if (typeof method !== 'string') return invalid('method must be a string')
  if (!isObject(params) && !Array.isArray(params)) return invalid('params is an object or an array')
  return { kind: 'call', id, method, parameters: params }
}

/** Throws EpioneError PARSE_ERROR or INVALID_REQUEST. */
export function readMessage(text: string): Message {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new EpioneError({
      code: 'PARSE_ERROR',
      message: 'the text is not JSON',
      hint: 'send one JSON-RPC 2.0 request, or an array of them',
    })
  }
  let again: unknown
  const source = () => {
    try {
      again ??= idSources(text)
    } catch {
      // A reviver is called from the inside out, on the stack.
      throw new EpioneError({
        code: 'INVALID_REQUEST',
        message: 'nested too deeply to read the number in its id',
        hint: 'write ids as integers up to 2^53 or as strings',
      })
    }
    return again
  }
  if (!Array.isArray(json)) return { kind: 'single', call: readCall(json, source) }
  const calls = json.map((item, index) =>
    readCall(item, () => (source() as readonly unknown[])[index]),
  )
  return { kind: 'batch', calls }
}

export function resultText(id: string, result: JsonValue): string {
  return `{"jsonrpc":"2.0","id":${id},"result":${JSON.stringify(result)}}`
}

export function errorText(id: string, error: JsonValue): string {
  return `{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(error)}}`
}
