// Payloads of an application against every input: what decodes encodes to the same bytes, everything else is a CodecError.
import fc from 'fast-check'
import t from 'tap'
import type { App } from '../../vm/app.ts'
import { toHex } from '../../vm/bytes.ts'
import { type CborValue, CodecError, decode, encode, type JsonValue } from '../../vm/codec.ts'

const anyItem: fc.Arbitrary<CborValue> = fc.letrec<{ item: CborValue }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 3 },
    fc.nat(),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.boolean(),
    fc.constant(null),
    fc.string(),
    fc.uint8Array({ maxLength: 100 }),
    fc.array(tie('item'), { maxLength: 12 }),
  ),
})).item

/** One test for each transaction type of the application. */
export function fuzzPayloads(app: App): void {
  for (const { name, payload, example } of app.txs)
    t.test(
      `${name}: every input decodes to what encodes the same, or is a CodecError`,
      async (t) => {
        const isTotal = (run: () => void) => {
          try {
            run()
          } catch (error) {
            if (!(error instanceof CodecError)) throw error
          }
        }
        const valid = encode(payload, payload.fromJson(example))
        fc.assert(
          fc.property(anyItem, (item) => isTotal(() => payload.fromCbor(item))),
          { numRuns: 200 },
        )
        fc.assert(
          fc.property(fc.nat(valid.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
            const changed = valid.map((byte, i) => (i === at ? byte ^ mask : byte))
            isTotal(() => t.equal(toHex(encode(payload, decode(payload, changed))), toHex(changed)))
          }),
          { numRuns: 100 },
        )
        fc.assert(
          fc.property(fc.nat(valid.length - 1), (size) => {
            t.throws(() => decode(payload, valid.subarray(0, size)), CodecError)
          }),
          { numRuns: 20 },
        )
        const { [Object.keys(example as object)[0] ?? '']: _, ...missing } = example as Record<
          string,
          JsonValue
        >
        t.throws(() => payload.fromJson(missing), CodecError)
        t.throws(() => payload.fromJson({ ...(example as object), extra: 1 }), CodecError)
      },
    )
}
