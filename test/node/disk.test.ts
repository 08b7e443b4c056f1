// The disk below journal and vote lock: this machine's and the one in memory keep the same promises; the latter breaks them too.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Disk, nodeDisk } from '../../node/disk.ts'
import { createFile, replaceFile } from '../../node/files.ts'
import { createRandom } from '../sim/random.ts'
import { createMemoryDisk, type DiskFault, type MemoryDisk } from '../support/memory-disk.ts'

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'epione-disk-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const bytes = (...values: readonly number[]) => Uint8Array.from(values)
const plain = async (disk: Disk, path: string) => {
  const found = await disk.read(path)
  return found && [...found]
}

for (const [name, disk] of [
  ['this machine', nodeDisk],
  ['memory', createMemoryDisk()],
] as const) {
  t.test(`${name}: files are written in places, cut, named, listed and removed`, async (t) => {
    const folder = join(folderOf(t), 'inner')
    await disk.makeFolder(folder)
    await disk.makeFolder(folder)
    const path = join(folder, 'a')
    t.equal(await disk.open(path), undefined)
    t.equal(await disk.read(path), undefined)
    const file = await disk.create(path)
    file.write([bytes(1, 2), bytes(3)], 0)
    file.write([bytes(9)], 4)
    await file.sync()
    t.same(await plain(disk, path), [1, 2, 3, 0, 9])
    await file.truncate(2)
    await file.close()
    const again = await disk.open(path)
    again?.write([bytes(7)], 1)
    await again?.sync()
    await again?.close()
    t.same(await plain(disk, path), [1, 7])
    await disk.rename(path, join(folder, 'b'))
    t.same(await disk.list(folder), ['b'])
    t.equal(await disk.link(join(folder, 'b'), path), true)
    t.equal(await disk.link(join(folder, 'b'), path), false)
    await disk.unlink(path)
    await disk.syncFolder(folder)
    t.same(await disk.list(folder), ['b'])
    await (await disk.create(join(folder, 'b'))).close()
    t.same(await plain(disk, join(folder, 'b')), [], 'a file made anew is empty')
    await t.rejects(disk.unlink(path), { code: 'ENOENT' })
    const held = disk.hold(path)
    t.throws(() => disk.hold(path), { code: 'HOME_LOCKED' })
    held.release()
    disk.hold(path).release()
  })

  t.test(`${name}: a file is made once, and replaced as a whole`, async (t) => {
    const folder = folderOf(t)
    const path = join(folder, 'a')
    t.equal(await createFile(path, bytes(1), disk), true)
    t.equal(await createFile(path, bytes(2), disk), false)
    t.same(await plain(disk, path), [1])
    await replaceFile(path, bytes(3), disk)
    t.same(await plain(disk, path), [3])
    t.same(await disk.list(folder), ['a'], 'no drafts are left')
  })

  t.test(`${name}: of two that make a file at the same time one does`, async (t) => {
    const folder = folderOf(t)
    const path = join(folder, 'a')
    const made = await Promise.all([1, 2].map((byte) => createFile(path, bytes(byte), disk)))
    t.same(made.toSorted(), [false, true])
    t.same(await plain(disk, path), [made[0] ? 1 : 2])
    t.same(await disk.list(folder), ['a'], 'no drafts are left')
  })
}

async function written(disk: MemoryDisk): Promise<Uint8Array | undefined> {
  const file = await disk.create('/f')
  file.write([new Uint8Array(2_000).fill(1)], 0)
  await file.sync()
  await disk.syncFolder('/')
  file.write([new Uint8Array(2_000).fill(2)], 0)
  return createMemoryDisk({ image: disk.crash() }).read('/f')
}

t.test('a crash keeps what was synced and any sectors of what was not', async (t) => {
  const seen = new Set<string>()
  for (let seed = 1; seed <= 50; seed++) {
    const left = await written(createMemoryDisk({ random: createRandom(seed) }))
    t.equal(left?.length, 2_000)
    const sectors = [0, 512, 1024, 1536].map((at) => {
      const part = [...(left ?? [])].slice(at, at + 512)
      const kinds = new Set(part)
      return kinds.size > 1 ? 'noise' : part[0] === 1 ? 'old' : 'new'
    })
    seen.add(sectors.join(' '))
  }
  t.ok(seen.has('new old new new') || seen.has('old new old old'), 'not in their order')
  t.ok([...seen].some((one) => one.includes('noise')))
})

t.test(
  'a name without its folder synced may be gone, and a removed one may come back',
  async (t) => {
    const outcomes = new Set<string>()
    for (let seed = 1; seed <= 20; seed++) {
      const disk = createMemoryDisk({ random: createRandom(seed) })
      const old = await disk.create('/old')
      await old.sync()
      await disk.syncFolder('/')
      await disk.unlink('/old')
      await (await disk.create('/new')).sync()
      const names = await createMemoryDisk({ image: disk.crash() }).list('/')
      outcomes.add(names.toSorted().join())
    }
    t.same([...outcomes].sort(), ['', 'new', 'new,old', 'old'])
  },
)

t.test(
  'a sync that fails keeps nothing, something or all, and a second one does not help',
  async (t) => {
    for (const [kept, expected] of [
      ['nothing', 1],
      ['all', 2],
    ] as const) {
      const faults: (DiskFault | undefined)[] = []
      const disk = createMemoryDisk({
        fault: ({ kind }) => (kind === 'sync' ? faults.shift() : undefined),
      })
      const file = await disk.create('/f')
      file.write([bytes(1)], 0)
      await file.sync()
      await disk.syncFolder('/')
      file.write([bytes(2)], 0)
      faults.push({ code: 'EIO', kept })
      await t.rejects(file.sync(), { code: 'EIO' })
      t.same(await plain(disk, '/f'), [2], 'it reads as if all were well')
      await file.sync()
      t.same([...((await createMemoryDisk({ image: disk.crash() }).read('/f')) ?? [])], [expected])
      t.throws(() => file.write([bytes(3)], 0), { code: 'POWER' })
      await t.rejects(file.sync(), { code: 'POWER' })
    }
  },
)
