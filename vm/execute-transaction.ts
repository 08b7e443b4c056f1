// Runs the items of one transaction on an overlay, inside the one boundary that turns a bug of an application into a refusal.
import type { EventDraft, Outcome, TxContext, Verdict } from './app.ts'
import { accept, refuseWith } from './app.ts'
import { assert } from './assert.ts'
import type { Acts } from './batch.ts'
import { type BlockEvent, eventCodec, type Receipt, receiptCodec } from './block.ts'
import { encodeBriefly } from './codec.ts'
import { array, named, optional, struct } from './codec-compound.ts'
import { bytes, text, uint } from './codec-scalar.ts'
import { digest } from './hash.ts'
import { EVENTS_MAX, STATE_KEY_LENGTH_MAX, STATE_VALUE_BYTES_MAX } from './limits.ts'
import type { Rules } from './rules.ts'
import { createOverlay, type Reader, type StateKey, type Write, type Writer } from './state.ts'
import type { Transaction } from './transaction.ts'
import type { Digest, Height, TimeMs } from './types.ts'

/** A value with the bytes that a tree commits to. */
export type Encoded<T> = { readonly value: T; readonly bytes: Uint8Array }

export function bytesOf({ bytes }: Encoded<unknown>): Uint8Array {
  return bytes
}

export type Run = {
  readonly rules: Rules
  /** The state after the transactions before this one. */
  readonly state: Reader
  /** The state after the parent: what facts are read from, and what `state` rests on. */
  readonly parentState: WatchedReader
  readonly height: Height
  readonly timeMs: TimeMs
  readonly transaction: Transaction
  readonly acts: Acts
  readonly verdicts: readonly Verdict[] | undefined
  /** A refusal that is known before the first item runs. */
  readonly refusal: string | undefined
  /** The number of events of the transactions before this one. */
  readonly firstEvent: number
}

export type Ran = {
  readonly kind: 'ran'
  readonly receipt: Encoded<Receipt>
  readonly events: readonly Encoded<BlockEvent>[]
  readonly writes: readonly Write[]
  /** What an application threw, if the receipt says INTERNAL. */
  readonly bug: { readonly txId: Digest; readonly cause: unknown } | undefined
}

type Gone =
  | { readonly kind: 'trap'; readonly txId: Digest; readonly cause: unknown }
  | { readonly kind: 'unverified'; readonly txId: Digest }

/** The net changes of one transaction in the order of their keys; receipts carry its hash. */
export const writeSetCodec = named(
  'write-set',
  array(
    struct({
      app: uint(255),
      key: text(STATE_KEY_LENGTH_MAX, 1),
      value: optional(bytes(0, STATE_VALUE_BYTES_MAX)),
    }),
    Number.MAX_SAFE_INTEGER,
  ),
)

function byKey(a: Write, b: Write): number {
  return a.app - b.app || (a.key < b.key ? -1 : 1)
}

/** Most transactions write two values; to sort them takes as much memory as all else that is done with them. */
function inOrder(writes: readonly Write[]): readonly Write[] {
  const [first, second] = writes
  if (writes.length !== 2 || first === undefined || second === undefined)
    return writes.toSorted(byKey)
  return byKey(first, second) < 0 ? writes : [second, first]
}

function writeSetHash(writes: readonly Write[]): Digest {
  const sorted = inOrder(writes)
  const set = sorted.map(({ app, key, value }) => ({ app, key, value: value ?? null }))
  return digest('write-set', encodeBriefly(writeSetCodec, set))
}

const UNVERIFIED = Symbol('unverified')

/** Stack, memory and WASM say more about this machine than about the transaction, so they are no part of its history. */
function isTrap(error: unknown): boolean {
  return error instanceof RangeError || (error instanceof Error && error.name === 'RuntimeError')
}

/** Remembers what the state below threw: damaged storage is not an application's bug, whoever catches it on the way. */
export class WatchedReader implements Reader {
  readonly #below: Reader
  #failure: unknown

  constructor(below: Reader) {
    this.#below = below
  }

  /** What a read threw, if one has failed. */
  get failure(): unknown {
    return this.#failure
  }

  get(at: StateKey): Uint8Array | undefined {
    try {
      return this.#below.get(at)
    } catch (error) {
      if (!isTrap(error)) this.#failure = error
      throw error
    }
  }
}

type Effect = {
  readonly code: string
  readonly items: readonly string[]
  readonly drafts: readonly EventDraft[]
  readonly writes: readonly Write[]
}

const nothing = { drafts: [], writes: [] } as const

/** What the transaction does, or that it cannot be known here. Throws what the state below it throws. */
export function runTransaction(run: Run): Ran | Gone {
  const { transaction, acts, refusal } = run
  const txId = transaction.id
  const refuseAll = (code: string): Ran =>
    seal(run, { code, items: acts.batch ? acts.items.map(() => code) : [], ...nothing })
  if (refusal !== undefined) return refuseAll(refusal)
  try {
    const effect = perform(run)
    if (effect === UNVERIFIED) return { kind: 'unverified', txId }
    checkInvariants(run.rules, run.state, effect.writes)
    const ran = seal(run, effect)
    assert(run.parentState.failure === undefined, 'a failing read was caught')
    return ran
  } catch (cause) {
    const { failure } = run.parentState
    if (failure !== undefined) throw failure
    if (isTrap(cause)) return { kind: 'trap', txId, cause }
    return { ...refuseAll('INTERNAL'), bug: { txId, cause } }
  }
}

function checkInvariants(rules: Rules, before: Reader, writes: readonly Write[]): void {
  if (writes.length === 0) return
  for (const { app } of writes)
    if (!rules.tags.has(app)) assert(false, `no application has the tag ${app}`)
  for (const app of rules.list.apps) app.invariant?.(before, writes)
}

function perform(run: Run): Effect | typeof UNVERIFIED {
  const overlay = createOverlay(run.state)
  const { acts } = run
  if (acts.batch) return acts.atomic ? performAll(run, overlay) : performEach(run, overlay)
  const outcome = performItem(run, overlay, 0)
  if (outcome === UNVERIFIED) return UNVERIFIED
  if (!outcome.ok) return { code: outcome.code, items: [], ...nothing }
  return { code: '', items: [], drafts: outcome.events, writes: overlay.writes() }
}

/** One refused item refuses all; the items after it do not run. */
function performAll(
  run: Run,
  overlay: ReturnType<typeof createOverlay>,
): ReturnType<typeof perform> {
  const drafts: EventDraft[] = []
  const count = run.acts.items.length
  for (let item = 0; item < count; item++) {
    const outcome = performItem(run, overlay, item)
    if (outcome === UNVERIFIED) return UNVERIFIED
    if (!outcome.ok) {
      const items = run.acts.items.map((_, at) => (at === item ? outcome.code : 'BATCH_REFUSED'))
      return { code: outcome.code, items, ...nothing }
    }
    drafts.push(...outcome.events)
  }
  return { code: '', items: new Array(count).fill(''), drafts, writes: overlay.writes() }
}

function performEach(
  run: Run,
  overlay: ReturnType<typeof createOverlay>,
): ReturnType<typeof perform> {
  const drafts: EventDraft[] = []
  const items: string[] = []
  for (let item = 0; item < run.acts.items.length; item++) {
    const own = createOverlay(overlay)
    const outcome = performItem(run, own, item)
    if (outcome === UNVERIFIED) return UNVERIFIED
    items.push(outcome.ok ? '' : outcome.code)
    if (!outcome.ok) continue
    overlay.take(own.writes())
    drafts.push(...outcome.events)
  }
  const code = items.every((outcome) => outcome === '') ? '' : 'ITEMS_REFUSED'
  return { code, items, drafts, writes: overlay.writes() }
}

function performItem(run: Run, state: Writer, item: number): Outcome | typeof UNVERIFIED {
  const { transaction, acts } = run
  const payload = acts.items[item]
  assert(payload !== undefined, 'no such item')
  const context: TxContext = {
    chainId: run.rules.chainId,
    engine: run.rules.engine,
    height: run.height,
    timeMs: run.timeMs,
    txId: transaction.id,
    item,
    signers: transaction.body.signers.map(({ account }) => account),
  }
  const denied = acts.type.authorize(state, payload, context)
  if (denied !== undefined) return checked(denied)
  const verdict = verdictOf(run, item)
  if (verdict === UNVERIFIED) return UNVERIFIED
  if (!verdict.ok) return checked(verdict)
  return checked(acts.type.execute(state, payload, context))
}

/** An outcome as the receipt and the event tree can hold it; anything else is a bug of the application. */
function checked(outcome: Outcome): Outcome {
  if (outcome.ok) assert(outcome.events.length <= EVENTS_MAX, 'too many events')
  else assert(outcome.code !== '', 'a refusal has a code')
  return outcome
}

/** Facts count as they are in the parent's state only, so that verdicts can be made before the block is there. */
function verdictOf(run: Run, item: number): Verdict | typeof UNVERIFIED {
  const { acts, verdicts, parentState } = run
  if (acts.type.verify === undefined) return accept()
  const payload = acts.items[item]
  assert(payload !== undefined, 'no such item')
  const facts = acts.type.facts?.(payload) ?? []
  if (facts.some((at) => parentState.get(at) === undefined)) return refuseWith('FACT_UNKNOWN')
  const verdict = verdicts?.[item]
  // A verdict from before the facts were there says nothing now.
  if (verdict === undefined || (!verdict.ok && verdict.code === 'FACT_UNKNOWN')) return UNVERIFIED
  return verdict
}

function seal(run: Run, effect: Effect): Ran {
  const { transaction, acts, firstEvent } = run
  const receipt: Receipt = {
    txId: transaction.id,
    tag: acts.type.tag,
    code: effect.code,
    items: effect.items,
    cost: acts.cost,
    writeSetHash: writeSetHash(effect.writes),
  }
  const events = effect.drafts.map(({ recipient, kind, reference }, offset) => {
    const value = { recipient, index: firstEvent + offset, txId: transaction.id, kind, reference }
    return { value, bytes: encodeBriefly(eventCodec, value) }
  })
  return {
    kind: 'ran',
    receipt: { value: receipt, bytes: encodeBriefly(receiptCodec, receipt) },
    events,
    writes: effect.writes,
    bug: undefined,
  }
}
