// Files that must be there after a crash: written whole, synced, and named only then.
import { constants } from 'node:fs'
import { link, open, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { EpioneError, systemCodeOf } from './errors.ts'

/** Makes names in the folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function writeBeside(path: string, bytes: Uint8Array): Promise<string> {
  const draft = `${path}.draft-${process.pid}`
  const handle = await open(draft, 'w', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return draft
}

/** Makes a file of mode 0600 that has all its bytes or does not exist; false if the name is taken. */
export async function createFile(path: string, bytes: Uint8Array): Promise<boolean> {
  const draft = await writeBeside(path, bytes)
  try {
    await link(draft, path)
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    await unlink(draft)
  }
  await syncFolder(dirname(path))
  return true
}

/** Replaces a file in one step, or makes it. */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  await rename(await writeBeside(path, bytes), path)
  await syncFolder(dirname(path))
}

/** For a write or fsync that failed: nobody knows what is on disk, so nothing may be built on it. */
export function indeterminateWrite(path: string, cause: unknown): EpioneError {
  return new EpioneError({
    code: 'STORE_FAILED',
    message: `writing ${path} failed (${systemCodeOf(cause) ?? String(cause)})`,
    hint: 'free space or repair the disk, then start the node again: it reads what is really there',
    cause,
  })
}
