// SHA-256 by OpenSSL in one call, several times faster than the reference.
import { type BinaryToTextEncoding, hash } from 'node:crypto'
import { useSha256 } from '../../vm/hash.ts'

/** The digest comes as Latin-1 text, one letter for each byte: three times cheaper than a new buffer from the other side. */
export function nativeSha256(bytes: Uint8Array): Uint8Array {
  const letters = hash('sha256', bytes, 'latin1' as BinaryToTextEncoding)
  const digest = new Uint8Array(32)
  for (let index = 0; index < 32; index++) digest[index] = letters.charCodeAt(index)
  return digest
}

/** Makes every hash of this thread a native one; called once when a process or a worker starts. */
export function installNativeSha256(): void {
  useSha256(nativeSha256)
}
