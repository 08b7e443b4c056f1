// SHA-256 by OpenSSL in one call: as fast as the reference on 64 bytes, several times faster on long inputs.
import { hash } from 'node:crypto'
import { useSha256 } from '../../vm/hash.ts'

export function nativeSha256(bytes: Uint8Array): Uint8Array {
  const digest: Buffer = hash('sha256', bytes, 'buffer')
  return new Uint8Array(digest.buffer, digest.byteOffset, digest.byteLength)
}

/** Makes every hash of this thread a native one; called once when a process or a worker starts. */
export function installNativeSha256(): void {
  useSha256(nativeSha256)
}
