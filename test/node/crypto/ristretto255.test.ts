// The reference group and the native one: equal on the edge table and on random input.
import { ED25519_TORSION_SUBGROUP } from '@noble/curves/ed25519.js'
import { hexToBytes } from '@noble/hashes/utils.js'
import * as fc from 'fast-check'
import t from 'tap'
import { createNativeGroup } from '../../../node/crypto/ristretto255.ts'
import { toHex } from '../../../vm/bytes.ts'
import { basesOf } from '../../../vm/crypto/bases.ts'
import type { Group, Point } from '../../../vm/crypto/group.ts'
import { encodeLittleEndian } from '../../../vm/crypto/integer.ts'
import { ristretto255 } from '../../../vm/crypto/ristretto255.ts'

const native = await createNativeGroup()
const groups = { reference: ristretto255, native }
const q = ristretto255.order
const p = 2n ** 255n - 19n
const wide = (value: bigint) => encodeLittleEndian(value, 32)

const frozenBases = [
  '0xdc405bd62f4d531e63177b9847cb2a07df9628f5995a133de377d6971ee7c94b',
  '0x74bc765d955fa1191679a36cae14ef1f2b545520854d3b390ad3262485fd4726',
]

/** The same computation in both groups, compared by canonical encoding. */
function same(compute: (group: Group<Point>) => Point): boolean {
  return toHex(native.encode(compute(native))) === toHex(ristretto255.encode(compute(ristretto255)))
}

for (const [name, group] of Object.entries(groups)) {
  t.test(`${name}: scalars of the edge table`, async (t) => {
    for (const value of [0n, 1n, q - 1n]) {
      t.equal(group.decodeScalar(wide(value)), value)
      t.same(group.encodeScalar(value), wide(value))
    }
    for (const value of [q, q + 1n, 2n * q, 2n ** 255n + 1n, 2n ** 256n - 1n])
      t.equal(group.decodeScalar(wide(value)), undefined, `${value}`)
    t.equal(group.decodeScalar(new Uint8Array(31)), undefined)
    t.equal(group.decodeScalar(new Uint8Array(33)), undefined)
    const point = group.multiplyBase(5n)
    for (const value of [q, q + 1n, 2n ** 255n + 1n, -1n]) {
      t.throws(() => group.multiply(point, value), { name: 'AssertionError' })
      t.throws(() => group.multiplyBase(value), { name: 'AssertionError' })
      t.throws(() => group.combine([point], [value]), { name: 'AssertionError' })
      t.throws(() => group.encodeScalar(value), { name: 'AssertionError' })
    }
    t.throws(() => group.reduceScalar(new Uint8Array(47)), { name: 'AssertionError' })
    t.ok(group.equal(group.multiplyBase(q - 1n), group.negate(group.base)))
  })

  t.test(`${name}: the identity is legal and never throws`, async (t) => {
    const { identity, base } = group
    const point = group.multiplyBase(77n)
    t.same(group.encode(identity), new Uint8Array(32))
    const decoded = group.decode(new Uint8Array(32))
    t.ok(decoded !== undefined && group.isIdentity(decoded))
    for (const result of [
      group.multiply(point, 0n),
      group.multiply(identity, 5n),
      group.multiplyBase(0n),
      group.add(point, group.negate(point)),
      group.negate(identity),
      group.combine([], []),
      group.combine([point, base], [0n, 0n]),
      group.combine([point, point], [1n, q - 1n]),
      group.combine([point, base], [3n, q - 231n]),
      group.combine([identity, identity], [1n, 2n]),
    ]) {
      t.ok(group.isIdentity(result))
      t.ok(group.equal(result, identity))
    }
    t.ok(group.equal(group.add(point, identity), point))
    t.ok(group.equal(group.multiply(point, 1n), point))
    t.notOk(group.isIdentity(point))
  })

  t.test(`${name}: what is no canonical encoding of a ristretto point is refused`, async (t) => {
    const encodings = [
      ...ED25519_TORSION_SUBGROUP.map(hexToBytes).filter((bytes) => bytes.some((b) => b !== 0)),
      wide(p),
      wide(p + 1n),
      wide(p + 2n),
      wide(2n ** 255n),
      wide(2n ** 256n - 1n),
      wide(1n),
      wide(p - 1n),
      new Uint8Array(31),
      new Uint8Array(33),
      new Uint8Array(0),
    ]
    for (const bytes of encodings) t.equal(group.decode(bytes), undefined, toHex(bytes))
    const high = group.encode(group.base)
    high[31] = (high[31] ?? 0) | 0x80
    t.equal(group.decode(high), undefined, 'bit 255 set')
  })

  t.test(`${name}: a decoded point does not change with the bytes it came from`, async (t) => {
    const bytes = group.encode(group.multiplyBase(9n))
    const point = group.decode(bytes)
    if (point === undefined) throw new Error('a canonical encoding')
    bytes.fill(0)
    t.ok(group.equal(point, group.multiplyBase(9n)))
    group.encode(point).fill(0)
    t.ok(group.equal(point, group.multiplyBase(9n)), 'nor with the bytes it gave')
  })
}

t.test('RFC 9496: the first multiples of the base', async (t) => {
  const multiples = [
    '0000000000000000000000000000000000000000000000000000000000000000',
    'e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76',
    '6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919',
    '94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259',
  ]
  multiples.forEach((hex, i) => {
    for (const group of Object.values(groups))
      t.equal(toHex(group.encode(group.multiplyBase(BigInt(i)))), `0x${hex}`)
  })
})

t.test('random computations agree', async (t) => {
  const scalar = fc.bigInt({ min: 0n, max: q - 1n })
  const edge = fc.oneof(scalar, fc.constantFrom(0n, 1n, q - 1n))
  await fc.assert(
    fc.property(edge, edge, edge, fc.uint8Array({ maxLength: 40 }), (a, b, c, input) =>
      same((group) => {
        const hashed = group.hashToPoint('epione-test', input)
        const sum = group.add(group.multiplyBase(a), group.multiply(hashed, b))
        return group.add(group.negate(sum), group.combine([hashed, group.base, sum], [c, a, b]))
      }),
    ),
    { numRuns: 40 },
  )
  t.pass('40 random expressions')
  await fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
      const left = ristretto255.decode(bytes)
      const right = native.decode(bytes)
      if (left === undefined || right === undefined) return left === right
      return toHex(ristretto255.encode(left)) === toHex(native.encode(right))
    }),
    { numRuns: 300 },
  )
})

t.test('sums of many terms agree', async (t) => {
  for (const count of [1, 17, 210]) {
    const scalars = Array.from({ length: count }, (_, i) => (q / 3n) * BigInt(i) + 5n).map(
      (s) => s % q,
    )
    t.ok(
      same((group) =>
        group.combine(
          scalars.map((_, i) => group.hashToPoint('x', new Uint8Array([i]))),
          scalars,
        ),
      ),
      `${count} terms`,
    )
  }
})

t.test('the bases are what they were, in both groups', async (t) => {
  for (const group of Object.values(groups)) {
    const { H, G2 } = basesOf(group)
    t.equal(basesOf(group), basesOf(group), 'computed once')
    t.notOk(group.equal(H, G2))
    t.same(
      [H, G2].map((point) => toHex(group.encode(point))),
      frozenBases,
    )
  }
})
