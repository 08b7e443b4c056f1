// The same parties once more, before a new committee: homes of their own with the same keys, and one with other intentions.
import { randomBytes } from 'node:crypto'
import { copyFile, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { toHex } from '../../../vm/bytes.ts'
import { agentPaths, keepJson, requireJson } from '../../agents/settings.ts'
import { networkPaths } from '../../testnet/layout.ts'
import { castSchema } from '../cast.ts'

async function copyKey(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  await copyFile(from, to)
}

/** What a cast that is opened there finds: its people, under a committee of another id. */
export async function inheritPeople(first: string, second: string): Promise<void> {
  const homes = { from: networkPaths(first).client, to: networkPaths(second).client }
  const castAt = (home: string) => join(home, 'cast.json')
  const kept = await requireJson(castAt(homes.from('operator')), castSchema)
  await mkdir(homes.to('operator'), { recursive: true, mode: 0o700 })
  const nonce = toHex(randomBytes(16))
  await keepJson(castAt(homes.to('operator')), castSchema, { ...kept, nonce })
  const secret = (home: string) => agentPaths(home).secret('patients')
  await copyKey(secret(homes.from('patients')), secret(homes.to('patients')))
  for (const { name } of kept.payers) {
    const key = (home: string) => agentPaths(home).accountKey
    await copyKey(key(homes.from(name)), key(homes.to(name)))
  }
}
