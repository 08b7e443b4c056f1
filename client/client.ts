// A node by JSON-RPC: submit, wait, read. Answers are checked for their form only; client/verify.ts checks their truth.
import { toHex } from '../vm/bytes.ts'
import { type Codec, CodecError, type Infer, type JsonValue } from '../vm/codec.ts'
import { struct } from '../vm/codec-compound.ts'
import { uint } from '../vm/codec-scalar.ts'
import type { StateKey } from '../vm/state.ts'
import type { Digest, Height, Hex } from '../vm/types.ts'
import {
  absenceAnswer,
  chainAnswer,
  type EventsAnswer,
  eventsAnswer,
  headerAnswer,
  nodeAnswer,
  type ReceiptAnswer,
  receiptAnswer,
  type StateAnswer,
  type SubmitOutcome,
  setChainAnswer,
  stateAnswer,
  statusAnswer,
  submitAnswer,
  submitManyAnswer,
  transactionAnswer,
  validatorsAnswer,
  votesAnswer,
} from './answers.ts'
import { ClientError, malformed } from './errors.ts'
import { type RetryParameters, retry, whileBusy } from './retry.ts'
import type { SignedTransaction } from './transaction.ts'
import { type Call, createTransport } from './transport.ts'
import type { FetchLike } from './web.ts'

export type ClientParameters = {
  readonly url?: string
  /** Several nodes: when one does not answer, the next is asked. */
  readonly urls?: readonly string[]
  readonly fetch?: FetchLike
  readonly timeoutMs?: number
}

/** Waits until the node has committed that height: what one wrote, one reads. */
export type ReadOptions = { readonly minHeight?: Height }

export type EventsParameters = ReadOptions & {
  readonly recipient: Hex
  readonly cursor?: string | null
  readonly limit?: number
  readonly proofs?: boolean
}

type Parameters = Readonly<Record<string, JsonValue | undefined>>

function given(parameters: Parameters): Record<string, JsonValue> {
  const entries = Object.entries(parameters)
  return Object.fromEntries(
    entries.filter((entry): entry is [string, JsonValue] => entry[1] !== undefined),
  )
}

function decodeAnswer<T>(codec: Codec<T>, json: unknown): T {
  try {
    return codec.fromJson(json)
  } catch (error) {
    if (!(error instanceof CodecError)) throw error
    throw malformed(error.message)
  }
}

const queryHead = struct({ height: uint(), timeMs: uint() })

export type QueryAnswer = {
  readonly height: Height
  readonly timeMs: number
  readonly result: JsonValue
}

function decodeQuery(json: unknown): QueryAnswer {
  const { result, ...head } = (json ?? {}) as { readonly result?: JsonValue }
  if (result === undefined) throw malformed('a query without result')
  return { ...decodeAnswer(queryHead, head), result }
}

/** After these the same envelope may still come into a block, so it is sent again: its id counts once. */
const unsettled = new Set(['TIMEOUT', 'SHUTTING_DOWN', 'NODE_UNREACHABLE', 'BUSY', 'TX_DROPPED'])

export type Client = ReturnType<typeof createClient>

function reads(call: Call) {
  const ask = async <C extends Codec<unknown>>(
    codec: C,
    method: string,
    parameters: Parameters = {},
  ): Promise<Infer<C>> => decodeAnswer(codec, await call(method, given(parameters))) as Infer<C>

  return {
    /** Any method; the result is not checked. */
    call,
    chain: (options: ReadOptions = {}) => ask(chainAnswer, 'chain_parameters', options),
    head: (options: ReadOptions = {}) => ask(headerAnswer, 'chain_head', options),
    header: (height: Height) => ask(headerAnswer, 'chain_header', { height }),
    votes: (from: Height) => ask(votesAnswer, 'chain_votes', { from }),
    setChain: (from: Height) => ask(setChainAnswer, 'chain_setChain', { from }),
    validators: (options: ReadOptions = {}) => ask(validatorsAnswer, 'chain_validators', options),
    node: () => ask(nodeAnswer, 'node_status'),
    status: (id: Digest) => ask(statusAnswer, 'tx_status', { id }),
    receipt: (id: Digest): Promise<ReceiptAnswer> => ask(receiptAnswer, 'tx_receipt', { id }),
    transaction: (id: Digest) => ask(transactionAnswer, 'tx_get', { id }),
    stateValue: (at: StateKey, options: ReadOptions = {}): Promise<StateAnswer> =>
      ask(stateAnswer, 'state_value', { ...at, ...options }),
    events: (parameters: EventsParameters): Promise<EventsAnswer> =>
      ask(eventsAnswer, 'events_list', parameters),
    noEvents: (at: { readonly block: Height; readonly recipient: Hex }) =>
      ask(absenceAnswer, 'events_proveNone', at),
    /** A query of an application, such as `bank.balance`. */
    query: async (
      name: string,
      parameters: Readonly<Record<string, JsonValue>> = {},
      options: ReadOptions = {},
    ): Promise<QueryAnswer> =>
      decodeQuery(await call(name.replace('.', '_'), given({ ...parameters, ...options }))),
  }
}

export type SubmitOptions = {
  /** How a busy or silent node is tried again. */
  readonly retry?: Partial<RetryParameters>
}

export type WaitOptions = SubmitOptions & {
  /** How long one call lets the node wait; at most 30 s. */
  readonly timeoutMs?: number
}

export function createClient(parameters: ClientParameters) {
  const { url, urls = url === undefined ? [] : [url], ...rest } = parameters
  const call = createTransport({ urls, ...rest })
  return {
    ...reads(call),

    /** Gives the envelope to a node, again while it is busy; throws ClientError with the reason of a refusal. */
    submit: ({ bytes }: Pick<SignedTransaction, 'bytes'>, options: SubmitOptions = {}) =>
      retry(
        async () => decodeAnswer(submitAnswer, await call('tx_submit', { envelope: toHex(bytes) })),
        { ...whileBusy, ...options.retry },
      ),

    /** Gives up to SUBMIT_MANY_MAX envelopes to a node in one call; a refusal, BUSY too, is the outcome of its envelope. */
    submitMany: async (
      transactions: readonly Pick<SignedTransaction, 'bytes'>[],
    ): Promise<readonly SubmitOutcome[]> => {
      const envelopes = transactions.map(({ bytes }) => toHex(bytes))
      const { outcomes } = decodeAnswer(
        submitManyAnswer,
        await call('tx_submitMany', { envelopes }),
      )
      if (outcomes.length !== envelopes.length) throw malformed('not one outcome for each envelope')
      return outcomes
    },

    /** Resolves with the proven receipt; a receipt may say that the transaction was refused: look at `receipt.code`. */
    submitAndWait: async (
      { bytes, id }: SignedTransaction,
      { timeoutMs = 30_000, retry: wish }: WaitOptions = {},
    ): Promise<ReceiptAnswer> => {
      const parameters = { envelope: toHex(bytes), timeoutMs }
      const isWorthwhile = ({ code }: ClientError) => unsettled.has(code)
      try {
        return await retry(
          async () => decodeAnswer(receiptAnswer, await call('tx_submitAndWait', parameters)),
          { ...whileBusy, isWorthwhile, ...wish },
        )
      } catch (error) {
        if (!(error instanceof ClientError) || error.code !== 'TIMEOUT') throw error
        throw new ClientError({
          code: 'NOT_COMMITTED_IN_TIME',
          message: `${id} is in no block yet`,
          hint: 'ask for its status, or send the same envelope again: its id counts once',
          cause: error,
        })
      }
    },
  }
}
