// A network that commands have made and started, for commands that go on in its folder.
import { join } from 'node:path'
import type { Test } from 'tap'
import { epioneJson, stopAfter, temporaryFolder } from './epione.ts'
import { enter } from './epione-here.ts'

/** One validator in `net`, gone after the test; paths are seen from the folder that is answered. */
export async function startCommanded(t: Test): Promise<string> {
  const cwd = temporaryFolder(t)
  stopAfter(t, join(cwd, 'net'))
  await epioneJson(t, ['testnet', 'init', '--home', 'net', '--validators', '1'], { cwd })
  await epioneJson(t, ['testnet', 'start', '--home', 'net'], { cwd })
  enter(t, cwd)
  return cwd
}
