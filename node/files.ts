// Files that must be there after a crash: written whole, synced, and named only then.
import { dirname } from 'node:path'
import { type Disk, nodeDisk } from './disk.ts'
import { EpioneError, systemCodeOf } from './errors.ts'

/** Names of drafts that are being written in this process. */
const drafts = new Set<string>()

/** Writes a whole file beside the path for its use there; who writes to the same path meanwhile has another draft. */
async function withDraft<T>(
  path: string,
  { bytes, disk }: { readonly bytes: Uint8Array; readonly disk: Disk },
  use: (draft: string) => Promise<T>,
): Promise<T> {
  let draft = `${path}.draft-${process.pid}`
  while (drafts.has(draft)) draft += '+'
  drafts.add(draft)
  try {
    const file = await disk.create(draft)
    try {
      file.write([bytes], 0)
      await file.sync()
    } finally {
      await file.close()
    }
    return await use(draft)
  } finally {
    drafts.delete(draft)
  }
}

/** Makes a file of mode 0600 that has all its bytes or does not exist; false if the name is taken. */
export async function createFile(
  path: string,
  bytes: Uint8Array,
  disk: Disk = nodeDisk,
): Promise<boolean> {
  const isNew = await withDraft(path, { bytes, disk }, async (draft) => {
    try {
      return await disk.link(draft, path)
    } finally {
      await disk.unlink(draft)
    }
  })
  if (isNew) await disk.syncFolder(dirname(path))
  return isNew
}

/** Replaces a file in one step, or makes it. */
export async function replaceFile(
  path: string,
  bytes: Uint8Array,
  disk: Disk = nodeDisk,
): Promise<void> {
  await withDraft(path, { bytes, disk }, (draft) => disk.rename(draft, path))
  await disk.syncFolder(dirname(path))
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

/** What the system says while a file is opened or read back, as an operating error; everything else stays what it is. */
export function unreadable(path: string, cause: unknown): unknown {
  const code = cause instanceof EpioneError ? undefined : systemCodeOf(cause)
  // Codes of Node's own begin with ERR_: those are bugs.
  if (code === undefined || code.startsWith('ERR_')) return cause
  return new EpioneError({
    code: 'STORE_FAILED',
    message: `opening ${path} failed (${code})`,
    hint: 'look at the disk, its space and the permissions, then start the node again: it reads what is really there',
    cause,
  })
}
