// What can go wrong between this program and a node: one error type with a code and what to try.
import type { JsonValue } from '../vm/codec.ts'

/** The codes that the client itself raises; errors of a node carry the node's own code. */
export type ClientErrorCode = 'NODE_UNREACHABLE' | 'ANSWER_MALFORMED' | 'NOT_COMMITTED_IN_TIME'

export type ClientErrorParameters = {
  readonly code: string
  readonly message: string
  readonly hint: string
  readonly cause?: unknown
  readonly data?: Readonly<Record<string, JsonValue>>
}

export class ClientError extends Error {
  override readonly name = 'ClientError'
  /** A ClientErrorCode, or the stable code of the node's error. */
  readonly code: string
  readonly hint: string
  readonly data: Readonly<Record<string, JsonValue>>
  constructor({ code, message, hint, cause, data = {} }: ClientErrorParameters) {
    super(message, cause === undefined ? {} : { cause })
    this.code = code
    this.hint = hint
    this.data = data
  }
}

export function malformed(what: string): ClientError {
  return new ClientError({
    code: 'ANSWER_MALFORMED',
    message: `the node's answer has not the expected form: ${what}`,
    hint: 'ask another node, and compare the versions of client and node',
  })
}
