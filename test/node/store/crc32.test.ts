// The quick checksum against that of zlib.
import { crc32 as nativeCrc32 } from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import { crc32, crc32OfText } from '../../../node/store/crc32.ts'

t.test('the quick checksum is zlib’s', async (t) => {
  const content = fc.uint8Array({ maxLength: 300 })
  const key = fc.string({ unit: 'grapheme-ascii', maxLength: 100 })
  fc.assert(
    fc.property(key, content, fc.nat(10), (text, bytes, start) => {
      t.equal(crc32OfText(text), nativeCrc32(text))
      t.equal(crc32(bytes, crc32OfText(text)), nativeCrc32(bytes, nativeCrc32(text)))
      t.equal(crc32(bytes, 0, start), nativeCrc32(bytes.subarray(start)))
    }),
  )
})
