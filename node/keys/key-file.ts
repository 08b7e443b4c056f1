// Key files: made once, never overwritten, readable by their owner only, each failure one clear line.
import { randomBytes } from 'node:crypto'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { PublicKey } from '../../vm/types.ts'
import { EpioneError, type ErrorCode, systemCodeOf } from '../errors.ts'
import { createFile } from '../files.ts'
import { derivePublicKey, type KeyKind, keyKinds, secretFrom } from './key-kind.ts'
import {
  openSecret,
  type Passphrase,
  publicKeySchema,
  sealSecret,
  secretAtRestSchema,
} from './sealed-secret.ts'

const KEY_FILE_BYTES_MAX = 4_096

const keyFileSchema = z.strictObject({
  version: z.literal(1),
  kind: z.enum(keyKinds),
  publicKey: publicKeySchema,
  crypto: secretAtRestSchema,
})
type KeyFile = z.infer<typeof keyFileSchema>

/** What may be shown. */
export type PublicPart = {
  readonly kind: KeyKind
  readonly publicKey: PublicKey
  readonly encrypted: boolean
}

/** A key in memory; `secret` is never printed, and the logger leaves fields of that name out. */
export type Key = {
  readonly kind: KeyKind
  readonly publicKey: PublicKey
  readonly secret: Uint8Array
}

function fail(code: ErrorCode, message: string, hint: string): never {
  throw new EpioneError({ code, message, hint })
}

function contextOf({ version, kind, publicKey }: Pick<KeyFile, 'version' | 'kind' | 'publicKey'>) {
  return `epione/key-file/${version}/${kind}/${publicKey}`
}

export type CreateKeyParameters = {
  readonly path: string
  readonly kind: KeyKind
  /** Encrypts the file; plain without. */
  readonly passphrase?: Passphrase | undefined
  /** Known secret, such as the public keys of the developer chain; random if not given. */
  readonly secret?: Uint8Array
}

/** Throws EpioneError if the file exists or cannot be written. */
export async function createKeyFile(parameters: CreateKeyParameters): Promise<Key> {
  const { path, kind, passphrase } = parameters
  const secret = parameters.secret ?? secretFrom(kind, randomBytes(64))
  const publicKey = derivePublicKey(kind, secret)
  if (publicKey === undefined) {
    fail('KEY_DAMAGED', `the bytes are no ${kind} secret`, 'leave the secret out to make a new one')
  }
  const head = { version: 1, kind, publicKey } as const
  const crypto = await sealSecret({ secret, context: contextOf(head), passphrase })
  const text = `${JSON.stringify({ ...head, crypto }, undefined, 2)}\n`
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const created = await createFile(path, new TextEncoder().encode(text))
  if (!created)
    fail('KEY_EXISTS', `${path} exists already`, 'choose another name; keys are never overwritten')
  return { kind, publicKey, secret }
}

async function readBytes(path: string): Promise<string> {
  const file = await open(path, 'r').catch((error: unknown) => {
    const code = systemCodeOf(error)
    if (code === 'ENOENT')
      fail('KEY_MISSING', `there is no key file ${path}`, 'make it with epione keys new')
    return fail('KEY_MISSING', `cannot open ${path} (${code})`, 'check owner and folder')
  })
  try {
    const { mode, size } = await file.stat()
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      const found = (mode & 0o777).toString(8).padStart(4, '0')
      fail(
        'KEY_TOO_OPEN',
        `${path} has mode ${found}: others can read this key`,
        `chmod 600 ${path}, and think about whether somebody has read it`,
      )
    }
    if (size > KEY_FILE_BYTES_MAX) damaged(path, `${size} bytes are no key file`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

function damaged(path: string, what: string): never {
  return fail('KEY_DAMAGED', `${path} is damaged: ${what}`, 'restore the file from your backup')
}

async function readKeyFile(path: string): Promise<KeyFile> {
  const text = await readBytes(path)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    // The parser's own words would quote the file, and so perhaps the secret.
    return damaged(path, 'not JSON')
  }
  const parsed = keyFileSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const place = parsed.error.issues[0]?.path.join('.') || 'the object'
  return damaged(path, `${place} is missing, unknown or of another form`)
}

/** The public part of a key file; needs no passphrase. */
export async function inspectKeyFile(path: string): Promise<PublicPart> {
  const { kind, publicKey, crypto } = await readKeyFile(path)
  return { kind, publicKey, encrypted: crypto.kind !== 'plain' }
}

async function secretOf(
  path: string,
  { file, passphrase }: { file: KeyFile; passphrase: Passphrase | undefined },
): Promise<Uint8Array> {
  const { crypto } = file
  if (crypto.kind === 'plain') return Buffer.from(crypto.secret.slice(2), 'hex')
  if (passphrase === undefined) {
    fail('KEY_LOCKED', `${path} is encrypted`, 'name a passphrase file (--passphrase-file)')
  }
  const secret = await openSecret(crypto, { context: contextOf(file), passphrase })
  if (secret !== undefined) return secret
  return fail(
    'PASSPHRASE_WRONG',
    `the passphrase does not open ${path}`,
    'check the passphrase file; if it is right, the key file was changed: restore it',
  )
}

export type ReadKeyParameters = {
  readonly path: string
  readonly kind: KeyKind
  readonly passphrase?: Passphrase | undefined
}

/** Throws EpioneError: missing, readable by others, damaged, of another kind, locked, wrong passphrase. */
export async function readKey({ path, kind, passphrase }: ReadKeyParameters): Promise<Key> {
  const file = await readKeyFile(path)
  if (file.kind !== kind) {
    fail('KEY_WRONG_KIND', `${path} holds a key for ${file.kind}, not ${kind}`, 'name another file')
  }
  const secret = new Uint8Array(await secretOf(path, { file, passphrase }))
  if (derivePublicKey(kind, secret) !== file.publicKey) {
    damaged(path, 'its secret belongs to another public key')
  }
  return { kind, publicKey: file.publicKey, secret }
}
