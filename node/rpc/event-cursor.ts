// Cursors of events as text: `height-index`.
import type { EventCursor } from '../ledger/types.ts'

export function writeCursor({ height, index }: EventCursor): string {
  return `${height}-${index}`
}

/** The text has passed cursorCodec. */
export function readCursor(text: string): EventCursor {
  const [height = '', index = ''] = text.split('-')
  return { height: Number(height), index: Number(index) }
}

/** `after` is left out where a listing begins at the first event. */
export function after(cursor: EventCursor | undefined): { readonly after?: EventCursor } {
  return cursor === undefined ? {} : { after: cursor }
}
