// One Ed25519 rule: libsodium and the reference give the same verdict on published edge cases, mutations and torsion.
import { readFileSync } from 'node:fs'
import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { hexToBytes } from '@noble/hashes/utils.js'
import * as fc from 'fast-check'
import t from 'tap'
import {
  createSigner,
  installNativeKeyCheck,
  verifySignature as native,
} from '../../../node/crypto/ed25519.ts'
import { concat } from '../../../vm/bytes.ts'
import { decodeLittleEndian, encodeLittleEndian } from '../../../vm/crypto/integer.ts'
import {
  isAcceptableKey,
  publicKeyOf,
  verifySignature as reference,
  sign,
  useKeyCheck,
} from '../../../vm/sign.ts'

function load<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../vectors/${name}`, import.meta.url), 'utf8'))
}

const { Point } = ed25519
const order = Point.Fn.ORDER
const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size })

t.test('speccheck: case 3 is accepted and no other', async (t) => {
  const cases =
    load<{ message: string; pub_key: string; signature: string }[]>('ed25519-speccheck.json')
  t.equal(cases.length, 12)
  cases.forEach(({ message, pub_key, signature }, index) => {
    const args = [hexToBytes(pub_key), hexToBytes(message), hexToBytes(signature)] as const
    t.equal(reference(...args), index === 3, `reference, case ${index}`)
    t.equal(native(...args), index === 3, `libsodium, case ${index}`)
  })
})

type Wycheproof = {
  testGroups: {
    publicKey: { pk: string }
    tests: { tcId: number; msg: string; sig: string; result: string; comment: string }[]
  }[]
}

t.test('Wycheproof: both verdicts are the published ones', async (t) => {
  let count = 0
  for (const { publicKey, tests } of load<Wycheproof>('wycheproof-ed25519.json').testGroups) {
    for (const { tcId, msg, sig, result, comment } of tests) {
      const args = [hexToBytes(publicKey.pk), hexToBytes(msg), hexToBytes(sig)] as const
      t.equal(reference(...args), result === 'valid', `reference, ${tcId} ${comment}`)
      t.equal(native(...args), result === 'valid', `libsodium, ${tcId} ${comment}`)
      count++
    }
  }
  t.equal(count, 151)
})

t.test('signing: both implementations make the same bytes, and both accept them', async (t) => {
  await fc.assert(
    fc.property(bytes(32), fc.uint8Array({ maxLength: 300 }), (seed, message) => {
      const signer = createSigner(seed)
      const signature = sign(seed, message)
      return (
        Buffer.compare(signer.publicKey, publicKeyOf(seed)) === 0 &&
        Buffer.compare(signer.sign(message), signature) === 0 &&
        reference(signer.publicKey, message, signature) &&
        native(signer.publicKey, message, signature)
      )
    }),
    { numRuns: 50 },
  )
  t.pass('50 random cases')
})

t.test('a changed bit or length has equal verdicts, and is refused', async (t) => {
  const flip = fc.record({
    seed: bytes(32),
    message: bytes(32),
    part: fc.constantFrom<'key' | 'message' | 'signature'>('key', 'message', 'signature'),
    bit: fc.nat(511),
    extra: fc.integer({ min: -2, max: 2 }),
  })
  await fc.assert(
    fc.property(flip, ({ seed, message, part, bit, extra }) => {
      const parts: Record<typeof part, Uint8Array> = {
        key: publicKeyOf(seed),
        message,
        signature: sign(seed, message),
      }
      const changed = extra === 0 ? parts[part].slice() : resize(parts[part], extra)
      if (extra === 0) {
        const at = (bit >> 3) % changed.length
        changed[at] = (changed[at] ?? 0) ^ (1 << (bit & 7))
      }
      parts[part] = changed
      const { key, message: text, signature } = parts
      return !reference(key, text, signature) && !native(key, text, signature)
    }),
    { numRuns: 300 },
  )
  t.pass('300 random cases')
})

function resize(input: Uint8Array, extra: number): Uint8Array {
  const resized = new Uint8Array(input.length + extra)
  resized.set(input.subarray(0, resized.length))
  return resized
}

t.test('S + order, the usual malleation, is refused by both', async (t) => {
  const seed = new Uint8Array(32).fill(7)
  const message = new Uint8Array(3)
  const signature = sign(seed, message)
  const s = decodeLittleEndian(signature.subarray(32))
  const twin = concat(signature.subarray(0, 32), encodeLittleEndian(s + order, 32))
  t.notOk(reference(publicKeyOf(seed), message, twin))
  t.notOk(native(publicKeyOf(seed), message, twin))
})

t.test('keys and R with a torsion component: equal verdicts for all 64 pairs', async (t) => {
  const torsion = ED25519_TORSION_SUBGROUP.map((hex) => Point.fromHex(hex))
  t.equal(torsion.length, 8)
  const verdicts = { accepted: 0, refused: 0 }
  const [a, r] = [123456789n, 987654321n]
  for (const shiftA of torsion) {
    for (const shiftR of torsion) {
      for (let salt = 0; salt < 4; salt++) {
        const message = new Uint8Array([salt])
        const key = Point.BASE.multiply(a).add(shiftA).toBytes()
        const encodedR = Point.BASE.multiply(r).add(shiftR).toBytes()
        const h = decodeLittleEndian(sha512(concat(encodedR, key, message))) % order
        const signature = concat(encodedR, encodeLittleEndian((r + h * a) % order, 32))
        const verdict = reference(key, message, signature)
        t.equal(native(key, message, signature), verdict)
        t.equal(isAcceptableKey(key), shiftA.is0())
        verdicts[verdict ? 'accepted' : 'refused']++
      }
    }
  }
  t.ok(verdicts.accepted > 4 && verdicts.refused > 100, 'the cases differ')
})

t.test('small-order and non-canonical points as key or R: refused by both', async (t) => {
  const p = Point.Fp.ORDER
  const low = ED25519_TORSION_SUBGROUP.map(hexToBytes)
  const nonCanonical = [0n, 1n, 3n, 4n, 5n, 9n, 10n, 18n].flatMap((y) =>
    [y + p, y + p + 2n ** 255n].map((value) => encodeLittleEndian(value, 32)),
  )
  const seed = new Uint8Array(32).fill(9)
  const message = new Uint8Array(5)
  const signature = sign(seed, message)
  for (const encoding of [...low, ...nonCanonical]) {
    const asR = concat(encoding, signature.subarray(32))
    const zero = concat(encoding, new Uint8Array(32))
    for (const [key, given] of [
      [publicKeyOf(seed), asR],
      [encoding, signature],
      [encoding, zero],
    ] as const) {
      t.notOk(reference(key, message, given))
      t.notOk(native(key, message, given))
    }
    t.notOk(isAcceptableKey(encoding))
  }
  t.notOk(isAcceptableKey(publicKeyOf(seed).subarray(1)))
  t.ok(isAcceptableKey(publicKeyOf(seed)))
})

t.test('which keys may be registered: the same verdicts from libsodium', async (t) => {
  const torsion = ED25519_TORSION_SUBGROUP.map((hex) => Point.fromHex(hex))
  const p = Point.Fp.ORDER
  const spellings = [0n, 1n, 2n, 3n, 18n].flatMap((y) =>
    [y, y + p, p - 1n - y].flatMap((value) =>
      [value, value + 2n ** 255n].map((signed) => encodeLittleEndian(signed, 32)),
    ),
  )
  const points = fc
    .sample(fc.bigInt(1n, order - 1n), { numRuns: 20, seed: 7 })
    .flatMap((scalar) => {
      const point = Point.BASE.multiply(scalar)
      return torsion.map((shift) => point.add(shift).toBytes())
    })
  const noise = fc.sample(bytes(32), { numRuns: 200, seed: 7 })
  const all = [...torsion.map((point) => point.toBytes()), ...spellings, ...points, ...noise]
  const short = [new Uint8Array(0), all[0]?.subarray(1) ?? new Uint8Array(0), new Uint8Array(33)]
  const expected = all.map(isAcceptableKey)
  t.equal(expected.filter(Boolean).length >= 20, true, 'some are accepted')
  let asked = 0
  installNativeKeyCheck()
  t.same(all.map(isAcceptableKey), expected)
  t.same(short.map(isAcceptableKey), [false, false, false])
  useKeyCheck(() => asked++ < 0)
  t.notOk(isAcceptableKey(publicKeyOf(new Uint8Array(32))))
  t.equal(asked, 1, 'the check is the one that was plugged in')
})
