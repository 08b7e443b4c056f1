// What a run offers, made before it begins: signed transactions in requests that only have to be sent.
import { setImmediate as turn } from 'node:timers/promises'
import type { Digest, Hex } from '../vm/types.ts'
import type { End, Span } from './book.ts'

export type Signed = {
  readonly id: Digest
  readonly envelope: Hex
  readonly bytes: number
  /** Method and parameters, of a query. */
  readonly call?: string
}

/** One message to one node. */
export type Request = Span & {
  readonly text: Uint8Array
  readonly node: number
  /** Milliseconds after the begin of the run at which its transactions are due. */
  readonly dueMs: number
}

export type Work = {
  readonly ids: readonly Digest[]
  readonly end: End
  readonly requests: readonly Request[]
  readonly bytesPerTransaction: number
}

/** A rate in transactions per second, and how long it is kept. */
export type Phase = { readonly rate: number; readonly seconds: number }

export type WorkPlan = {
  /** One after the other. */
  readonly phases: readonly Phase[]
  /** Nodes that take transactions, in turn. */
  readonly nodes: number
  /** What one message may hold, if less than nodes take. */
  readonly countMax?: number
  readonly bytesMax?: number
}

/** Bounds of the node's RPC: envelopes of one call, calls of one batch, bytes of a message with some room for what is around them. */
const ENVELOPES_MAX = 500
const QUERIES_MAX = 50
const MESSAGE_BYTES_MAX = 900 * 1024

/** How long others wait at most while work is made. */
const TURN_MS = 1_000

/** Transactions are due in portions, this often. */
const TICK_MS = 10

/** How many transactions are due in each tick, so that the rate holds on the whole. */
export function portions({ rate, seconds }: Phase): readonly number[] {
  const total = Math.round(rate * seconds)
  const ticks = Math.ceil((seconds * 1_000) / TICK_MS)
  const dueBy = (tick: number) =>
    Math.min(total, Math.ceil(((tick + 1) * TICK_MS * rate) / 1_000 - 1e-6))
  return Array.from(
    { length: ticks },
    (_, tick) => dueBy(tick) - (tick === 0 ? 0 : dueBy(tick - 1)),
  )
}

/** The number of the call is that of its first transaction, so that an answer says what it is about. */
function textOf(signed: readonly Signed[], from: number): Uint8Array {
  if (signed[0]?.call !== undefined) return callsOf(signed, from)
  const envelopes = signed.map(({ envelope }) => `"${envelope}"`).join(',')
  const params = `{"envelopes":[${envelopes}]}`
  return Buffer.from(`{"jsonrpc":"2.0","id":${from},"method":"tx_submitMany","params":${params}}`)
}

/** Queries have no method for many of them: they go as a batch of JSON-RPC. */
function callsOf(signed: readonly Signed[], from: number): Uint8Array {
  const calls = signed.map(({ call }, index) => `{"jsonrpc":"2.0","id":${from + index},${call}}`)
  return Buffer.from(`[${calls.join(',')}]`)
}

/** Records take a minute to make: meanwhile pings of the nodes must be answered, or they end the connection. */
export async function prepareWork(plan: WorkPlan, make: () => Signed): Promise<Work> {
  const { bytesMax = MESSAGE_BYTES_MAX } = plan
  const ids: Digest[] = []
  const requests: Request[] = []
  let bytes = 0
  let end: End = 'block'
  let turnMs = performance.now()
  for (const [tick, portion] of plan.phases.flatMap(portions).entries()) {
    if (performance.now() - turnMs > TURN_MS) {
      await turn()
      turnMs = performance.now()
    }
    for (let left = portion; left > 0; ) {
      const first = make()
      if (first.call !== undefined) end = 'answer'
      const signed = [first]
      let size = first.bytes
      const { countMax = end === 'answer' ? QUERIES_MAX : ENVELOPES_MAX } = plan
      const room = () => signed.length < Math.min(left, countMax) && 2 * size < bytesMax
      while (room()) {
        const next = make()
        signed.push(next)
        size += next.bytes
      }
      const from = ids.length
      const node = requests.length % plan.nodes
      for (const { id } of signed) ids.push(id)
      const text = textOf(signed, from)
      requests.push({ text, from, to: ids.length, node, dueMs: tick * TICK_MS })
      bytes += size
      left -= signed.length
    }
  }
  return { ids, end, requests, bytesPerTransaction: Math.round(bytes / Math.max(1, ids.length)) }
}
