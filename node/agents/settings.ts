// The home of one agent: its settings, its keys, its genesis file, its outbox and its log.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { TransactionSigner } from '../../client/signer.ts'
import type { AccountId, Hex } from '../../vm/types.ts'
import { createSigner } from '../crypto/ed25519.ts'
import { EpioneError, systemCodeOf } from '../errors.ts'
import { createFile } from '../files.ts'
import { readKey } from '../keys/key-file.ts'

export function agentPaths(home: string) {
  return {
    settings: join(home, 'agent.json'),
    genesis: join(home, 'genesis.json'),
    accountKey: join(home, 'keys', 'account.json'),
    outbox: join(home, 'outbox.jsonl'),
    view: join(home, 'view.json'),
    log: join(home, 'agent.log'),
    /** The process that runs here now, for other commands. */
    running: join(home, 'running.json'),
    data: join(home, 'data'),
    secret: (name: string) => join(home, 'keys', `${name}.json`),
    file: (name: string) => join(home, name),
  }
}

export const hex32 = z.custom<Hex>(
  (value) => typeof value === 'string' && /^0x[0-9a-f]{64}$/.test(value),
  'expected 32 bytes as 0x and lower-case hexadecimal',
)

function invalidHome(path: string, what: string, cause?: unknown): EpioneError {
  return new EpioneError({
    code: 'HOME_INVALID',
    message: `${path} ${what}`,
    hint: 'restore the home of this agent from your backup, or make it again',
    cause,
  })
}

/** Undefined if there is no such file. Throws EpioneError HOME_INVALID for other content. */
export async function readJson<S extends z.ZodType>(
  path: string,
  schema: S,
): Promise<z.infer<S> | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    // The parser's words would quote the file, which may hold secrets.
    throw invalidHome(path, 'is not JSON')
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw invalidHome(path, `is wrong at ${issue?.path.join('.')}: ${issue?.message}`)
}

export async function requireJson<S extends z.ZodType>(
  path: string,
  schema: S,
): Promise<z.infer<S>> {
  const found = await readJson(path, schema)
  if (found === undefined) throw invalidHome(path, 'is missing')
  return found
}

export function toJsonBytes(content: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(content)}\n`)
}

/** Writes a file of mode 0600 that does not exist, and answers what is in it afterwards: the first writer decides. */
export async function keepJson<S extends z.ZodType>(
  path: string,
  schema: S,
  content: z.infer<S>,
): Promise<z.infer<S>> {
  await createFile(path, toJsonBytes(content))
  return requireJson(path, schema)
}

/** The account in whose name the agent acts, with the key in its home. */
export async function readSigner(home: string, account: AccountId): Promise<TransactionSigner> {
  const key = await readKey({ path: agentPaths(home).accountKey, kind: 'account' })
  const { sign } = createSigner(key.secret)
  return { account, publicKey: key.publicKey, sign }
}
