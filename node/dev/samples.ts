// The sample accounts in files, as the other commands expect them.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fromHex } from '../../vm/bytes.ts'
import { createFile } from '../files.ts'
import { createKeyFile } from '../keys/key-file.ts'
import { networkPaths } from '../testnet/layout.ts'
import type { NetworkPlan } from './plan.ts'

/** The account's id is written last: where it is, the key is there. */
export async function keepSamples({ home, samples }: NetworkPlan): Promise<void> {
  for (const { name, account, seed } of samples) {
    const folder = networkPaths(home).client(name)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const place = join(folder, 'account')
    const isNew = await createFile(place, new TextEncoder().encode(`${account}\n`))
    if (!isNew) continue
    await createKeyFile({ path: join(folder, 'key.json'), kind: 'account', secret: fromHex(seed) })
  }
}
