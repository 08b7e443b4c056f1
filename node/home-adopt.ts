// A home of a forked chain: the keys and settings of an old home, the two files of the fork, and no vote yet.
import { cp, mkdir } from 'node:fs/promises'
import { EpioneError } from './errors.ts'
import { createFile } from './files.ts'
import { statePathOf } from './fork-state.ts'
import { homePaths } from './home.ts'
import { inspectKeyFile } from './keys/key-file.ts'

/** Votes of the old chain do not bind on the new one: its id is in every signed byte string. */
export async function adoptHome(plan: {
  readonly from: string
  readonly to: string
  readonly genesisPath: string
}): Promise<void> {
  const [from, to] = [homePaths(plan.from), homePaths(plan.to)]
  const { publicKey } = await inspectKeyFile(from.consensusKey)
  const made = await mkdir(plan.to, { recursive: true, mode: 0o700 })
  if (made === undefined) {
    throw new EpioneError({
      code: 'HOME_INVALID',
      message: `${plan.to} exists already`,
      hint: 'name a folder that does not exist: a home is never written over',
    })
  }
  await cp(from.keys, to.keys, { recursive: true, filter: (path) => path !== from.unusedKey })
  for (const name of ['config', 'card'] as const) {
    await cp(from[name], to[name]).catch((error: unknown) => {
      // Both may be kept elsewhere.
      if ((error as { readonly code?: string }).code !== 'ENOENT') throw error
    })
  }
  await cp(plan.genesisPath, to.genesis)
  await cp(statePathOf(plan.genesisPath), statePathOf(to.genesis))
  // Last: with this mark the first start makes a vote lock.
  await createFile(to.unusedKey, new TextEncoder().encode(publicKey))
}
