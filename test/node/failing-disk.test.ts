// A write or fsync that fails is final at once: nothing that rests on it is said, and nothing is tried again on the same process.
import t from 'tap'
import type { Disk } from '../../node/disk.ts'
import { describeError } from '../../node/errors.ts'
import { openJournal } from '../../node/journal.ts'
import type { JournalRecord } from '../../node/journal-format.ts'
import { createVoteLock } from '../../node/vote-lock.ts'
import { openVoting } from '../../node/voting.ts'
import { createMemoryDisk, type DiskFault, type DiskOperation } from '../support/memory-disk.ts'
import { silent } from '../support/toy-validator.ts'
import { A, opened, vote } from './vote-lock-scene.ts'

const chainId = `0x${'c1'.repeat(32)}` as const
const publicKey = `0x${'b2'.repeat(32)}` as const
const folder = '/home/journal'

const record = (height: number): JournalRecord => ({
  height,
  bytes: new Uint8Array(40).fill(height),
})

/** A disk on which the next operation of a kind fails, when told. */
function trap() {
  let next: { readonly kind: DiskOperation['kind']; readonly fault: DiskFault } | undefined
  const disk = createMemoryDisk({
    fault: ({ kind }) => {
      if (kind !== next?.kind) return undefined
      const { fault } = next
      next = undefined
      return fault
    },
  })
  const set = (kind: DiskOperation['kind'], fault: DiskFault) => {
    next = { kind, fault }
  }
  return { disk, set }
}

const faults: readonly (readonly [DiskOperation['kind'], DiskFault])[] = [
  ['sync', { code: 'EIO', kept: 'nothing' }],
  ['sync', { code: 'EIO', kept: 'all' }],
  ['write', { code: 'ENOSPC', kept: 'nothing' }],
  ['write', { code: 'ENOSPC', kept: 'some' }],
]

for (const [kind, fault] of faults) {
  t.test(`journal: a ${kind} with ${fault.code} (${fault.kept}) ends it`, async (t) => {
    const { disk, set } = trap()
    const { journal } = await openJournal({ folder, chainId, disk })
    await journal.append([record(1)])
    set(kind, fault)
    const [one, two] = [journal.append([record(2)]), journal.append([record(3)])]
    await t.rejects(one, { code: 'STORE_FAILED' })
    await t.rejects(two, { code: 'STORE_FAILED' }, 'also what waited with it')
    await t.rejects(journal.append([record(4)]), { code: 'STORE_FAILED' }, 'the disk works again')
    await journal.close()
    const again = await openJournal({
      folder,
      chainId,
      disk: createMemoryDisk({ image: disk.crash() }),
    })
    const heights = again.recovered.map(({ height }) => height)
    t.same(heights, fault.kept === 'all' ? [1, 2, 3] : [1], 'and a restart finds what is there')
  })

  t.test(`vote lock: a ${kind} with ${fault.code} (${fault.kept}) ends it`, async (t) => {
    const { disk, set } = trap()
    const config = { path: '/vote-lock', chainId, publicKey, disk }
    await createVoteLock(config)
    const lock = await opened(config)
    set(kind, fault)
    await t.rejects(lock.record(vote('prepare', 5, 0)), { code: 'STORE_FAILED' })
    await t.rejects(lock.record(vote('prepare', 5, 0)), { code: 'STORE_FAILED' })
    t.equal(lock.state().last, null)
    await lock.close()
    const left = { ...config, disk: createMemoryDisk({ image: disk.crash() }) }
    const again = await opened(left)
    t.same(again.state().last, fault.kept === 'all' ? vote('prepare', 5, 0) : null)
  })
}

/** The disk with one way to read it that fails as the system says. */
function unreadableDisk(
  disk: Disk,
  way: 'makeFolder' | 'list' | 'read' | 'open',
  ending: string,
): Disk {
  const fail = (path: string) => {
    if (path.endsWith(ending))
      throw Object.assign(new Error(`EIO: i/o error, ${way} ${path}`), { code: 'EIO' })
  }
  const failing = async (path: string) => {
    fail(path)
    return disk[way](path) as never
  }
  return { ...disk, [way]: failing }
}

t.test('EIO while journal or vote lock are opened ends with a code and what to do', async (t) => {
  const disk = createMemoryDisk()
  const parts = { home: '/home', chainId, publicKey, signDigest: () => new Uint8Array(64) }
  const { journal } = await openJournal({ folder, chainId, disk })
  await journal.append([record(1)])
  await journal.close()
  await createVoteLock({ path: '/home/vote-lock', chainId, publicKey, disk })
  for (const [way, ending] of [
    ['makeFolder', 'journal'],
    ['list', 'journal'],
    ['read', '.log'],
    ['open', '.log'],
    ['read', 'vote-lock'],
    ['open', 'vote-lock'],
  ] as const) {
    const error: unknown = await openVoting({
      ...{ ...parts, log: silent },
      disk: unreadableDisk(disk, way, ending),
    }).catch((reason: unknown) => reason)
    t.match(error, { code: 'STORE_FAILED', message: /EIO/ }, `${way} ${ending}`)
    t.match(describeError(error), /^STORE_FAILED: .*\n {2}try: look at the disk/)
  }
  const voting = await openVoting({ ...parts, log: silent, disk })
  t.ok(voting.voter(), 'nothing was changed, and nothing is held')
  await voting.close()
})

t.test('journal: old segments that cannot be removed end it too', async (t) => {
  for (const kind of ['name', 'folder-sync'] as const) {
    const { disk, set } = trap()
    const { journal } = await openJournal({ folder, chainId, disk, segmentBytes: 100 })
    for (let height = 1; height <= 6; height++) await journal.append([record(height)])
    set(kind, { code: 'EIO', kept: 'nothing' })
    await t.rejects(journal.dropBelow(5), { code: 'STORE_FAILED' })
    await t.rejects(journal.append([record(7)]), { code: 'STORE_FAILED' })
    await journal.close()
  }
})

t.test('an unreadable slot counts as lost unless the journal shows its vote', async (t) => {
  const home = '/home'
  const path = '/home/vote-lock'
  const signDigest = () => new Uint8Array(64)
  const parts = { home, chainId, publicKey, signDigest, log: silent }
  for (const [what, slots, canVote] of [
    ['no slot damaged', [], true],
    ['the older damaged, no journal', [0], false],
    ['the newer damaged, no journal', [1], false],
    ['both damaged', [0, 1], false],
  ] as const) {
    const disk = createMemoryDisk()
    const config = { path, chainId, publicKey, disk }
    await createVoteLock(config)
    const lock = await opened(config)
    for (let height = 4; height <= 5; height++) await lock.record(vote('prepare', height, 0, A))
    await lock.close()
    const bytes = (await disk.read(path)) ?? new Uint8Array()
    for (const slot of slots) bytes[slot * 8_192 + 30] = (bytes[slot * 8_192 + 30] ?? 0) ^ 1
    const file = await disk.open(path)
    file?.write([bytes], 0)
    const voting = await openVoting({ ...parts, disk })
    t.equal(voting.voter() !== undefined, canVote, what)
    await voting.close()
  }
})
