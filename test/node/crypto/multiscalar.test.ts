// Sums of many multiples in WebAssembly against the reference group: edges of scalars, points that come again, memory that grows.
import * as fc from 'fast-check'
import t from 'tap'
import { createMultiscalar } from '../../../node/crypto/multiscalar.ts'
import { toHex } from '../../../vm/bytes.ts'
import { ristretto255 as reference } from '../../../vm/crypto/ristretto255.ts'

const q = reference.order
const encodings = Array.from({ length: 24 }, (_, index) =>
  reference.encode(reference.hashToPoint('multiscalar-test', new Uint8Array([index]))),
)
const [first = new Uint8Array(32), second = new Uint8Array(32)] = encodings

function expected(points: readonly Uint8Array[], scalars: readonly bigint[]): string {
  const decoded = points.map((bytes) => reference.decode(bytes) ?? reference.identity)
  return toHex(reference.encode(reference.combine(decoded, scalars)))
}

const edges = [
  ...[0n, 1n, 2n, 7n, 8n, 15n, 16n, 31n, 32n, 63n, 64n, 2n ** 128n - 1n, 2n ** 252n],
  ...[q - 1n, q - 7n, q - 8n, q / 2n, q / 2n + 1n, q - 2n ** 128n],
]

t.test('scalars at the edges, of points that come once and of prepared ones', async (t) => {
  const sums = createMultiscalar()
  sums.prepare([second])
  for (const scalar of edges) {
    for (const point of [first, second])
      t.equal(toHex(sums.combine([point], [scalar])), expected([point], [scalar]), `${scalar}`)
    t.equal(
      toHex(sums.combine([first, second, first], [scalar, 5n, q - 3n])),
      expected([first, second, first], [scalar, 5n, q - 3n]),
      `${scalar} among others`,
    )
  }
})

t.test('random sums agree, whatever is prepared meanwhile', async (t) => {
  const sums = createMultiscalar()
  const scalar = fc.oneof(fc.bigInt({ min: 0n, max: q - 1n }), fc.constantFrom(...edges))
  const term = fc.tuple(fc.nat(encodings.length - 1), scalar)
  await fc.assert(
    fc.property(fc.array(term, { maxLength: 9 }), fc.boolean(), (terms, isPreparing) => {
      const points = terms.map(([index]) => encodings[index] ?? first)
      if (isPreparing) sums.prepare(points.slice(0, 1))
      const scalars = terms.map(([, value]) => value)
      return toHex(sums.combine(points, scalars)) === expected(points, scalars)
    }),
    { numRuns: 60 },
  )
  t.pass('60 sums')
})

t.test('the identity is a legal operand and a legal sum', async (t) => {
  const sums = createMultiscalar()
  const zero = new Uint8Array(32)
  sums.prepare([second])
  t.same(sums.combine([], []), zero)
  t.same(sums.combine([zero], [5n]), zero)
  t.same(sums.combine([first, first.slice()], [9n, q - 9n]), zero)
  t.same(sums.combine([second, second.slice()], [q / 3n, q - q / 3n]), zero)
})

t.test('what is no point or no scalar is a bug of the caller', async (t) => {
  const sums = createMultiscalar()
  const none = new Uint8Array(32).fill(255)
  t.throws(() => sums.combine([none], [5n]), { name: 'AssertionError' })
  t.throws(() => sums.prepare([none]), { name: 'AssertionError' })
  t.throws(() => sums.combine([first], [q]), { name: 'AssertionError' })
  t.throws(() => sums.combine([first], [-1n]), { name: 'AssertionError' })
  t.equal(toHex(sums.combine([first], [1n])), toHex(first), 'still works after all that')
})

t.test('a sum of a thousand terms grows the memory', async (t) => {
  const sums = createMultiscalar()
  sums.prepare([second])
  const points = Array.from({ length: 1_000 }, (_, index) => encodings[index % 24] ?? first)
  const scalars = points.map((_, index) => (q / 1_001n) * BigInt(index + 1))
  t.equal(toHex(sums.combine(points, scalars)), expected(points, scalars))
})
