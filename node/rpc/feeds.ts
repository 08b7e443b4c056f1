// What a subscription sends, block by block from any height on: replay and live are the same reading.
import { cursorCodec, headerAnswer } from '../../client/answers.ts'
import { eventCodec, type Receipt } from '../../vm/block.ts'
import type { JsonValue } from '../../vm/codec.ts'
import type { Height, Hex } from '../../vm/types.ts'
import type { EventCursor } from '../ledger/types.ts'
import { certifiedHeader } from './certified.ts'
import { after, writeCursor } from './event-cursor.ts'
import type { LedgerReads } from './port.ts'

/** Heights, or events, of one step; between steps others have their turn. */
const STEP_MAX = 64

export type Feed = {
  /** The next results up to the height, at most a step of them; `done` when all up to it are read. */
  readonly read: (head: Height) => Promise<{
    readonly results: readonly JsonValue[]
    readonly done: boolean
  }>
}

/** A result for each height from `from` on; undefined leaves a height out. */
function heightFeed(from: Height, resultOf: (height: Height) => JsonValue | undefined): Feed {
  let next = from
  return {
    read: async (head) => {
      const results: JsonValue[] = []
      for (const last = Math.min(head, next + STEP_MAX - 1); next <= last; next++) {
        const result = resultOf(next)
        if (result !== undefined) results.push(result)
      }
      return { results, done: next > head }
    },
  }
}

export function blockFeed(ledger: LedgerReads, from: Height): Feed {
  return heightFeed(from, (height) => {
    const { id, header, proof } = certifiedHeader(ledger, height)
    return headerAnswer.toJson({ height, id, header, proof })
  })
}

function outcomeOf({ txId, tag, code }: Receipt) {
  return { id: txId, tag, code }
}

/** Ids and outcomes; blocks without transactions are left out. */
export function transactionFeed(ledger: LedgerReads, from: Height): Feed {
  return heightFeed(from, (height) => {
    const receipts = ledger.receipts(height) ?? []
    if (receipts.length === 0) return undefined
    return {
      height,
      transactions: receipts.map(outcomeOf),
    }
  })
}

/** Events of one recipient behind a cursor; the events of a block may come in several results. */
export function eventFeed(
  ledger: LedgerReads,
  { recipient, start }: { readonly recipient: Hex; readonly start: EventCursor | undefined },
): Feed {
  let cursor = start
  return {
    read: async (head) => {
      const found = await ledger.events({ recipient, ...after(cursor), limit: STEP_MAX })
      const upTo = found.filter(({ height }) => height <= head)
      const last = upTo.at(-1)
      if (last !== undefined) cursor = { height: last.height, index: last.event.index }
      const heights = [...new Set(upTo.map(({ height }) => height))]
      const results = heights.map((height) => ({
        height,
        events: upTo
          .filter((one) => one.height === height)
          .map(({ event }) => ({
            cursor: cursorCodec.toJson(writeCursor({ height, index: event.index })),
            event: eventCodec.toJson(event),
          })),
      }))
      return { results, done: found.length < STEP_MAX || upTo.length < found.length }
    },
  }
}
