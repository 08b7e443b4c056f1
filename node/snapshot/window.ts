// The blocks of the validity window before a certified header, by their headers and ids: the hashes lead down from one to the next.
import { blockId, decodeHeader } from '../../vm/block.ts'
import { CodecError, decode, encode } from '../../vm/codec.ts'
import { txRootOf } from '../../vm/merkle.ts'
import type { Digest, Height, TimeMs } from '../../vm/types.ts'
import type { WindowBlock } from '../ledger/types.ts'
import { HEADERS_PER_ANSWER_MAX, headersAnswerCodec, requestCodec } from '../protocol.ts'

export type WindowPlan = {
  /** The certified block. */
  readonly id: Digest
  readonly height: Height
  /** A transaction of an older block has expired. */
  readonly sinceMs: TimeMs
}

type Next = { readonly id: Digest; readonly height: Height }

/** The blocks of an answer, as far as each is the one that the block above names as its parent. */
function follow(bytes: Uint8Array, first: Next): readonly WindowBlock[] {
  const blocks: WindowBlock[] = []
  let next = first
  for (const { header: headerBytes, ids } of decode(headersAnswerCodec, bytes)) {
    const header = decodeHeader(headerBytes)
    const id = blockId(headerBytes)
    const isNext = id === next.id && header.height === next.height
    if (!isNext || txRootOf(ids) !== header.txRoot) break
    blocks.push({ sealed: { header, headerBytes, id }, ids })
    next = { id: header.parent, height: header.height - 1 }
  }
  return blocks
}

/** Undefined for what is none. */
function followed(bytes: Uint8Array, first: Next): readonly WindowBlock[] | undefined {
  try {
    const blocks = follow(bytes, first)
    return blocks.length === 0 ? undefined : blocks
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}

/**
 * From the certified block down to the last one before the window, or block 0. `ask` answers with what a peer says, and takes the
 * next peer for an answer that `holds` refuses; undefined when none is left.
 */
export async function fetchWindow(
  plan: WindowPlan,
  ask: (
    request: Uint8Array,
    holds: (bytes: Uint8Array) => boolean,
  ) => Promise<Uint8Array | undefined>,
): Promise<readonly WindowBlock[] | undefined> {
  const window: WindowBlock[] = []
  for (;;) {
    const last = window.at(-1)?.sealed.header
    if (last !== undefined && (last.height === 0 || last.timeMs < plan.sinceMs)) return window
    const next = last === undefined ? plan : { id: last.parent, height: last.height - 1 }
    const request = encode(requestCodec, {
      kind: 'headers',
      from: next.height,
      count: HEADERS_PER_ANSWER_MAX,
    })
    const bytes = await ask(request, (answer) => followed(answer, next) !== undefined)
    if (bytes === undefined) return undefined
    window.push(...(followed(bytes, next) ?? []))
  }
}
