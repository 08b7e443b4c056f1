// The open loop: prepared requests leave when they are due, whatever the network does; every node tells of its blocks.
import { setTimeout as sleep } from 'node:timers/promises'
import { EpioneError } from '../node/errors.ts'
import { type Book, createBook, type Outcome } from './book.ts'
import { type NodeSocket, openNodeSocket } from './node-socket.ts'
import type { Request, Work } from './work.ts'

export type Offering = {
  readonly book: Book
  /** Refusals by code, of nodes that did not take a transaction. */
  readonly refused: ReadonlyMap<string, number>
  /** Milliseconds by which requests left late. */
  readonly lateMs: readonly number[]
  /** Resolves when the last request has left. */
  readonly sent: Promise<void>
}

export type Generator = {
  /** Begins to offer; one at a time. */
  readonly offer: (work: Work) => Offering
  /** Waits until everything that was taken is in a block; answers whether it came to that in time. */
  readonly drain: (offering: Offering, timeoutMs: number) => Promise<boolean>
  readonly close: () => void
}

type Failure = { readonly data?: { readonly code?: string } }

type Answer = {
  /** That of the request: the place of its first transaction. */
  readonly id: number
  readonly result?: {
    readonly outcomes: readonly { readonly kind: string; readonly code?: string }[]
  }
  readonly error?: Failure
}

type Block = { readonly transactions: readonly Outcome[] }

const TURN_MS = 20

type State = {
  book: Book
  refused: Map<string, number>
  /** Requests without an answer, by the place of their first transaction. */
  readonly unanswered: Map<number, Request>
}

const UNKNOWN = 'UNKNOWN'

function codeOf(error: Failure | undefined): string {
  return error?.data?.code ?? UNKNOWN
}

/** The answers of a batch of queries, as if they were the outcomes of one call. */
function together(answers: readonly Answer[]): Answer {
  const outcomes = answers.map(({ error }) =>
    error === undefined ? { kind: 'answered' } : { kind: 'refused', code: codeOf(error) },
  )
  return { id: answers[0]?.id ?? -1, result: { outcomes } }
}

function takeAnswer(state: State, text: string): void {
  const answer = JSON.parse(text) as Answer | readonly Answer[]
  const { id, result, error } = 'length' in answer ? together(answer) : answer
  const request = state.unanswered.get(id)
  if (request === undefined) return
  state.unanswered.delete(id)
  const refuse = (code = UNKNOWN, count = 1): void => {
    state.refused.set(code, (state.refused.get(code) ?? 0) + count)
  }
  if (result === undefined) {
    refuse(codeOf(error), request.to - request.from)
    return
  }
  const refused = result.outcomes.filter(({ kind }) => kind === 'refused')
  for (const { code } of refused) refuse(code)
  state.book.accepted(request, performance.now(), result.outcomes.length - refused.length)
}

function takeBlock(state: State, node: number, text: string): void {
  const { params } = JSON.parse(text) as { params?: { result?: Block } }
  const transactions = params?.result?.transactions
  if (transactions !== undefined) state.book.heard(node, transactions, performance.now())
}

async function connect(urls: readonly string[], state: State, fail: (error: Error) => void) {
  const onEnd = (url: string) => (reason: string) =>
    fail(
      new EpioneError({
        code: 'NODE_UNREACHABLE',
        message: `the connection to ${url} ended: ${reason}`,
        hint: 'the machine may be too busy; offer less',
      }),
    )
  const watching = urls.map((url, node) =>
    openNodeSocket(url, {
      onText: (text) => takeBlock(state, node, text),
      onEnd: onEnd(url),
    }),
  )
  const sending = urls.map((url) =>
    openNodeSocket(url, { onText: (text) => takeAnswer(state, text), onEnd: onEnd(url) }),
  )
  const watchers = await Promise.all(watching)
  const call = {
    jsonrpc: '2.0',
    id: 1,
    method: 'chain_subscribe',
    params: { topic: 'transactions' },
  }
  for (const watcher of watchers) watcher.send(JSON.stringify(call))
  return { watchers, senders: await Promise.all(sending) }
}

async function sendAll(
  { requests }: Work,
  { state, senders, lateMs }: { state: State; senders: readonly NodeSocket[]; lateMs: number[] },
): Promise<void> {
  const startMs = performance.now()
  for (const request of requests) {
    const dueAtMs = startMs + request.dueMs
    const aheadMs = dueAtMs - performance.now()
    if (aheadMs > 0.5) await sleep(aheadMs)
    state.book.due(request, dueAtMs, request.node)
    state.unanswered.set(request.from, request)
    senders[request.node]?.send(request.text)
    lateMs.push(Math.max(0, performance.now() - dueAtMs))
  }
}

export async function createGenerator(urls: readonly string[]): Promise<Generator> {
  const state: State = {
    book: createBook([]),
    refused: new Map(),
    unanswered: new Map(),
  }
  const broken = Promise.withResolvers<never>()
  broken.promise.catch(() => undefined)
  const { watchers, senders } = await connect(urls, state, broken.reject)
  return {
    offer: (work) => {
      state.book = createBook(work.ids, work.end)
      state.refused = new Map()
      state.unanswered.clear()
      const { book, refused } = state
      const lateMs: number[] = []
      const sent = Promise.race([sendAll(work, { state, senders, lateMs }), broken.promise])
      return { book, refused, lateMs, sent }
    },
    drain: async ({ book, refused }, timeoutMs) => {
      const untilMs = performance.now() + timeoutMs
      const waiting = () =>
        state.unanswered.size > 0 ||
        book.underWay() > [...refused.values()].reduce((sum, count) => sum + count, 0)
      while (waiting()) {
        if (performance.now() > untilMs) return false
        await Promise.race([sleep(TURN_MS), broken.promise])
      }
      return true
    },
    close: () => {
      for (const socket of [...watchers, ...senders]) socket.close()
    },
  }
}
