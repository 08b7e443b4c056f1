// The passphrase of key files: the first line of a file, never a flag or a variable.
import { readFile } from 'node:fs/promises'
import { EpioneError, systemCodeOf } from '../errors.ts'
import type { Passphrase } from './sealed-secret.ts'

/** Undefined if no file is named; throws EpioneError if it is unreadable or its first line is empty. */
export async function readPassphrase(path: string | null): Promise<Passphrase | undefined> {
  if (path === null) return undefined
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new EpioneError({
      code: 'PASSPHRASE_UNREADABLE',
      message: `cannot read the passphrase file ${path} (${systemCodeOf(error) ?? 'unknown'})`,
      hint: 'check the path and who may read it',
      cause: error,
    })
  })
  const [line = ''] = text.split(/\r?\n/, 1)
  if (line !== '') return { text: line }
  throw new EpioneError({
    code: 'PASSPHRASE_UNREADABLE',
    message: `the first line of ${path} is empty`,
    hint: 'write the passphrase on the first line',
  })
}
