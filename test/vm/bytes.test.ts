// Hexadecimal and integers, against the platform's own.
import fc from 'fast-check'
import t from 'tap'
import { fromHex, isHex, toHex, u32, u64 } from '../../vm/bytes.ts'

t.test('bytes of every length become hexadecimal and come back', async (t) => {
  for (let size = 0; size < 300; size++) {
    const bytes = Uint8Array.from({ length: size }, (_, at) => (at * 151 + size) & 255)
    const hex = `0x${Buffer.from(bytes).toString('hex')}` as const
    if (toHex(bytes) !== hex) t.fail(`${size} bytes`)
    if (!isHex(hex, size) || isHex(hex, size + 1)) t.fail(`the size of ${size} bytes`)
    if (Buffer.compare(fromHex(hex), bytes) !== 0) t.fail(`${size} bytes back`)
  }
})

t.test('what is hexadecimal is what the pattern says', async (t) => {
  const pattern = /^0x(?:[0-9a-f]{2})*$/
  const letters = fc.constantFrom(...'0123456789abcdefgGAFx/:`@\u0000\u0130\ud800 \n')
  fc.assert(
    fc.property(fc.string({ unit: letters, maxLength: 6 }), fc.boolean(), (text, prefixed) => {
      const hex = prefixed ? `0x${text}` : text
      if (isHex(hex) !== pattern.test(hex)) throw new Error(JSON.stringify(hex))
    }),
    { numRuns: 5_000 },
  )
  for (const other of [undefined, null, 5, ['0x'], '', '0', 'x0']) t.notOk(isHex(other))
})

t.test('bytes are read from either case, and from nothing that is no digit', async (t) => {
  t.same(fromHex('0xABcd'), new Uint8Array([0xab, 0xcd]))
  for (const hex of ['0xa', '0xgg', '0x1 ', '0x\u01300', '0x\uff11\uff11'] as const)
    t.throws(() => fromHex(hex), RangeError, hex)
})

t.test('integers are big-endian', async (t) => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (value) => {
      const long = Buffer.alloc(8)
      long.writeBigUInt64BE(value)
      const short = Number(value & 0xffff_ffffn)
      if (!long.equals(u64(value))) throw new Error(`${value}`)
      if (!long.subarray(4).equals(u32(short))) throw new Error(`${short}`)
    }),
  )
  t.same(u64(2n ** 64n - 1n), new Uint8Array(8).fill(0xff))
})
