// The quick way through CBOR says what the library says, byte by byte, or leaves it to the library.
import * as cborg from 'cborg'
import fc from 'fast-check'
import t from 'tap'
import { type Item, isLeftToLibrary } from '../../vm/cbor.ts'
import { Cursor } from '../../vm/cbor-cursor.ts'
import { Sink } from '../../vm/cbor-sink.ts'

const { value } = fc.letrec<{ value: Item }>((tie) => ({
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

/** What `go` answers; undefined if it leaves the case to the library. */
function quickly<A>(go: () => A): A | undefined {
  try {
    return go()
  } catch (error) {
    if (isLeftToLibrary(error)) return undefined
    throw error
  }
}

function write(item: Item, sink = new Sink()): Uint8Array | undefined {
  return quickly(() => {
    sink.item(item)
    return sink.take(0)
  })
}

function read(bytes: Uint8Array): { readonly item: Item } | undefined {
  const cursor = new Cursor(bytes)
  const item = quickly(() => cursor.item())
  return item === undefined || !cursor.isAtEnd() ? undefined : { item }
}

t.test('what it writes is what the library writes', async (t) => {
  let plain = 0
  fc.assert(
    fc.property(value, (one) => {
      const written = write(one)
      if (written === undefined) return
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
      const found = read(bytes)
      if (found === undefined) return
      plain += 1
      // Throws where the library refuses.
      const known = cborg.decode(bytes, wanted)
      if (Buffer.compare(cborg.encode(found.item), cborg.encode(known)) !== 0)
        throw new Error('another')
      if (typeof found.item !== typeof known)
        throw new Error(`${typeof found.item} is not ${typeof known}`)
    }),
    { numRuns: 3_000, seed: 5 },
  )
  t.ok(plain > 1_000, `${plain} were plain`)
})

t.test('integers at the edges of each length are plain, and have one spelling', async (t) => {
  const edges = [0, 8, 16, 32, 53, 64].flatMap((bits) => [
    2n ** BigInt(bits) - 1n,
    2n ** BigInt(bits),
  ])
  for (const edge of [...edges, 23n, 24n].filter((one) => one < 2n ** 64n)) {
    const bytes = cborg.encode(edge)
    t.same(write(edge), bytes, `${edge}`)
    t.equal(new Cursor(bytes).bigUint(), edge)
    t.equal(read(bytes)?.item, edge < 2n ** 53n ? Number(edge) : edge)
    const isNumber = edge < 2n ** 53n
    t.equal(
      quickly(() => new Cursor(bytes).uint()),
      isNumber ? Number(edge) : undefined,
    )
  }
  for (const hex of ['1817', '1900ff', '1a0000ffff', '1b00000000ffffffff', '1c', '1f', '20', '3b'])
    t.equal(
      read(new Uint8Array(Buffer.from(`${hex}00`, 'hex').subarray(0, hex.length / 2))),
      undefined,
      hex,
    )
})

t.test('what is longer than the room it is written in is whole', async (t) => {
  const sink = new Sink()
  for (const length of [1, 4_080, 4_090, 4_096, 4_100, 8_190, 70_000, 2_000_000, 1]) {
    const one = [7, new Uint8Array(length).fill(length), 'end', new Uint8Array(length).fill(3)]
    t.equal(Buffer.compare(write(one, sink) ?? new Uint8Array(), cborg.encode(one)), 0, `${length}`)
  }
  const many = Array.from({ length: 20_000 }, (_, place) => place)
  t.same(write(many, sink), cborg.encode(many))
})

t.test('an encoding that begins within another leaves it whole', async (t) => {
  const sink = new Sink()
  sink.array(2)
  sink.uint(1)
  const start = sink.end
  sink.text('inner')
  t.same(sink.take(start), cborg.encode('inner'))
  sink.text('outer')
  t.same(sink.take(0), cborg.encode([1, 'outer']))
})

t.test('what it reads is a copy', async (t) => {
  const bytes = cborg.encode([new Uint8Array(70), new Uint8Array(3)])
  const found = read(bytes)?.item as readonly Uint8Array[]
  bytes.fill(9)
  t.ok(found.every((one) => one.every((byte) => byte === 0)))
})
