// Frozen bytes of an application: tags, payloads and state values, compared with what the code makes.
import { readFileSync } from 'node:fs'
import type { Test } from 'tap'
import type { App } from '../../vm/app.ts'
import { toHex } from '../../vm/bytes.ts'
import { type Codec, decode, encode, type JsonValue } from '../../vm/codec.ts'
import type { StateKey } from '../../vm/state.ts'
import type { Hex } from '../../vm/types.ts'

type GoldenPayload = {
  readonly type: string
  readonly tag: number
  readonly json: JsonValue
  readonly cbor: Hex
}
type GoldenValue = { readonly key: string; readonly json: JsonValue; readonly cbor: Hex }
type Golden = {
  readonly payloads: readonly GoldenPayload[]
  readonly state: readonly GoldenValue[]
}

/** A state value of the test's choice with its key and its codec. */
export type Sample<V = unknown> = {
  readonly at: StateKey
  readonly codec: Codec<V>
  readonly value: V
}

/** A sample whose value fits its codec; several of them make a list of any types. */
export function sample<V>(at: StateKey, codec: Codec<V>, value: V): Sample {
  return { at, codec, value }
}

export function readVector<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8'))
}

/** Every transaction type by its example, every sample of the state, byte for byte, both ways. */
export function checkGolden(t: Test, app: App, samples: readonly Sample[]): void {
  const golden = readVector<Golden>(`${app.name}.json`)
  const payloads = app.txs.map(({ name, tag, payload, example }) => {
    const value = payload.fromJson(example)
    const bytes = encode(payload, value)
    t.strictSame(decode(payload, bytes), value, `${name} decodes to what was encoded`)
    return { type: name, tag, json: payload.toJson(value), cbor: toHex(bytes) }
  })
  t.strictSame(payloads, golden.payloads)
  const state = samples.map(({ at, codec, value }) => {
    const bytes = encode(codec, value)
    t.strictSame(decode(codec, bytes), value, `${at.key} decodes to what was encoded`)
    t.equal(at.app, app.tag)
    return { key: at.key, json: codec.toJson(value), cbor: toHex(bytes) }
  })
  t.strictSame(state, golden.state)
}
