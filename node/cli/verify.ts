// epione verify: audits chain and state of a stopped node offline, and names the first bad height.
import { Command } from 'commander'
import { appList } from '../../apps/index.ts'
import type { JsonValue } from '../../vm/codec.ts'
import { type AuditResult, audit } from '../audit/audit.ts'
import { installNativeKeyCheck, verifySignature } from '../crypto/ed25519.ts'
import { installNativeSha256 } from '../crypto/sha256.ts'
import { exitCodes } from '../errors.ts'
import { homePaths, readChainStart } from '../home.ts'
import { openLevelStore } from '../store/level.ts'
import { dataOf } from './files.ts'
import { print, withJson } from './output.ts'
import { progressLine } from './progress.ts'

type Options = { readonly home?: string; readonly json?: boolean }

export async function auditHome(home: string): Promise<AuditResult> {
  installNativeSha256()
  installNativeKeyCheck()
  const data = await dataOf(home)
  const { genesis } = await readChainStart(homePaths(home).genesis)
  const store = await openLevelStore(data)
  const bar = progressLine('blocks')
  try {
    return await audit({
      store,
      genesis,
      list: appList,
      verifySignature,
      progress: ({ height, of }) => bar.update(height, of),
    })
  } finally {
    bar.stop()
    await store.close()
  }
}

function linesOf(result: AuditResult, home: string): readonly string[] {
  const { height } = result
  if (!result.ok) {
    return [
      `BAD at height ${result.firstBadHeight} of ${height}: ${result.what}`,
      `  try: epione repair --home ${home}`,
    ]
  }
  const { lowest, stateRoot, accused } = result
  return [
    `good: ${height} blocks, state root ${stateRoot}`,
    ...(lowest === 1
      ? []
      : [`whole blocks from height ${lowest} on, of older ones what proves the state there`]),
    ...accused.map(
      (key) => `the validator with key ${key} signed votes that contradict each other`,
    ),
  ]
}

async function verify(folder: string | undefined, options: Options): Promise<void> {
  const home = folder ?? options.home ?? '.epione'
  const result = await auditHome(home)
  print(options, result as unknown as JsonValue, () => linesOf(result, home))
  if (!result.ok) process.exitCode = exitCodes.failed
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
