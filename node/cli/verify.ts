// epione verify: audits chain and state of a stopped node offline, and names the first bad height.
import { Command } from 'commander'
import { appList } from '../../apps/index.ts'
import type { JsonValue } from '../../vm/codec.ts'
import { audit } from '../audit/audit.ts'
import { verifySignature } from '../crypto/ed25519.ts'
import { installNativeSha256 } from '../crypto/sha256.ts'
import { homePaths, readGenesis } from '../home.ts'
import { openLevelStore } from '../store/level.ts'
import { print, withJson } from './output.ts'
import { progressLine } from './progress.ts'

type Options = { readonly home?: string; readonly json?: boolean }

async function verify(folder: string | undefined, options: Options): Promise<void> {
  installNativeSha256()
  const paths = homePaths(folder ?? options.home ?? '.epione')
  const { genesis } = await readGenesis(paths.genesis)
  const store = await openLevelStore(paths.data)
  const bar = progressLine('blocks')
  const result = await audit({
    store,
    genesis,
    list: appList,
    verifySignature,
    progress: ({ height, of }) => bar.update(height, of),
  })
  bar.stop()
  await store.close()
  print(options, result as unknown as JsonValue, () =>
    result.ok
      ? [`good: ${result.height} blocks, state root ${result.stateRoot}`]
      : [`BAD at height ${result.firstBadHeight} of ${result.height}: ${result.what}`],
  )
  if (!result.ok) process.exitCode = 1
}

export function verifyCommand(): Command {
  const command = new Command('verify')
    .description("audit a stopped node's chain and state")
    .argument('[folder]', 'home of a node')
    .option('--home <folder>', 'home of a node')
  return withJson(command, [
    'epione verify hospital',
    'epione verify --home hospital --json',
  ]).action(verify)
}
