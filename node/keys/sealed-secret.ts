// A secret at rest: plain, or under scrypt and AES-256-GCM with the file's other fields as additional data.
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { z } from 'zod'
import { fromHex, toHex } from '../../vm/bytes.ts'
import type { Hex } from '../../vm/types.ts'

function hexOf(size: number) {
  return z.custom<Hex>(
    (value) => typeof value === 'string' && new RegExp(`^0x[0-9a-f]{${2 * size}}$`).test(value),
    `expected ${size} bytes as 0x and lower-case hexadecimal`,
  )
}

/** The bound on n keeps a foreign file from taking all memory: 2^20 is 1 GiB. */
const sealedSchema = z.strictObject({
  kind: z.literal('scrypt-aes-256-gcm'),
  n: z
    .int()
    .min(2)
    .max(2 ** 20)
    .refine((n) => Number.isInteger(Math.log2(n)), 'a power of two'),
  r: z.literal(8),
  p: z.literal(1),
  salt: hexOf(32),
  nonce: hexOf(12),
  ciphertext: hexOf(32),
  tag: hexOf(16),
})
const plainSchema = z.strictObject({ kind: z.literal('plain'), secret: hexOf(32) })

export const secretAtRestSchema = z.discriminatedUnion('kind', [plainSchema, sealedSchema])
export type SecretAtRest = z.infer<typeof secretAtRestSchema>
type Sealed = z.infer<typeof sealedSchema>
export const publicKeySchema = hexOf(32)

/** scrypt's work factor; a quarter of a second and 128 MiB for each attempt. */
const SCRYPT_N = 2 ** 17

export type Passphrase = {
  readonly text: string
  /** The work factor for new files; small in tests only. */
  readonly scryptN?: number
}

/** EIP-2335: NFKD, without control characters, so that it is the same whatever keyboard made it. */
function normalize(text: string): string {
  return text.normalize('NFKD').replace(/\p{Cc}/gu, '')
}

function derive(passphrase: string, { salt, n, r, p }: Pick<Sealed, 'salt' | 'n' | 'r' | 'p'>) {
  // Twice what it takes, and what it takes besides where n is small.
  const options = { N: n, r, p, maxmem: 256 * (n + 4) * r }
  return new Promise<Buffer>((resolve, reject) => {
    scrypt(normalize(passphrase), fromHex(salt), 32, options, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}

export type SealParameters = {
  readonly secret: Uint8Array
  /** Authenticated with the secret: a changed field makes the passphrase fail. */
  readonly context: string
  readonly passphrase: Passphrase | undefined
}

export async function sealSecret(parameters: SealParameters): Promise<SecretAtRest> {
  const { secret, context, passphrase } = parameters
  if (passphrase === undefined) return { kind: 'plain', secret: toHex(secret) }
  const kdf = {
    n: passphrase.scryptN ?? SCRYPT_N,
    r: 8,
    p: 1,
    salt: toHex(randomBytes(32)),
  } as const
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', await derive(passphrase.text, kdf), nonce)
  cipher.setAAD(Buffer.from(context))
  const ciphertext = Buffer.concat([cipher.update(secret), cipher.final()])
  return {
    kind: 'scrypt-aes-256-gcm',
    ...kdf,
    nonce: toHex(nonce),
    ciphertext: toHex(ciphertext),
    tag: toHex(cipher.getAuthTag()),
  }
}

/** Undefined for a wrong passphrase or changed bytes: the two cannot be told apart. */
export async function openSecret(
  sealed: Sealed,
  { context, passphrase }: { readonly context: string; readonly passphrase: Passphrase },
): Promise<Uint8Array | undefined> {
  const key = await derive(passphrase.text, sealed)
  const decipher = createDecipheriv('aes-256-gcm', key, fromHex(sealed.nonce))
  decipher.setAAD(Buffer.from(context))
  decipher.setAuthTag(fromHex(sealed.tag))
  try {
    const opened = Buffer.concat([decipher.update(fromHex(sealed.ciphertext)), decipher.final()])
    return new Uint8Array(opened)
  } catch {
    return undefined
  }
}
