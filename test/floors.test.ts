// The import floors and the purity of the lower ones bite: probes that must be refused are refused.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'

const ROOT = join(import.meta.dirname, '..')

/** Files that the linter must refuse, each with the rule that does it. */
const REFUSED: readonly (readonly [path: string, rule: string, text: string])[] = [
  ['vm/app.ts', 'noRestrictedImports', "export { a } from '../apps/bank/state.ts'"],
  ['vm/type.ts', 'noRestrictedImports', "export type { A } from '../consensus/types.ts'"],
  ['vm/crypto/up.ts', 'noRestrictedImports', "export { a } from '../../node/store/port.ts'"],
  ['vm/fs.ts', 'noRestrictedImports', "export { readFile } from 'node:fs'"],
  ['vm/package.ts', 'noRestrictedImports', "export { LRUCache } from 'lru-cache'"],
  ['vm/random.ts', 'noRestrictedImports', "export { randomBytes } from '@noble/hashes/utils.js'"],
  ['vm/late.ts', 'noRestrictedImports', "export const late = await import('../genesis/build.ts')"],
  ['vm/clock.ts', 'noRestrictedGlobals', 'export const now = Date.now()'],
  ['vm/dice.ts', 'plugin', 'export const dice = Math.random()'],
  ['vm/keygen.ts', 'plugin', "import { a } from '@noble/curves/a.js'\nexport const b = a.keygen()"],
  ['vm/ring-a.ts', 'noImportCycles', "import type { B } from './ring-b.ts'\nexport type A = B[]"],
  ['vm/ring-b.ts', 'noImportCycles', "import type { A } from './ring-a.ts'\nexport type B = A[]"],
  ['apps/bank/a.ts', 'noRestrictedImports', "export { a } from '../../consensus/quorum.ts'"],
  ['apps/bank/b.ts', 'noRestrictedImports', "export { a } from '../vault/query-open.ts'"],
  ['apps/bank/c.ts', 'noRestrictedImports', "export { a } from '../../node/logger.ts'"],
  ['apps/bank/d.ts', 'noRestrictedImports', "export { pino } from 'pino'"],
  ['apps/bank/e.ts', 'noRestrictedGlobals', "export const f = new Intl.NumberFormat('en')"],
  ['consensus/a.ts', 'noRestrictedImports', "export { a } from '../vm/transaction.ts'"],
  ['consensus/pbft/b.ts', 'noRestrictedImports', "export { a } from '../../apps/index.ts'"],
  ['consensus/c.ts', 'noRestrictedImports', "export { setTimeout } from 'node:timers/promises'"],
  ['consensus/d.ts', 'noRestrictedGlobals', 'export const when = new Date()'],
  ['genesis/a.ts', 'noRestrictedImports', "export { a } from '../consensus/pbft/step.ts'"],
  ['genesis/b.ts', 'noRestrictedImports', "export { a } from '../node/config.ts'"],
  ['genesis/c.ts', 'noRestrictedImports', "export { readFileSync } from 'node:fs'"],
  ['client/a.ts', 'noRestrictedImports', "export { a } from '../node/config.ts'"],
  ['client/b.ts', 'noRestrictedImports', "export { a } from '../consensus/pbft/step.ts'"],
  ['client/c.ts', 'noRestrictedImports', "export { createHash } from 'node:crypto'"],
  ['client/d.ts', 'noRestrictedImports', "export { WebSocket } from 'ws'"],
  ['node/rpc/a.ts', 'noRestrictedImports', "export { createLibp2p } from 'libp2p'"],
  ['node/rpc/b.ts', 'noRestrictedImports', "export { Level } from 'level'"],
  ['node/rpc/c.ts', 'noRestrictedImports', "export { a } from '../../test/run.ts'"],
  ['node/rpc/d.ts', 'noFloatingPromises', 'export const f = async (): Promise<void> => {}\nf()'],
]

/** What lies next to them and is allowed: a rule that refuses everything proves nothing. */
const ALLOWED: readonly (readonly [path: string, text: string])[] = [
  ['vm/fine.ts', "export { a } from './hash.ts'\nexport { sha256 } from '@noble/hashes/sha2.js'"],
  ['vm/crypto/fine.ts', "export { a } from '../bytes.ts'\nexport { encode } from 'cborg'"],
  ['apps/fine.ts', "export { a } from '../vm/app.ts'\nexport { b } from './bank/index.ts'"],
  [
    'apps/bank/fine.ts',
    "export { a } from '../../vm/app.ts'\nexport { b } from '../vault/state.ts'",
  ],
  [
    'consensus/pbft/fine.ts',
    "export { a } from '../types.ts'\nexport { b } from '../../vm/hash.ts'",
  ],
  ['genesis/fine.ts', "export { a } from '../vm/codec.ts'\nexport { b } from '../apps/index.ts'"],
  ['client/fine.ts', "export { a } from '../consensus/certificate.ts'"],
  ['node/fine.ts', "export { a } from '../consensus/pbft/step.ts'\nexport const now = Date.now()"],
  ['node/p2p/fine.ts', "export { createLibp2p } from 'libp2p'"],
  ['node/store/fine.ts', "export { Level } from 'level'"],
]

interface Report {
  readonly diagnostics: readonly {
    readonly category: string
    readonly severity: string
    readonly location: { readonly path: string }
  }[]
}

/** A folder with the house's own settings and the given files. */
function house(
  t: Test,
  settings: readonly string[],
  files: readonly (readonly [path: string, text: string])[],
): string {
  const folder = t.testdir()
  for (const file of settings) cpSync(join(ROOT, file), join(folder, file))
  for (const [path, text] of files) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), `${text}\n`)
  }
  return folder
}

t.test('the linter refuses what climbs the stairs, and only that', async (t) => {
  const folder = house(
    t,
    ['biome.json', 'no-entropy.grit'],
    [...REFUSED.map(([path, , text]) => [path, text] as const), ...ALLOWED],
  )
  const { stdout } = spawnSync(
    join(ROOT, 'node_modules/.bin/biome'),
    ['lint', '--reporter=json', '--max-diagnostics=none', '.'],
    { cwd: folder, encoding: 'utf8' },
  )
  const found = new Map<string, string[]>()
  for (const { category, location } of (JSON.parse(stdout) as Report).diagnostics) {
    const rule = category.split('/').at(-1) ?? ''
    // The probes re-export, as the shortest way to use what they import.
    if (rule === 'noBarrelFile') continue
    found.set(location.path, [...(found.get(location.path) ?? []), rule])
  }
  for (const [path, rule, text] of REFUSED)
    t.strictSame(found.get(path), [rule], `${path}: ${text}`)
  for (const [path, text] of ALLOWED) t.equal(found.get(path), undefined, `${path}: ${text}`)
})

t.test('the pure type check knows no clock, no machine and no network', async (t) => {
  const impure: readonly (readonly [path: string, text: string])[] = [
    ['vm/timer.ts', 'setTimeout(() => {}, 1)'],
    ['vm/buffer.ts', "export const a = Buffer.from('a')"],
    ['apps/process.ts', 'export const a = process.env'],
    ['apps/fetch.ts', "export const a = fetch('http://localhost')"],
    ['consensus/crypto.ts', 'export const a = crypto.getRandomValues(new Uint8Array(1))'],
    ['consensus/clock.ts', 'export const a = performance.now()'],
    ['genesis/module.ts', "export { readFileSync } from 'node:fs'"],
    ['genesis/require.ts', "export const a = require('fs')"],
    ['vm/print.ts', "console.log('a')"],
    ['vm/enum.ts', 'export enum A {}'],
  ]
  const fine = ['vm/fine.ts', 'export const a = new Uint8Array(2).toString()'] as const
  const folder = house(
    t,
    ['package.json', 'tsconfig.json', 'tsconfig.pure.json'],
    [...impure, fine],
  )
  const { stdout, status } = spawnSync(
    join(ROOT, 'node_modules/.bin/tsc'),
    ['--noEmit', '--pretty', 'false', '-p', 'tsconfig.pure.json'],
    { cwd: folder, encoding: 'utf8' },
  )
  t.not(status, 0)
  for (const [path, text] of impure) {
    t.ok(stdout.includes(`${path}(1,`), `${path}: ${text}`)
  }
  t.notOk(stdout.includes(fine[0]), fine[1])
})
