// Which test files run in one process, and in which order the processes start.

/** Test files that run one after the other in a process of their own; most have one file. */
export type Batch = { readonly name: string; readonly files: readonly string[] }

/** What takes longest, by the beginnings of paths: it starts first, so that nothing long is left alone at the end. */
const HEAVY: readonly string[] = [
  'test/e2e/dev-cheat',
  'test/e2e/dev-resume',
  'test/e2e/dev.',
  'test/e2e/chaos',
  'test/e2e/dev',
  'test/e2e/testnet',
  'test/fuzz/decoders',
  'test/sim/seeds-four',
  'test/sim/seeds-one',
  'test/apps/vault/',
  'test/sim/',
  'test/fuzz/stateful',
  'test/bench/bench',
  'test/apps/',
  'test/node/replica/',
  'test/node/snapshot/',
  'test/node/kill-points',
]

/**
 * Files of one row share a process, which saves each of them half a second of loading and the warming up of the
 * cryptography. Only such as leave nothing behind and change nothing for the whole process: flags of V8, the environment,
 * the working folder, native implementations in the place of those under test. Not test/node/replica: its networks live by
 * real timers, and in one process for all of them some stand still.
 */
const TOGETHER: readonly RegExp[] = [
  /^test\/consensus\//,
  /^test\/vm\//,
  /^test\/apps\/(bank|committee|registry)\//,
  /^test\/apps\/vault\/replicated\//,
  /^test\/apps\/vault\/[a-m]/,
  /^test\/apps\/vault\/[n-r]/,
  /^test\/apps\/vault\/[s-z]/,
  /^test\/(genesis|docs)\/|^test\/bench\/(?!bench|vault)/,
  /^test\/node\/(audit|config|ledger|store)\//,
  /^test\/client\//,
  /^test\/node\/(?!kill-points|failing-disk)[^/]+$/,
  /^test\/node\/agents\//,
  /^test\/node\/p2p\//,
  /^test\/node\/rpc\//,
  /^test\/node\/snapshot\//,
]

function place(path: string): number {
  const index = HEAVY.findIndex((beginning) => path.startsWith(beginning))
  return index === -1 ? HEAVY.length : index
}

/** All files in batches, the heavy ones first. */
export function batchesOf(files: readonly string[]): readonly Batch[] {
  const batches = new Map<string, string[]>()
  for (const file of files.toSorted()) {
    const shared = TOGETHER.find((pattern) => pattern.test(file))
    const key = shared?.source ?? file
    const batch = batches.get(key)
    if (batch === undefined) batches.set(key, [file])
    else batch.push(file)
  }
  return [...batches.values()]
    .map((members) => ({ name: nameOf(members), files: members }))
    .toSorted((left, right) => place(left.name) - place(right.name))
}

function nameOf([first = '', ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${first} and ${others.length} more`
}
