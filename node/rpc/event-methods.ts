// events_*: notifications for a recipient page by page, and the proof that a block has none.
import {
  absenceAnswer,
  cursorCodec,
  eventsAnswer,
  PAGE_DEFAULT,
  PAGE_MAX,
} from '../../client/answers.ts'
import { optional } from '../../vm/codec-compound.ts'
import { bool, id32, uint } from '../../vm/codec-scalar.ts'
import type { ListedEvent } from '../ledger/types.ts'
import { certifiedHeader, headHeight, notFound } from './certified.ts'
import { after, readCursor, writeCursor } from './event-cursor.ts'
import { defineMethod, type Method } from './method.ts'
import type { LedgerReads } from './port.ts'

const nobody = `0x${'00'.repeat(32)}`

function listed(ledger: LedgerReads, { height, event }: ListedEvent, proofs: boolean) {
  const eventProof = proofs ? (ledger.proveEvent({ height, index: event.index }) ?? null) : null
  return { block: height, cursor: writeCursor({ height, index: event.index }), event, eventProof }
}

const eventsList = defineMethod({
  name: 'events_list',
  summary: 'Events for a recipient after a cursor, oldest first, on request with proofs',
  parameters: {
    recipient: id32,
    cursor: optional(cursorCodec),
    limit: optional(uint(PAGE_MAX, 1)),
    proofs: optional(bool),
  },
  result: eventsAnswer,
  example: { recipient: nobody, limit: 10 },
  run: async ({ recipient, cursor, limit, proofs }, { port: { ledger } }) => {
    const page = limit ?? PAGE_DEFAULT
    const from = cursor === null ? undefined : readCursor(cursor)
    const height = headHeight(ledger)
    const found = await ledger.events({ recipient, ...after(from), limit: page + 1 })
    const events = found.slice(0, page).map((event) => listed(ledger, event, proofs === true))
    const heights = [...new Set(events.map((event) => event.block))]
    return {
      height,
      events,
      blocks: proofs
        ? heights.map((block) => ({ block, proof: certifiedHeader(ledger, block).proof }))
        : null,
      nextCursor: events.at(-1)?.cursor ?? cursor,
      more: found.length > page,
    }
  },
})

const eventsProveNone = defineMethod({
  name: 'events_proveNone',
  summary: 'The proof that a block has no event for a recipient',
  parameters: { block: uint(), recipient: id32 },
  result: absenceAnswer,
  example: { block: 0, recipient: nobody },
  run: ({ block, recipient }, { port: { ledger } }) => {
    const { proof } = certifiedHeader(ledger, block)
    const absenceProof = ledger.proveEventAbsence({ height: block, recipient })
    if (absenceProof === undefined) {
      throw notFound(`block ${block} has events for ${recipient}`, 'list them with events_list')
    }
    return { height: headHeight(ledger), block, recipient, absenceProof, proof }
  },
})

export const eventMethods: readonly Method[] = [eventsList, eventsProveNone]
