// SHA-256 by OpenSSL in one call, several times faster than the reference.
import { hash } from 'node:crypto'
import { useSha256 } from '../../vm/hash.ts'
import type { Digest } from '../../vm/types.ts'

/** The digest comes as text, two bytes to a letter: four times cheaper than a new buffer from the other side. */
function nativeSha256Into(bytes: Uint8Array, out: Uint8Array, at: number): void {
  const letters = hash('sha256', bytes, 'utf16le' as 'hex')
  for (let index = 0; index < 16; index++) {
    const letter = letters.charCodeAt(index)
    out[at + 2 * index] = letter
    out[at + 2 * index + 1] = letter >> 8
  }
}

export function nativeSha256(bytes: Uint8Array): Uint8Array {
  const digest = new Uint8Array(32)
  nativeSha256Into(bytes, digest, 0)
  return digest
}

function nativeSha256Text(bytes: Uint8Array): Digest {
  return `0x${hash('sha256', bytes, 'hex')}` as Digest
}

/** Makes every hash of this thread a native one; called once when a process or a worker starts. */
export function installNativeSha256(): void {
  useSha256({ bytes: nativeSha256, into: nativeSha256Into, text: nativeSha256Text })
}
