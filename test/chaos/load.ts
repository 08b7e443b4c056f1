// Clients that offer transfers at a fixed rate, send again what is not acknowledged, and believe nothing but proven receipts.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Genesis } from '../../genesis/build.ts'
import { createTransferFactory, type Payer, type Transfer } from '../../node/load/transfers.ts'
import type { Digest } from '../../vm/types.ts'
import { type Followed, follow } from './follow.ts'
import type { History } from './history.ts'
import { createReceipts } from './receipts.ts'
import { createRests, type RpcAnswer, rpcBatch } from './rpc.ts'

export type LoadPlan = {
  readonly nodes: readonly { readonly name: string; readonly rpcUrl: string }[]
  readonly genesis: Genesis
  readonly payers: readonly Payer[]
  readonly rate: number
  readonly history: History
}

export type Load = {
  readonly followed: Followed
  /** Submitted and neither acknowledged nor given up. */
  readonly open: () => number
  /** Refusals by code. */
  readonly refused: ReadonlyMap<string, number>
  /** Offers nothing new; resolves when all is acknowledged, or after the time. */
  readonly drain: (timeoutMs: number) => Promise<void>
  readonly stop: () => Promise<void>
}

const TICK_MS = 20
const BATCH_MAX = 50
const VALID_MS = 110_000
/** Sent, but not acknowledged for so long: somebody else is asked, twice as long after each time. */
const AGAIN_MS = 4_000
const AGAIN_MAX_MS = 10_000
/** After a refusal that another node may not share. */
const ELSEWHERE_MS = 500
/** Who waits for so many seconds of the load offers no more for now, as people would. */
const OPEN_SECONDS_MAX = 15

type Open = {
  readonly transfer: Transfer
  readonly untilMs: number
  /** When it is sent (again). */
  nextMs: number
  waitMs: number
}

/** Starts at once. */
export function startLoad(plan: LoadPlan): Load {
  const { nodes, genesis, payers, rate, history } = plan
  const make = createTransferFactory(genesis.chainId, payers)
  const open = new Map<Digest, Open>()
  const refused = new Map<string, number>()
  const underway = new Set<Promise<void>>()
  const rests = createRests(nodes.map(({ rpcUrl }) => rpcUrl))
  let offering = true
  let stopped = false
  const receipts = createReceipts({
    ...{ nodes, genesis, history },
    onAcknowledged: (id) => open.delete(id),
  })

  const take = (url: string, { transfer }: Open, { result, error }: RpcAnswer): void => {
    const waiting = open.get(transfer.id)
    if (waiting === undefined) return
    if (result !== undefined) {
      const { status } = result as { readonly status: string }
      if (status === 'committed') receipts.ask(url, transfer.id)
      waiting.nextMs = performance.now() + waiting.waitMs
      waiting.waitMs = Math.min(2 * waiting.waitMs, AGAIN_MAX_MS)
      return
    }
    const code = error?.data?.code ?? 'UNKNOWN'
    refused.set(code, (refused.get(code) ?? 0) + 1)
    waiting.nextMs = performance.now() + ELSEWHERE_MS + (code === 'BUSY' ? AGAIN_MS : 0)
  }
  const send = async (batch: readonly Open[]): Promise<void> => {
    const url = rests.next()
    if (url === undefined) return
    for (const one of batch) one.nextMs = Number.POSITIVE_INFINITY
    const calls = batch.map(({ transfer }) => ({
      method: 'tx_submit',
      params: { envelope: transfer.envelope },
    }))
    const answers = await rpcBatch(url, calls)
    if (answers === undefined) rests.rest(url)
    for (const [index, one] of batch.entries()) {
      const answer = answers?.[index]
      if (answer === undefined) one.nextMs = performance.now()
      else take(url, one, answer)
    }
  }

  const startMs = performance.now()
  let due = 0
  const offer = (): void => {
    for (; due < ((performance.now() - startMs) * rate) / 1_000; due++) {
      if (open.size > OPEN_SECONDS_MAX * rate) continue
      const transfer = make(Date.now() + VALID_MS)
      history.submit(transfer.id)
      const nowMs = performance.now()
      open.set(transfer.id, {
        ...{ transfer, untilMs: nowMs + VALID_MS },
        ...{ nextMs: nowMs, waitMs: AGAIN_MS },
      })
    }
  }
  const sendDue = (): void => {
    const nowMs = performance.now()
    const batch: Open[] = []
    for (const [id, one] of open) {
      if (one.untilMs < nowMs) open.delete(id)
      else if (one.nextMs <= nowMs) batch.push(one)
    }
    for (let at = 0; at < batch.length; at += BATCH_MAX) {
      const sent: Promise<void> = send(batch.slice(at, at + BATCH_MAX)).finally(() =>
        underway.delete(sent),
      )
      underway.add(sent)
    }
  }
  const run = async (): Promise<void> => {
    while (!stopped) {
      if (offering) offer()
      sendDue()
      await sleep(TICK_MS)
    }
  }
  const running = run()
  const followed = follow({
    nodes,
    history,
    onTransactions: (url, { transactions }) => {
      for (const { id } of transactions) if (open.has(id)) receipts.ask(url, id)
    },
  })
  return {
    followed,
    open: () => open.size,
    refused,
    drain: async (timeoutMs) => {
      offering = false
      const untilMs = performance.now() + timeoutMs
      while (open.size > 0 && performance.now() < untilMs) await sleep(50)
    },
    stop: async () => {
      stopped = true
      await running
      followed.stop()
      await Promise.all(underway)
      await receipts.stop()
    },
  }
}
