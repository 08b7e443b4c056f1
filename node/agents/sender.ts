// Sends payloads until the ledger has judged them: each is made once, kept, and proven to be in a block before it counts as done.
import { ClientError } from '../../client/errors.ts'
import type { TransactionSigner } from '../../client/signer.ts'
import { type Act, type SignedTransaction, signTransaction } from '../../client/transaction.ts'
import { verifyHeader } from '../../client/trusted-view.ts'
import { verifyAnswer } from '../../client/verify.ts'
import { pause } from '../../client/web.ts'
import type { TimeMs } from '../../vm/types.ts'
import { verifySignature } from '../crypto/ed25519.ts'
import type { Anchor } from './anchor.ts'
import type { Node, Nodes } from './nodes.ts'
import type { Attempt, Outbox, Outcome } from './outbox.ts'

export type Sender = {
  /** Makes the payload unless the outbox has one of this name, and resolves with what became of it. */
  readonly deliver: (order: Order) => Promise<Outcome>
  /** Milliseconds from submit to certified receipt, of everything sent since the start. */
  readonly latencies: () => readonly number[]
}

export type Order = {
  readonly key: string
  readonly make: () => Act | Promise<Act>
  readonly signers: readonly TransactionSigner[]
}

export type SenderParameters = {
  readonly anchor: Anchor
  readonly nodes: Nodes
  readonly outbox: Outbox
  readonly nowMs?: () => TimeMs
}

/** One call waits so long for a block. */
const WAIT_MS = 10_000
/** After these the same envelope may still come into a block, or may soon be taken. */
const passing: ReadonlySet<string> = new Set([
  'BUSY',
  'TIMEOUT',
  'NOT_COMMITTED_IN_TIME',
  'TX_DROPPED',
  'NODE_UNREACHABLE',
  'NOT_CAUGHT_UP',
  'SHUTTING_DOWN',
  'LIMIT_EXCEEDED',
  // All nodes lie or are broken: nothing is concluded from what they say.
  'ANSWER_NOT_PROVEN',
  'ANSWER_MALFORMED',
])
const ATTEMPTS_PAUSE_MS = 200
/** The asked node may be a few blocks behind the one that showed what the transaction builds on. */
const CATCH_UP_MS = 30_000

function isBehind({ code, message }: ClientError): boolean {
  return code === 'TX_KEY_NOT_ACTIVE' || (code === 'TX_PROOF_REFUSED' && message === 'FACT_UNKNOWN')
}

async function proven(
  { client, verified }: Node,
  transaction: SignedTransaction,
  nowMs: TimeMs,
): Promise<Outcome> {
  const { id } = transaction
  const answer = await client.submitAndWait(transaction, {
    timeoutMs: WAIT_MS,
    retry: { attemptsMax: 1 },
  })
  const judgement = { nowMs, verifySignature }
  const verdict = verifyAnswer(verified.view(), { kind: 'receipt', id, answer }, judgement)
  // A set that changed is looked up by the verified client.
  const shown = verdict.ok
    ? { receipt: verdict.value, height: verdict.height }
    : await verified.receipt(id)
  const { code, items } = shown.receipt
  return { code, items, height: shown.height }
}

/** Whether a certified block is later than the time: then an envelope that is in none can be in none any more. */
async function isPast(
  { client, verified }: Node,
  times: { readonly nowMs: TimeMs; readonly validUntil: TimeMs },
): Promise<boolean> {
  const { proof } = await client.head()
  const judgement = { nowMs: times.nowMs, verifySignature }
  const head = verifyHeader(verified.view(), proof, judgement)
  return head.ok && head.header.timeMs > times.validUntil
}

/**
 * Sends one envelope until it is in a block; undefined if its time is over, which a certified block shows. Throws ClientError for
 * what no patience will change.
 */
async function settle(
  { nodes, nowMs = Date.now }: SenderParameters,
  transaction: SignedTransaction,
  { validUntil }: Attempt,
): Promise<Outcome | undefined> {
  const startedMs = performance.now()
  const mayPass = (error: ClientError): boolean =>
    passing.has(error.code) || (isBehind(error) && performance.now() - startedMs < CATCH_UP_MS)
  for (;;) {
    try {
      return await nodes.ask((node) => proven(node, transaction, nowMs()))
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      if (error.code === 'TX_EXPIRED') {
        const times = { nowMs: nowMs(), validUntil }
        if (await nodes.ask((node) => isPast(node, times)).catch(() => false)) return undefined
      } else if (!mayPass(error)) throw error
      const { retryAfterMs } = error.data
      await pause(typeof retryAfterMs === 'number' ? retryAfterMs : ATTEMPTS_PAUSE_MS)
    }
  }
}

export function createSender(parts: SenderParameters): Sender {
  const { anchor, outbox, nowMs = Date.now } = parts
  const { chainId, parameters } = anchor
  const latencies: number[] = []

  const begin = (key: string): Promise<Attempt> =>
    outbox.begin(key, nowMs() + Math.floor(parameters.windowMs / 2))

  const send = async ({ key, signers }: Order, act: Act): Promise<Outcome> => {
    const startedMs = performance.now()
    let attempt = outbox.get(key)?.attempt ?? (await begin(key))
    for (;;) {
      const transaction = await signTransaction({ chainId, act, signers, ...attempt })
      const outcome = await settle(parts, transaction, attempt)
      if (outcome !== undefined) {
        latencies.push(performance.now() - startedMs)
        await outbox.finish(key, outcome)
        return outcome
      }
      attempt = await begin(key)
    }
  }

  const deliver = async (order: Order): Promise<Outcome> => {
    const known = outbox.get(order.key)
    if (known?.outcome !== undefined) return known.outcome
    const act = known?.act ?? (await order.make())
    if (known === undefined) await outbox.keep(order.key, act)
    return send(order, act)
  }

  const underway = new Map<string, Promise<Outcome>>()
  return {
    latencies: () => latencies,
    deliver: (order) => {
      const running = underway.get(order.key)
      if (running !== undefined) return running
      const delivery = deliver(order).finally(() => underway.delete(order.key))
      underway.set(order.key, delivery)
      return delivery
    },
  }
}
