// The quick way through CBOR says what the library says, byte by byte, or leaves it to the library.
import * as cborg from 'cborg'
import fc from 'fast-check'
import t from 'tap'
import { NOT_PLAIN, readPlain, writePlain } from '../../vm/cbor.ts'

type Value = number | bigint | string | boolean | null | Uint8Array | readonly Value[]

const NESTING_MAX = 64

const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.maxSafeNat(),
    fc.nat(70_000),
    fc.bigInt(0n, 2n ** 64n - 1n),
    fc.string({ maxLength: 80 }),
    fc.string({ maxLength: 6, unit: 'grapheme' }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes)),
    fc.array(tie('value'), { maxLength: 30 }),
  ),
}))

const wanted = { strict: true, allowBigInt: true, allowIndefinite: false } as const

t.test('what it writes is what the library writes', async (t) => {
  let plain = 0
  fc.assert(
    fc.property(value, (one) => {
      const written = writePlain(one)
      if (written === NOT_PLAIN) return
      plain += 1
      if (Buffer.compare(written, cborg.encode(one)) !== 0) throw new Error('another encoding')
    }),
    { numRuns: 3_000, seed: 5 },
  )
  t.ok(plain > 1_500, `${plain} were plain`)
})

t.test('what it reads is what the library reads', async (t) => {
  let plain = 0
  fc.assert(
    fc.property(value, fc.nat(), fc.nat(255), fc.boolean(), (one, place, byte, spoil) => {
      const bytes = new Uint8Array(cborg.encode(one))
      if (spoil) bytes[place % bytes.length] = byte
      const read = readPlain(bytes, NESTING_MAX)
      if (read === NOT_PLAIN) return
      plain += 1
      // Throws where the library refuses.
      const known = cborg.decode(bytes, wanted)
      if (Buffer.compare(cborg.encode(read), cborg.encode(known)) !== 0) throw new Error('another')
      if (typeof read !== typeof known) throw new Error(`${typeof read} is not ${typeof known}`)
    }),
    { numRuns: 3_000, seed: 5 },
  )
  t.ok(plain > 1_000, `${plain} were plain`)
})

t.test('what is longer than the draft it is written in is whole', async (t) => {
  for (const length of [1, 4_080, 4_090, 4_096, 4_100, 8_190, 70_000, 400_000]) {
    const one = [7, new Uint8Array(length).fill(length), 'end', new Uint8Array(length).fill(3)]
    const written = writePlain(one)
    t.not(written, NOT_PLAIN)
    if (written !== NOT_PLAIN) t.same(Buffer.compare(written, cborg.encode(one)), 0, `${length}`)
  }
  const many = Array.from({ length: 20_000 }, (_, place) => place)
  t.same(writePlain(many), cborg.encode(many))
})

t.test('what it reads is a copy', async (t) => {
  const bytes = cborg.encode([new Uint8Array(70), new Uint8Array(3)])
  const read = readPlain(bytes, NESTING_MAX) as readonly Uint8Array[]
  bytes.fill(9)
  t.ok(read.every((one) => one.every((byte) => byte === 0)))
})
