// The native SHA-256 gives what the reference gives, for every length around the block seams.
import { sha256 } from '@noble/hashes/sha2.js'
import t from 'tap'
import { installNativeSha256, nativeSha256 } from '../../../node/crypto/sha256.ts'
import { digest } from '../../../vm/hash.ts'

t.test('equal digests', async (t) => {
  for (const size of [0, 1, 31, 32, 33, 55, 56, 63, 64, 65, 119, 120, 127, 128, 1_000, 100_000]) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 31 + size) & 0xff)
    t.same(nativeSha256(bytes), sha256(bytes), `${size} bytes`)
    const view = new Uint8Array(size + 3).subarray(3)
    view.set(bytes)
    t.same(nativeSha256(view), sha256(bytes), `${size} bytes in a view`)
  }
})

t.test('installed, the ledger hashes as before', async (t) => {
  const before = digest('tx', new Uint8Array([1, 2, 3]))
  installNativeSha256()
  t.equal(digest('tx', new Uint8Array([1, 2, 3])), before)
})
