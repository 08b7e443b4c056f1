// chain_subscribe and chain_unsubscribe: WebSocket only, with replay from a height or a cursor.
import { cursorCodec } from '../../client/answers.ts'
import { optional, struct } from '../../vm/codec-compound.ts'
import { bool, id32, oneOf, text, uint } from '../../vm/codec-scalar.ts'
import type { Height, Hex } from '../../vm/types.ts'
import { EpioneError } from '../errors.ts'
import { prunedError } from '../ledger/base.ts'
import { certifiedHeader, headHeight } from './certified.ts'
import { readCursor } from './event-cursor.ts'
import { blockFeed, eventFeed, type Feed, transactionFeed } from './feeds.ts'
import { type CallContext, defineMethod, type Method } from './method.ts'
import type { LedgerReads } from './port.ts'
import type { Subscriptions } from './subscriptions.ts'

type Wish = {
  readonly topic: 'newBlocks' | 'transactions' | 'events'
  readonly recipient: Hex | null
  readonly fromHeight: Height | null
  readonly cursor: string | null
}

function invalid(message: string): EpioneError {
  return new EpioneError({
    code: 'INVALID_PARAMS',
    message,
    hint: 'see the example of chain_subscribe in rpc.discover',
  })
}

function eventsFrom(ledger: LedgerReads, wish: Wish, from: Height): Feed {
  if (wish.recipient === null) throw invalid('the topic events needs a recipient')
  const end = Number.MAX_SAFE_INTEGER
  const before = from === 0 ? undefined : { height: from - 1, index: end }
  const start = wish.cursor === null ? before : readCursor(wish.cursor)
  requireWhole(ledger, wish, (start?.height ?? 0) + 1)
  return eventFeed(ledger, { recipient: wish.recipient, start })
}

/** Throws HEIGHT_PRUNED for what would end a subscription that has begun: whoever subscribes hears why. Block 0 is everywhere. */
function requireWhole(ledger: LedgerReads, { topic }: Wish, from: Height): void {
  const first = Math.max(1, from)
  if (first > headHeight(ledger)) return
  if (topic === 'newBlocks') certifiedHeader(ledger, first)
  else if (first < ledger.lowest()) throw prunedError(first, ledger.lowest())
}

function feedOf(ledger: LedgerReads, wish: Wish): Feed {
  const from = wish.fromHeight ?? headHeight(ledger) + 1
  if (wish.topic === 'events') return eventsFrom(ledger, wish, from)
  if (wish.recipient !== null || wish.cursor !== null) {
    throw invalid('recipient and cursor belong to the topic events')
  }
  requireWhole(ledger, wish, from)
  return wish.topic === 'newBlocks' ? blockFeed(ledger, from) : transactionFeed(ledger, from)
}

function required({ subscriptions }: CallContext): Subscriptions {
  if (subscriptions !== undefined) return subscriptions
  throw new EpioneError({
    code: 'SUBSCRIPTIONS_NEED_WEBSOCKET',
    message: 'a subscription needs a connection that stays open',
    hint: 'connect to the same address with ws://, or page with events_list',
  })
}

const subscribe = defineMethod({
  name: 'chain_subscribe',
  summary: 'Sends chain_subscription notifications, with replay from a height or a cursor',
  parameters: {
    topic: oneOf({ newBlocks: 1, transactions: 2, events: 3 }),
    recipient: optional(id32),
    fromHeight: optional(uint()),
    cursor: optional(cursorCodec),
  },
  result: struct({ height: uint(), subscription: text(20) }),
  example: { topic: 'newBlocks', fromHeight: 0 },
  run: (wish, context) => {
    const subscriptions = required(context)
    const { ledger } = context.port
    const height = headHeight(ledger)
    return { height, subscription: subscriptions.open(feedOf(ledger, wish)) }
  },
})

const unsubscribe = defineMethod({
  name: 'chain_unsubscribe',
  summary: 'Ends a subscription of this connection',
  parameters: { subscription: text(20) },
  result: struct({ height: uint(), ended: bool }),
  example: { subscription: '1' },
  run: ({ subscription }, context) => ({
    height: headHeight(context.port.ledger),
    ended: required(context).close(subscription),
  }),
})

export const subscriptionMethods: readonly Method[] = [subscribe, unsubscribe]
