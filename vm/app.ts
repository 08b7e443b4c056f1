// What an application is: transaction types, queries, a genesis section, invariants; refusals as values.
import type { Codec, JsonValue } from './codec.ts'
import type { CryptoSuite } from './crypto/suite.ts'
import type { EngineKind } from './quorum.ts'
import type { Reader, StateKey, Write, Writer } from './state.ts'
import type { AccountId, Digest, Height, Hex, OrganizationId, PublicKey, TimeMs } from './types.ts'
import type { Validator } from './validator.ts'

/** An expected no: the code is stored in the receipt, the state stays as it was. */
export type Refusal = { readonly ok: false; readonly code: string }

/** A notification to an account or object; it enters the block's event tree. */
export type EventDraft = {
  /** The account (or object) that it is for. */
  readonly recipient: Hex
  /** A word with the application's name, such as "bank.received". */
  readonly kind: string
  /** Identifier of what it is about, at most 64 bytes. */
  readonly reference: Hex
}

export type Accepted = { readonly ok: true; readonly events: readonly EventDraft[] }
export type Outcome = Accepted | Refusal
/** The result of the heavy, pure part of a transaction. */
export type Verdict = { readonly ok: true } | Refusal

export function accept(...events: readonly EventDraft[]): Accepted {
  return { ok: true, events }
}

/** Codes are upper-case words, listed in the application's codes.ts. */
export function refuseWith<C extends string>(code: C): { readonly ok: false; readonly code: C } {
  return { ok: false, code }
}

/** All that authorize and execute may know besides payload and state. */
export type TxContext = {
  readonly chainId: Digest
  readonly engine: EngineKind
  readonly height: Height
  readonly timeMs: TimeMs
  readonly txId: Digest
  /** Position in the batch, 0 outside one. */
  readonly item: number
  /** The accounts that signed, in the order of the body; the first pays the quota. */
  readonly signers: readonly AccountId[]
}

export type VerifyInput<P> = {
  readonly chainId: Digest
  readonly payload: P
  /** The values named by `facts`, in that order, as the parent's state holds them. */
  readonly facts: readonly Uint8Array[]
  readonly crypto: CryptoSuite
}

/** A transaction type as its file writes it. */
export type TxDefinition<P> = {
  /** Application and act, such as "bank.transfer". */
  readonly name: string
  /** application tag · 256 + a written number; frozen by a vector. */
  readonly tag: number
  readonly summary: string
  readonly payload: Codec<P>
  /** A payload that the CLI's help shows; it must decode. */
  readonly example: JsonValue
  /** Verification units as a function of the payload's counts alone, signatures not included. */
  readonly cost: (payload: P) => number
  /** Immutable ledger objects that `verify` speaks about. */
  readonly facts?: (payload: P) => readonly StateKey[]
  /** Heavy and pure; runs in workers, once per transaction id, never inside execution. */
  readonly verify?: (input: VerifyInput<P>) => Verdict
  /** Cheap checks of rights and state; runs before the verdict is looked at. */
  readonly authorize: (state: Reader, payload: P, context: TxContext) => Refusal | undefined
  readonly execute: (state: Writer, payload: P, context: TxContext) => Outcome
}

/** A decoded payload whose type only its own transaction type knows. */
export type Payload = { readonly payload: unique symbol }

/** A transaction type with its payload type hidden, as the list of applications holds it. */
export type TxType = {
  readonly name: string
  readonly tag: number
  readonly summary: string
  readonly payload: Codec<Payload>
  readonly example: JsonValue
  readonly cost: (payload: Payload) => number
  readonly facts: ((payload: Payload) => readonly StateKey[]) | undefined
  readonly verify: ((input: VerifyInput<Payload>) => Verdict) | undefined
  readonly authorize: (state: Reader, payload: Payload, context: TxContext) => Refusal | undefined
  readonly execute: (state: Writer, payload: Payload, context: TxContext) => Outcome
}

export function defineTx<P>(definition: TxDefinition<P>): TxType {
  const { facts, verify, ...rest } = definition
  return { ...rest, facts, verify } as unknown as TxType
}

/** A read-only view for RPC; it reads the state of one height and may list keys by prefix. */
export type QueryReader = Reader & {
  /** Keys and values whose key begins with `prefix`, in key order, after the key `after`. */
  readonly list: (span: {
    readonly app: number
    readonly prefix: string
    readonly after?: string
    readonly limit: number
  }) => Promise<readonly { readonly key: string; readonly value: Uint8Array }[]>
}

/** The block after which a query reads. */
export type QueryContext = { readonly height: Height; readonly timeMs: TimeMs }

export type QueryDefinition<Q, R> = {
  /** Application and view, such as "bank.balance". */
  readonly name: string
  readonly summary: string
  readonly parameters: Codec<Q>
  readonly result: Codec<R>
  readonly example: JsonValue
  readonly run: (
    state: QueryReader,
    parameters: Q,
    context: QueryContext,
  ) => R | Refusal | Promise<R | Refusal>
}

export type QueryAnswer = { readonly ok: true; readonly result: JsonValue } | Refusal

/** A query with its types hidden: JSON in, JSON out. */
export type Query = {
  readonly name: string
  readonly summary: string
  /** JSON Schema of the parameters and of the result. */
  readonly parameters: JsonValue
  readonly result: JsonValue
  readonly example: JsonValue
  /** Throws CodecError for parameters of another form. */
  readonly run: (
    state: QueryReader,
    parameters: unknown,
    context: QueryContext,
  ) => Promise<QueryAnswer>
}

/** Whether a result that may be one is a refusal. */
export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'ok' in value && value.ok === false
}

export function defineQuery<Q, R>(definition: QueryDefinition<Q, R>): Query {
  const { name, summary, parameters, result, example } = definition
  return {
    name,
    summary,
    parameters: parameters.schema,
    result: result.schema,
    example,
    run: async (state, input, context) => {
      const answer = await definition.run(state, parameters.fromJson(input), context)
      return isRefusal(answer) ? answer : { ok: true, result: result.toJson(answer) }
    },
  }
}

/** An application's part of the genesis file. */
export type GenesisSection<G> = {
  readonly parameters: Codec<G>
  readonly initialize: (state: Writer, parameters: G, genesis: { readonly timeMs: TimeMs }) => void
}

export type App = {
  readonly name: string
  /** 1 to 255, frozen: first byte of its transaction tags and leaf of the state root. */
  readonly tag: number
  readonly txs: readonly TxType[]
  readonly queries: readonly Query[]
  readonly genesis: GenesisSection<Payload> | undefined
  /** Throws AssertionError if the writes of one transaction break what must always hold (conservation). */
  readonly invariant: ((before: Reader, writes: readonly Write[]) => void) | undefined
}

export function defineApp<G>(definition: {
  readonly name: string
  readonly tag: number
  readonly txs: readonly TxType[]
  readonly queries?: readonly Query[]
  readonly genesis?: GenesisSection<G>
  readonly invariant?: (before: Reader, writes: readonly Write[]) => void
}): App {
  const { name, tag, txs, queries = [], genesis, invariant } = definition
  return {
    name,
    tag,
    txs,
    queries,
    genesis: genesis as GenesisSection<Payload> | undefined,
    invariant,
  }
}

/** What the executor asks of the registry, handed over as an argument because vm imports no application. */
export type Identity = {
  /** Whether the key may sign for the account at that time. */
  readonly isActiveKey: (
    state: Reader,
    signer: { readonly account: AccountId; readonly publicKey: PublicKey },
    timeMs: TimeMs,
  ) => boolean
  readonly organizationOf: (state: Reader, account: AccountId) => OrganizationId | undefined
  /** The set that certifies the block after `state`. */
  readonly validators: (state: Reader) => readonly Validator[]
  /** Everybody whose node may connect: sets in force and pending, and candidates; one entry for each network key. */
  readonly members: (state: Reader) => readonly Validator[]
  /** Position of the validator that is due in view 0 of the block after `state`, skips considered. */
  readonly firstPrimary: (state: Reader, height: Height) => number
  /** Records who proposed and lets the next set take effect; written after the last transaction of each block. */
  readonly endBlock: (
    state: Writer,
    block: {
      readonly engine: EngineKind
      readonly height: Height
      readonly timeMs: TimeMs
      readonly proposer: AccountId
    },
  ) => void
}

/** All applications of the chain, and the one that knows identities. */
export type AppList = { readonly apps: readonly App[]; readonly identity: Identity }
