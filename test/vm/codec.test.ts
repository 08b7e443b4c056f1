// Codecs: one spelling for each value, on the wire and in JSON.
import fc from 'fast-check'
import t from 'tap'
import { toHex } from '../../vm/bytes.ts'
import { type CborValue, type Codec, CodecError, decode, encode, raw } from '../../vm/codec.ts'
import { array, choice, optional, struct } from '../../vm/codec-compound.ts'
import { amount, bool, bytes, hex, oneOf, steadyHex, text, uint } from '../../vm/codec-scalar.ts'

const sample = struct({
  count: uint(1_000),
  money: amount,
  id: hex(4),
  note: optional(text(20)),
  flags: array(bool, 3),
  what: choice({
    one: [1, struct({ n: uint() })],
    two: [2, struct({ blob: bytes(0, 6), word: oneOf({ red: 1, blue: 2 }) })],
  }),
})

const plain = { noNullPrototype: true } as const

const values = fc.record(
  {
    count: fc.nat(1_000),
    money: fc.bigInt(0n, 2n ** 64n - 1n),
    id: fc
      .uint8Array({ minLength: 4, maxLength: 4 })
      .map((b) => `0x${Buffer.from(b).toString('hex')}` as const),
    note: fc.option(
      fc
        .string({ maxLength: 10, unit: 'grapheme' })
        .filter((s) => !/\p{Cc}|\p{Cs}/u.test(s) && s.length <= 20),
    ),
    flags: fc.array(fc.boolean(), { maxLength: 3 }),
    what: fc.oneof(
      fc.record({ kind: fc.constant('one' as const), n: fc.maxSafeNat() }, plain),
      fc.record(
        {
          kind: fc.constant('two' as const),
          blob: fc.uint8Array({ maxLength: 6 }).map((b) => new Uint8Array(b)),
          word: fc.constantFrom('red' as const, 'blue' as const),
        },
        plain,
      ),
    ),
  },
  plain,
)

/** Whether `encoded` is accepted, and that nothing but a CodecError refuses it. */
function accepts<T>(codec: Codec<T>, encoded: Uint8Array): boolean {
  try {
    decode(codec, encoded)
    return true
  } catch (error) {
    if (error instanceof CodecError) return false
    throw error
  }
}

t.test('what is encoded is decoded, through CBOR and through JSON', async (t) => {
  fc.assert(
    fc.property(values, (value) => {
      const encoded = encode(sample, value)
      t.strictSame(decode(sample, encoded), value)
      t.strictSame(sample.fromJson(JSON.parse(JSON.stringify(sample.toJson(value)))), value)
    }),
    { numRuns: 200 },
  )
})

t.test('whatever bytes are accepted are the encoding of what they are decoded to', async (t) => {
  let accepted = 0
  fc.assert(
    fc.property(values, fc.nat(), fc.nat(255), fc.boolean(), (value, place, byte, insert) => {
      const encoded = [...encode(sample, value)]
      encoded.splice(place % encoded.length, insert ? 0 : 1, byte)
      for (const codec of [sample, raw] as readonly Codec<unknown>[]) {
        const mutated = new Uint8Array(encoded)
        if (!accepts(codec, mutated)) continue
        accepted += 1
        t.strictSame(encode(codec, decode(codec, mutated)), mutated)
      }
    }),
    { numRuns: 3_000 },
  )
  t.ok(accepted > 100, 'some mutations only change the value')
})

t.test('second spellings are refused', async (t) => {
  const spellings: readonly (readonly [string, Codec<unknown>, string])[] = [
    ['an integer of two bytes that fits in one', uint(), '1805'],
    ['an integer of nine bytes that fits in five', uint(), '1b0000000000000001'],
    ['a length of two bytes that fits in one', bytes(0, 5), '5801aa'],
    ['an array length of two bytes', array(uint(), 3), '980101'],
    ['a float that is an integer', uint(), 'fa3f800000'],
    ['a half float', uint(), 'f93c00'],
    ['a negative integer', raw, '20'],
    ['an indefinite array', array(uint(), 3), '9f01ff'],
    ['an indefinite byte string', bytes(0, 5), '5f41aaff'],
    ['a tag', uint(), 'c101'],
    ['a bignum', amount, 'c24101'],
    ['a map', raw, 'a0'],
    ['undefined', optional(uint()), 'f7'],
    ['a simple value', raw, 'e0'],
    ['bytes after the value', uint(), '0101'],
    ['an ill-formed byte of text', text(5), '61ff'],
    ['an overlong letter', text(5), '62c181'],
    ['a byte order mark', text(5), '64efbbbf41'],
    ['a replacement for an ill-formed byte inside letters', text(9), '63c3a9ff'],
    ['nothing', uint(), ''],
    ['half a value', bytes(2), '42aa'],
  ]
  for (const [what, codec, hexadecimal] of spellings) {
    t.notOk(accepts(codec, new Uint8Array(Buffer.from(hexadecimal, 'hex'))), what)
  }
  t.ok(
    accepts(text(5), new Uint8Array(Buffer.from('62c3a9', 'hex'))),
    'well-formed text beyond ASCII',
  )
})

t.test('nesting without end is refused, not followed', async (t) => {
  t.notOk(accepts(raw, new Uint8Array(200_000).fill(0x81)))
})

t.test('nesting is refused at one depth, wherever the stack ends', async (t) => {
  const nested = (depth: number) => {
    // Letters beyond ASCII ask for the re-encoding, which takes more of the stack than decoding does.
    const encoded = new Uint8Array(depth + 3).fill(0x81, 0, depth)
    encoded.set([0x62, 0xc3, 0xa9], depth)
    return encoded
  }
  t.ok(accepts(raw, nested(64)))
  for (const depth of [65, 1_000, 6_000, 7_000, 8_000, 100_000])
    t.notOk(accepts(raw, nested(depth)))
  const wide = new Uint8Array(1_000).fill(0x80)
  t.ok(accepts(array(raw, 997), wide.with(0, 0x99).with(1, 0x03).with(2, 0xe5)), 'empty arrays')
})

t.test('a text that would not come back is refused before it is written', async (t) => {
  for (const mark of ['\ufeff', '\ufeffA']) {
    t.throws(() => encode(text(5), mark), CodecError)
    t.throws(() => text(5).fromJson(mark), CodecError)
  }
  t.equal(decode(text(5), encode(text(5), 'A\ufeff')), 'A\ufeff')
})

t.test('JSON is as strict as CBOR', async (t) => {
  const good = { count: 1, money: '5', id: '0x00112233', flags: [], what: { kind: 'one', n: 1 } }
  t.strictSame(sample.fromJson(good).note, null, 'an optional field may be left out')
  const bad: readonly (readonly [string, unknown, RegExp])[] = [
    ['an unknown key', { ...good, cuont: 2 }, /unknown key "cuont"/],
    ['a missing key', { ...good, count: undefined }, /^count: /],
    ['a number for an amount', { ...good, money: 5 }, /^money: /],
    ['an amount with a leading zero', { ...good, money: '05' }, /^money: /],
    ['an amount of 2^64', { ...good, money: '18446744073709551616' }, /^money: /],
    ['capitals in hexadecimal', { ...good, id: '0xAABBCCDD' }, /^id: /],
    ['an identifier of another size', { ...good, id: '0xaabbcc' }, /^id: /],
    ['a kind that does not exist', { ...good, what: { kind: 'three' } }, /^what: /],
    [
      'a field too many in a variant',
      { ...good, what: { kind: 'one', n: 1, m: 2 } },
      /^what.*unknown key "m"/,
    ],
    ['a list that is too long', { ...good, flags: [true, true, true, true] }, /^flags: /],
    ['a wrong item', { ...good, flags: [true, 1] }, /^flags\[1\]: /],
    ['a control character', { ...good, note: 'a\u0007' }, /^note: /],
  ]
  for (const [what, json, message] of bad) t.throws(() => sample.fromJson(json), { message }, what)
})

t.test('what is nearly always the same is told from what differs in any place', async (t) => {
  const steady = steadyHex()
  const usual = new Uint8Array(32).fill(7)
  const text = toHex(usual)
  for (let place = 0; place < usual.length; place++) {
    const other = usual.with(place, 8)
    t.equal(decode(steady, encode(steady, text)), text)
    t.equal(decode(steady, encode(steady, text)), text, 'known by now')
    t.equal(decode(steady, encode(steady, toHex(other))), toHex(other))
  }
  t.throws(() => decode(steady, encode(bytes(0, 40), new Uint8Array(31))), CodecError)
})

t.test('an amount beyond 2^53 keeps every digit', async (t) => {
  const large: CborValue = 10_939_881_000_119_105n
  t.equal(decode(amount, encode(amount, large)), large)
  t.equal(amount.toJson(large), '10939881000119105')
})
