// Frozen bytes of everything on the wire and on disk but payloads, state values and genesis, which have vectors of their own.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { fromHex, toHex } from '../../vm/bytes.ts'
import { decode, encode, type JsonValue } from '../../vm/codec.ts'
import type { Hex } from '../../vm/types.ts'
import { codecs } from './wire-codecs.ts'

type Frozen = { readonly rule: string; readonly json: JsonValue; readonly cbor: Hex }

const frozen: readonly Frozen[] = JSON.parse(
  readFileSync(new URL('../vectors/wire.json', import.meta.url), 'utf8'),
)

t.test('every kind has frozen bytes', async (t) => {
  t.same([...new Set(frozen.map(({ rule }) => rule))].toSorted(), Object.keys(codecs).toSorted())
})

for (const { rule, json, cbor } of frozen) {
  t.test(`${rule} ${cbor.slice(0, 40)}`, async (t) => {
    const codec = codecs[rule]
    if (codec === undefined) throw new RangeError(rule)
    t.equal(toHex(encode(codec, codec.fromJson(json))), cbor)
    t.strictSame(codec.toJson(decode(codec, fromHex(cbor))), json)
  })
}
