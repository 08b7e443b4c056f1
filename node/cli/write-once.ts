// Files of a command that others rely on: never another's content under the same name.
import { readFile, writeFile } from 'node:fs/promises'
import { EpioneError } from '../errors.ts'

/** A node whose genesis file became another's would not start any more. */
export async function writeOnce(path: string, content: string): Promise<void> {
  const present = await readFile(path, 'utf8').catch(() => undefined)
  if (present === content) return
  if (present !== undefined) {
    throw new EpioneError({
      code: 'INPUT_INVALID',
      message: `${path} exists already and is of another chain`,
      hint: 'choose another --out, or move the file away if no node has started with it',
    })
  }
  await writeFile(path, content)
}
