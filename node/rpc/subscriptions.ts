// The subscriptions of one connection: each reads its feed at the consumer's pace until it is live, then as blocks come.
import type { JsonValue } from '../../vm/codec.ts'
import { EpioneError } from '../errors.ts'
import { headHeight } from './certified.ts'
import type { Feed } from './feeds.ts'
import type { RpcLimits } from './limits.ts'
import type { NodePort } from './port.ts'

/** Notifications that a replay leaves in the socket's buffer before it waits. */
const REPLAY_AHEAD_MAX = 64

export type Subscriptions = {
  /** Answers the id; nothing is sent before `release`. Throws EpioneError above the limit. */
  readonly open: (feed: Feed) => string
  readonly close: (id: string) => boolean
  /** Called when the answers to the client's calls have been sent. */
  readonly release: () => void
  readonly stop: () => void
}

export type SubscriptionsParts = {
  readonly port: NodePort
  readonly limits: RpcLimits
  /** Sends a text; `done` is called when the consumer's side has taken it. */
  readonly send: (text: string, done: () => void) => void
  /** The consumer does not keep up; the connection must be closed. */
  readonly slow: () => void
  /** A feed failed: a bug or a failing store. */
  readonly failed: (error: unknown) => void
}

type Subscription = { readonly id: string; readonly feed: Feed; sequence: number; open: boolean }

/** A signal that is waited for again and again; a call between two waits is not lost. */
function createSignal(): { readonly wait: () => Promise<void>; readonly call: () => void } {
  let pending = Promise.withResolvers<void>()
  return {
    wait: async () => {
      await pending.promise
      pending = Promise.withResolvers<void>()
    },
    call: () => pending.resolve(),
  }
}

/** Counts what was sent and not taken, and lets a replay wait for room. */
function createOutbox(parts: SubscriptionsParts) {
  const { limits } = parts
  let count = 0
  let bytes = 0
  let room = Promise.withResolvers<void>()
  return {
    send: (text: string): void => {
      count += 1
      bytes += text.length
      if (count > limits.queuedNotifications || bytes > limits.queuedBytes) {
        parts.slow()
        return
      }
      parts.send(text, () => {
        count -= 1
        bytes -= text.length
        room.resolve()
        room = Promise.withResolvers<void>()
      })
    },
    waitForRoom: async (): Promise<void> => {
      while (count >= Math.min(REPLAY_AHEAD_MAX, limits.queuedNotifications)) await room.promise
    },
    /** Ends every wait for room. */
    stop: (): void => {
      count = Number.NEGATIVE_INFINITY
      room.resolve()
    },
  }
}

function notification({ id, sequence }: Subscription, result: JsonValue): string {
  const params = { subscription: id, sequence, result }
  return JSON.stringify({ jsonrpc: '2.0', method: 'chain_subscription', params })
}

export function createSubscriptions(parts: SubscriptionsParts): Subscriptions {
  const { port, limits } = parts
  const outbox = createOutbox(parts)
  const running = new Map<string, { subscription: Subscription; wake: () => void }>()
  const opened: Subscription[] = []
  let made = 0

  const pump = async (subscription: Subscription): Promise<void> => {
    const committed = createSignal()
    running.set(subscription.id, { subscription, wake: committed.call })
    let live = false
    while (subscription.open) {
      if (!live) await outbox.waitForRoom()
      const { results, done } = await subscription.feed.read(headHeight(port.ledger))
      for (const result of results) {
        if (!subscription.open) return
        outbox.send(notification(subscription, result))
        subscription.sequence += 1
      }
      if (!done) continue
      live = true
      // A block that came during the read has left its signal: the wait ends at once.
      await committed.wait()
    }
  }

  const unlisten = port.onCommit(() => {
    for (const { wake } of running.values()) wake()
  })

  const close = (id: string): boolean => {
    const waiting = opened.findIndex((one) => one.id === id)
    if (waiting >= 0) opened.splice(waiting, 1)
    const one = running.get(id)
    if (one === undefined) return waiting >= 0
    running.delete(id)
    one.subscription.open = false
    one.wake()
    return true
  }

  return {
    open: (feed) => {
      if (running.size + opened.length >= limits.subscriptionsPerSocket) {
        throw new EpioneError({
          code: 'LIMIT_EXCEEDED',
          message: `a connection has at most ${limits.subscriptionsPerSocket} subscriptions`,
          hint: 'end one with chain_unsubscribe, or open another connection',
        })
      }
      made += 1
      const id = String(made)
      opened.push({ id, feed, sequence: 0, open: true })
      return id
    },
    close,
    release: () => {
      for (const subscription of opened.splice(0)) pump(subscription).catch(parts.failed)
    },
    stop: () => {
      unlisten()
      for (const id of [...running.keys()]) close(id)
      outbox.stop()
    },
  }
}
