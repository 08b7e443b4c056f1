// Hands envelopes to several nodes in turn: a node that does not answer is left alone for a second, its batch goes to the next.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Hex } from '../../vm/types.ts'

/** JSON-RPC allows as many calls in one request. */
const BATCH_MAX = 50
const REST_MS = 1_000
const TIMEOUT_MS = 10_000

export type SendOutcome = {
  readonly accepted: number
  /** Refusals by code. */
  readonly refused: ReadonlyMap<string, number>
}

type Answer = { readonly error?: { readonly data?: { readonly code?: string } } }

export type Sender = {
  readonly send: (envelopes: readonly Hex[]) => Promise<SendOutcome>
  /** Nodes that answered their last call. */
  readonly alive: () => readonly string[]
}

async function post(url: string, envelopes: readonly Hex[]): Promise<readonly Answer[]> {
  const calls = envelopes.map((envelope, id) => ({
    jsonrpc: '2.0',
    id,
    method: 'tx_submit',
    params: { envelope },
  }))
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(calls),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  return (await response.json()) as readonly Answer[]
}

export function createSender(urls: readonly string[]): Sender {
  const restUntil = new Map<string, number>()
  let turn = 0

  const next = (): string | undefined => {
    const now = performance.now()
    for (let step = 0; step < urls.length; step++) {
      const url = urls[(turn + step) % urls.length]
      if (url === undefined || (restUntil.get(url) ?? 0) > now) continue
      turn = (turn + step + 1) % urls.length
      return url
    }
    return undefined
  }

  const sendBatch = async (envelopes: readonly Hex[]): Promise<readonly Answer[]> => {
    for (let attempt = 0; attempt < 4 * urls.length; attempt++) {
      const url = next()
      if (url === undefined) {
        await sleep(100)
        continue
      }
      try {
        const answers = await post(url, envelopes)
        restUntil.delete(url)
        return answers
      } catch {
        // Whatever it was, the ids count once: the same envelopes go to another node.
        restUntil.set(url, performance.now() + REST_MS)
      }
    }
    return envelopes.map(() => ({ error: { data: { code: 'NODE_UNREACHABLE' } } }))
  }

  return {
    send: async (envelopes) => {
      const refused = new Map<string, number>()
      let accepted = 0
      const batches: (readonly Hex[])[] = []
      for (let at = 0; at < envelopes.length; at += BATCH_MAX) {
        batches.push(envelopes.slice(at, at + BATCH_MAX))
      }
      const answers = (await Promise.all(batches.map(sendBatch))).flat()
      for (const { error } of answers) {
        if (error === undefined) accepted += 1
        else {
          const code = error.data?.code ?? 'UNKNOWN'
          refused.set(code, (refused.get(code) ?? 0) + 1)
        }
      }
      return { accepted, refused }
    },
    alive: () => urls.filter((url) => !restUntil.has(url)),
  }
}
