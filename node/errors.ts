// Trouble with disk, network, settings or a caller: one error type, one list of codes, one mapping to RPC numbers and exit codes.
import type { JsonValue } from '../vm/codec.ts'

/** JSON-RPC numbers: JSON-RPC 2.0 section 5.1 and EIP-1474. */
const rpcNumbers = {
  parse: -32_700,
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internal: -32_603,
  invalidInput: -32_000,
  notFound: -32_001,
  unavailable: -32_002,
  rejected: -32_003,
  limit: -32_005,
} as const
type RpcNumber = (typeof rpcNumbers)[keyof typeof rpcNumbers]

/** Exit codes of commands, documented in the help. */
export const exitCodes = {
  failed: 1,
  usage: 2,
  file: 3,
  network: 4,
  refused: 5,
  diverged: 6,
} as const
type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

type Meaning = readonly [rpc: RpcNumber, exit: ExitCode]
const { failed, usage, file, network, refused, diverged } = exitCodes
const rpc = rpcNumbers

/** Every code of an operating error. A code, once used, keeps its meaning. */
const meanings = {
  PARSE_ERROR: [rpc.parse, usage],
  INVALID_REQUEST: [rpc.invalidRequest, usage],
  METHOD_NOT_FOUND: [rpc.methodNotFound, usage],
  INVALID_PARAMS: [rpc.invalidParams, usage],
  INTERNAL: [rpc.internal, failed],
  NOT_FOUND: [rpc.notFound, failed],
  HEIGHT_PRUNED: [rpc.notFound, failed],
  NOT_CAUGHT_UP: [rpc.unavailable, network],
  SHUTTING_DOWN: [rpc.unavailable, network],
  TIMEOUT: [rpc.unavailable, network],
  HEAD_MOVING: [rpc.unavailable, network],
  TX_MALFORMED: [rpc.invalidInput, usage],
  TX_DROPPED: [rpc.rejected, refused],
  TX_OTHER_CHAIN: [rpc.rejected, refused],
  TX_EXPIRED: [rpc.rejected, refused],
  TX_TOO_FAR_AHEAD: [rpc.rejected, refused],
  TX_TOO_HEAVY: [rpc.rejected, refused],
  TX_KEY_NOT_ACTIVE: [rpc.rejected, refused],
  TX_BAD_SIGNATURE: [rpc.rejected, refused],
  TX_PROOF_REFUSED: [rpc.rejected, refused],
  QUERY_REFUSED: [rpc.rejected, refused],
  BUSY: [rpc.limit, refused],
  LIMIT_EXCEEDED: [rpc.limit, refused],
  RESPONSE_TOO_LARGE: [rpc.limit, refused],
  SUBSCRIPTIONS_NEED_WEBSOCKET: [rpc.invalidRequest, usage],
  USAGE: [rpc.invalidInput, usage],
  CONFIG_INVALID: [rpc.internal, usage],
  CONFIG_UNKNOWN_KEY: [rpc.internal, usage],
  CONFIG_UNREADABLE: [rpc.internal, usage],
  GENESIS_INVALID: [rpc.internal, usage],
  GENESIS_MISMATCH: [rpc.internal, file],
  CHECKPOINT_MISMATCH: [rpc.internal, file],
  INPUT_INVALID: [rpc.invalidInput, usage],
  KEY_MISSING: [rpc.internal, file],
  KEY_EXISTS: [rpc.internal, file],
  KEY_DAMAGED: [rpc.internal, file],
  KEY_TOO_OPEN: [rpc.internal, file],
  KEY_LOCKED: [rpc.internal, file],
  KEY_WRONG_KIND: [rpc.internal, file],
  PASSPHRASE_WRONG: [rpc.internal, file],
  PASSPHRASE_UNREADABLE: [rpc.internal, file],
  HOME_LOCKED: [rpc.internal, file],
  HOME_INVALID: [rpc.internal, file],
  STORE_DAMAGED: [rpc.internal, file],
  STORE_FAILED: [rpc.internal, file],
  STORE_FORMAT: [rpc.internal, file],
  JOURNAL_DAMAGED: [rpc.internal, file],
  VOTE_LOCK_DAMAGED: [rpc.internal, file],
  VOTE_LOCK_EXPORTED: [rpc.internal, file],
  VOTE_LOCK_IN_USE: [rpc.internal, file],
  PORT_BUSY: [rpc.internal, network],
  LISTEN_FAILED: [rpc.internal, network],
  NODE_UNREACHABLE: [rpc.unavailable, network],
  ANSWER_NOT_PROVEN: [rpc.internal, refused],
  DIVERGED: [rpc.internal, diverged],
  START_FAILED: [rpc.internal, failed],
  CHILD_FAILED: [rpc.internal, failed],
  AUDIT_FAILED: [rpc.internal, failed],
} as const satisfies Readonly<Record<string, Meaning>>

export type ErrorCode = keyof typeof meanings
export const errorCodes = Object.keys(meanings) as readonly ErrorCode[]

export type EpioneErrorParameters = {
  readonly code: ErrorCode
  /** What went wrong, one line, without secrets. */
  readonly message: string
  /** What to try next, one line. */
  readonly hint: string
  readonly cause?: unknown
  /** Facts for programs, such as retryAfterMs. */
  readonly data?: Readonly<Record<string, JsonValue>>
}

/** An operating error: something outside this program is not as it must be, and somebody can do something about it. */
export class EpioneError extends Error {
  override readonly name = 'EpioneError'
  readonly code: ErrorCode
  readonly hint: string
  readonly data: Readonly<Record<string, JsonValue>>
  constructor({ code, message, hint, cause, data = {} }: EpioneErrorParameters) {
    super(message, cause === undefined ? {} : { cause })
    this.code = code
    this.hint = hint
    this.data = data
  }
}

export function rpcNumberOf(code: ErrorCode): RpcNumber {
  return meanings[code][0]
}

export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof EpioneError ? meanings[error.code][1] : failed
}

/** The exit code for a code that a node answered with; undefined if it is none of the list. */
export function exitCodeFor(code: string): ExitCode | undefined {
  const known = errorCodes.find((one) => one === code)
  return known === undefined ? undefined : meanings[known][1]
}

/** The lines that a command prints for an error: what, and what to do. Anything else than an EpioneError is a bug. */
export function describeError(error: unknown): string {
  if (!(error instanceof EpioneError)) {
    return `INTERNAL: ${error instanceof Error ? error.message : String(error)}`
  }
  return `${error.code}: ${error.message}\n  try: ${error.hint}`
}

/** The `code` of a system error such as ENOENT or EADDRINUSE. */
export function systemCodeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
