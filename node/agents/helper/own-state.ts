// A helper's own copy of the ledger's state, from proven blocks alone, in a store of its own: one synced write for each block.
import type { JsonValue } from '../../../vm/codec.ts'
import { createOverlay, type Overlay, type Reader, type Write } from '../../../vm/state.ts'
import type { Digest } from '../../../vm/types.ts'
import type { Store } from '../../store/port.ts'
import type { Tip } from '../block.ts'
import { tipFromJson, tipToJson } from '../tip.ts'

export type OwnState = {
  readonly reader: Reader
  /** Undefined before the first state was written. */
  readonly tip: () => Tip | undefined
  /** Changes of one block, with the tip after it. */
  readonly commit: (writes: readonly Write[], tip: Tip) => Promise<void>
  /** The set that was promised for the query; undefined if none. */
  readonly answeredSet: (query: Digest) => Digest | undefined
  /** On disk when it resolves: from then on the query is answered with this set, and nothing else ever is. */
  readonly promise: (query: Digest, set: Digest) => Promise<void>
  readonly overlay: () => Overlay
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function toBytes(json: JsonValue): Uint8Array {
  return encoder.encode(JSON.stringify(json))
}

function fromBytes(bytes: Uint8Array): JsonValue {
  return JSON.parse(decoder.decode(bytes))
}

const TIP = 'tip'
const promised = (query: Digest) => `set/${query}`
const valueKey = ({ app, key }: { readonly app: number; readonly key: string }) =>
  `state/${app}/${key}`

export function openOwnState(store: Store): OwnState {
  const reader: Reader = { get: (at) => store.get(valueKey(at)) }
  const tipBytes = store.get(TIP)
  let tip = tipBytes === undefined ? undefined : tipFromJson(fromBytes(tipBytes))

  return {
    reader,
    overlay: () => createOverlay(reader),
    tip: () => tip,
    commit: async (writes, after) => {
      const put = writes.flatMap(({ app, key, value }) =>
        value === undefined ? [] : [{ key: valueKey({ app, key }), value }],
      )
      const remove = writes.flatMap(({ app, key, value }) =>
        value === undefined ? [valueKey({ app, key })] : [],
      )
      put.push({ key: TIP, value: toBytes(tipToJson(after)) })
      await store.write({ put, remove })
      tip = after
    },
    answeredSet: (query) => {
      const bytes = store.get(promised(query))
      return bytes === undefined ? undefined : (decoder.decode(bytes) as Digest)
    },
    promise: (query, set) =>
      store.write({ put: [{ key: promised(query), value: encoder.encode(set) }], remove: [] }),
  }
}
