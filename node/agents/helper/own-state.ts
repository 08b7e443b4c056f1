// What a helper knows of the vault, from proven blocks alone, in a store of its own: one synced write for each block.
import { type JsonValue, within } from '../../../vm/codec.ts'
import { array, optional, struct } from '../../../vm/codec-compound.ts'
import { hex, uint } from '../../../vm/codec-scalar.ts'
import { engineKind } from '../../../vm/quorum.ts'
import { createOverlay, type Overlay, type Reader, type StateKey } from '../../../vm/state.ts'
import type { Digest } from '../../../vm/types.ts'
import { validatorsCodec } from '../../../vm/validator.ts'
import type { Store } from '../../store/port.ts'
import type { Tip } from '../block.ts'

const tipCodec = struct({
  chainId: hex<Digest>(32),
  engine: engineKind,
  height: uint(),
  id: optional(hex<Digest>(32)),
  validators: validatorsCodec,
})
const digests = array(hex<Digest>(32), 100_000)

export type OwnState = {
  readonly reader: Reader
  /** Undefined before the first block. */
  readonly tip: () => Tip | undefined
  /** Queries that this helper may still have to answer. */
  readonly openQueries: () => readonly Digest[]
  /** Changes of one block, with the tip after it and the queries that are open then. */
  readonly commit: (
    overlay: Overlay,
    after: { readonly tip: Tip; readonly openQueries: readonly Digest[] },
  ) => Promise<void>
  /** The set that was promised for the query; undefined if none. */
  readonly answeredSet: (query: Digest) => Digest | undefined
  /** On disk when it resolves: from then on the query is answered with this set, and nothing else ever is. */
  readonly promise: (query: Digest, set: Digest) => Promise<void>
  readonly overlay: () => Overlay
}

/** The box of this helper's seat as the deal's transaction brought it; no application has the tag 0. */
export const OWN_BOX: StateKey = { app: 0, key: 'box' }

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function toBytes(json: JsonValue): Uint8Array {
  return encoder.encode(JSON.stringify(json))
}

function fromBytes(bytes: Uint8Array): JsonValue {
  return JSON.parse(decoder.decode(bytes))
}

const TIP = 'tip'
const OPEN = 'open'
const promised = (query: Digest) => `set/${query}`
const valueKey = ({ app, key }: { readonly app: number; readonly key: string }) =>
  `state/${app}/${key}`

export function openOwnState(store: Store): OwnState {
  const reader: Reader = { get: (at) => store.get(valueKey(at)) }
  const tipBytes = store.get(TIP)
  const openBytes = store.get(OPEN)
  let tip: Tip | undefined
  if (tipBytes !== undefined) {
    const { id, ...rest } = within(TIP, () => tipCodec.fromJson(fromBytes(tipBytes)))
    tip = { ...rest, id: id ?? undefined }
  }
  let openQueries =
    openBytes === undefined ? [] : within(OPEN, () => digests.fromJson(fromBytes(openBytes)))

  return {
    reader,
    overlay: () => createOverlay(reader),
    tip: () => tip,
    openQueries: () => openQueries,
    commit: async (overlay, after) => {
      const writes = overlay.writes()
      const put = writes.flatMap(({ app, key, value }) =>
        value === undefined ? [] : [{ key: valueKey({ app, key }), value }],
      )
      const remove = writes.flatMap(({ app, key, value }) =>
        value === undefined ? [valueKey({ app, key })] : [],
      )
      const tipValue = toBytes(tipCodec.toJson({ ...after.tip, id: after.tip.id ?? null }))
      put.push({ key: TIP, value: tipValue })
      put.push({ key: OPEN, value: toBytes(digests.toJson(after.openQueries)) })
      await store.write({ put, remove })
      tip = after.tip
      openQueries = after.openQueries
    },
    answeredSet: (query) => {
      const bytes = store.get(promised(query))
      return bytes === undefined ? undefined : (decoder.decode(bytes) as Digest)
    },
    promise: (query, set) =>
      store.write({ put: [{ key: promised(query), value: encoder.encode(set) }], remove: [] }),
  }
}
