// A disk that can be made full: a file system in memory under one validator's home where this user may mount one.
import { execFile, spawnSync } from 'node:child_process'
import { cp, mkdir, open, rename, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { StartOptions } from './process.ts'

export type SmallDisk = {
  /** The home that is on it. */
  readonly home: string
  /** How its process must be started for the fault; undefined if it needs nothing. */
  readonly startOptions: StartOptions | undefined
  readonly fill: () => Promise<void>
  readonly empty: () => Promise<void>
  /** Takes it away; what was on it is kept in a plain folder or not. */
  readonly end: (rest: 'keep' | 'drop') => Promise<void>
}

const run = promisify(execFile)
const ROOMY = 1024 * 1024 * 1024
/** More than a process that runs on writes while its disk is made small. */
const LEFT_ROOM = 64 * 1024 * 1024
const BALLAST_STEP = 1024 * 1024
const diskPreload = join(import.meta.dirname, 'disk-preload.ts')

function pretended(home: string, folder: string): SmallDisk {
  const flag = join(folder, 'disk-is-full')
  return {
    home,
    startOptions: { preloads: [diskPreload], env: { CHAOS_FULL_DISK: flag } },
    fill: () => writeFile(flag, ''),
    empty: () => rm(flag, { force: true }),
    end: () => rm(flag, { force: true }),
  }
}

/** Writes into a new file for as long as there is room. */
async function writeUntilFull(path: string): Promise<void> {
  const file = await open(path, 'wx')
  try {
    const step = new Uint8Array(BALLAST_STEP)
    for (;;) await file.write(step)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  } finally {
    await file.close()
  }
}

/** Must be made before anything is in the home. */
export async function createSmallDisk(plan: {
  readonly home: string
  /** For what has no place in the home. */
  readonly folder: string
}): Promise<SmallDisk> {
  const { home, folder } = plan
  await mkdir(home, { recursive: true, mode: 0o700 })
  const options = (size: number) => `size=${size},mode=0700`
  try {
    await run('mount', ['-t', 'tmpfs', '-o', options(ROOMY), 'chaos', home])
  } catch {
    return pretended(home, folder)
  }
  const ballast = join(home, 'ballast')
  const unmount = () => spawnSync('umount', ['--lazy', home])
  process.on('exit', unmount)
  const resize = (size: number) =>
    run('mount', ['-o', `remount,${options(size)}`, home]).then(() => undefined)
  return {
    home,
    startOptions: undefined,
    fill: async () => {
      const { blocks, bfree, bsize } = await statfs(home)
      await resize((blocks - bfree) * bsize + LEFT_ROOM)
      await writeUntilFull(ballast)
    },
    empty: async () => {
      await rm(ballast, { force: true })
      await resize(ROOMY)
    },
    end: async (rest) => {
      const copy = `${home}.kept`
      if (rest === 'keep') await cp(home, copy, { recursive: true })
      process.off('exit', unmount)
      unmount()
      if (rest === 'drop') return
      await rm(home, { recursive: true, force: true })
      await rename(copy, home)
    },
  }
}
