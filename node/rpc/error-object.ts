// An error as JSON-RPC shows it: number, message, and in data the stable code, what to try, and facts.
import { CodecError, type JsonValue } from '../../vm/codec.ts'
import { EpioneError, rpcNumberOf } from '../errors.ts'

export type ErrorObject = {
  readonly code: number
  readonly message: string
  readonly data: JsonValue
}

function asEpioneError(error: unknown): EpioneError | undefined {
  if (error instanceof EpioneError) return error
  if (!(error instanceof CodecError)) return undefined
  return new EpioneError({
    code: 'INVALID_PARAMS',
    message: error.message,
    hint: 'compare the parameters with rpc.discover',
    data: { path: error.path },
  })
}

/** Whether the error says something about the caller's request, not about a bug of ours. */
export function isExpected(error: unknown): boolean {
  return asEpioneError(error) !== undefined
}

/** A bug shows neither message nor stack to the caller; they are in the log. */
export function errorObject(error: unknown): ErrorObject {
  const known =
    asEpioneError(error) ??
    new EpioneError({
      code: 'INTERNAL',
      message: 'a bug in this node',
      hint: 'tell its operator: the log has the details',
    })
  const { code, hint, data, message } = known
  const cause = known.cause instanceof Error ? known.cause.message : null
  return { code: rpcNumberOf(code), message, data: { code, cause, hint, ...data } }
}
