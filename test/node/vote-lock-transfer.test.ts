// The vote lock on its way to another machine: at no moment two homes may sign, whatever fails on the way.
import t from 'tap'
import { createVoteLock, openVoteLock, type VoteLockConfig } from '../../node/vote-lock.ts'
import { exportVoteLock, importVoteLock, resetVoteLock } from '../../node/vote-lock-transfer.ts'
import { createMemoryDisk, type DiskOperation } from '../support/memory-disk.ts'
import { A, B, opened, proof, stateIn, vote } from './vote-lock-scene.ts'

const chainId = `0x${'c1'.repeat(32)}` as const
const publicKey = `0x${'b2'.repeat(32)}` as const
const out = '/mail/lock.json'

/** Two homes that see one disk, the first of which has voted. */
async function twoHomes(disk = createMemoryDisk()) {
  const [from, to] = ['/old/vote-lock', '/new/vote-lock'].map(
    (path): VoteLockConfig => ({ path, chainId, publicKey, disk }),
  ) as [VoteLockConfig, VoteLockConfig]
  await createVoteLock(from)
  const lock = await opened(from)
  await lock.record(vote('commit', 5, 1), proof(5, 1))
  await lock.close()
  return { disk, from, to, last: lock.state() }
}

t.test(
  'an exported lock signs nothing any more, and the importing home goes on from it',
  async (t) => {
    const { from, to, last } = await twoHomes()
    await exportVoteLock(from, out)
    await t.rejects(openVoteLock(from), { code: 'VOTE_LOCK_EXPORTED' })
    await t.rejects(exportVoteLock(from, '/mail/again.json'), { code: 'VOTE_LOCK_EXPORTED' })
    await t.rejects(resetVoteLock(from, 9), { code: 'VOTE_LOCK_EXPORTED' })
    await importVoteLock(to, out)
    t.strictSame(await stateIn(to), last)
    const lock = await opened(to)
    t.match(await lock.record(vote('commit', 5, 1, B), proof(5, 1, B)), { code: 'VOTE_DIFFERENT' })
    t.match(await lock.record(vote('prepare', 6, 0)), { ok: true })
    await lock.close()
  },
)

t.test('what a home exported does not come back to it; what came after does', async (t) => {
  const { from, to } = await twoHomes()
  await exportVoteLock(from, out)
  await t.rejects(importVoteLock(from, out), { code: 'VOTE_LOCK_IN_USE' })
  await importVoteLock(to, out)
  await t.rejects(importVoteLock(to, out), { code: 'VOTE_LOCK_IN_USE' }, 'never over a lock in use')
  await exportVoteLock(to, '/mail/back.json')
  await importVoteLock(from, '/mail/back.json')
  t.match(await stateIn(from), { last: { height: 5 } })
  await t.rejects(openVoteLock(to), { code: 'VOTE_LOCK_EXPORTED' })
})

t.test('one readable slot is enough to know that a lock was exported', async (t) => {
  const { disk, from } = await twoHomes()
  await exportVoteLock(from, out)
  for (const at of [20, 8_192 + 20]) {
    const bytes = (await disk.read(from.path)) ?? new Uint8Array()
    bytes[at] = (bytes[at] ?? 0) ^ 1
    const path = `/damaged-${at}`
    const file = await disk.create(path)
    file.write([bytes], 0)
    await t.rejects(openVoteLock({ ...from, path }), { code: 'VOTE_LOCK_EXPORTED' })
  }
})

t.test('a file of another key or chain, a damaged one, or none is not imported', async (t) => {
  const { disk, from, to } = await twoHomes()
  await exportVoteLock(from, out)
  for (const other of [{ publicKey: A }, { chainId: B }]) {
    await t.rejects(importVoteLock({ ...to, ...other }, out), { code: 'VOTE_LOCK_DAMAGED' })
  }
  const good = new TextDecoder().decode(await disk.read(out))
  for (const [text, said] of [
    [good.replace(/.(?="\n}\n$)/, (digit) => (digit === '0' ? '1' : '0')), /damaged/],
    [good.replace('"version": 1', '"version": 2'), /no exported vote lock/],
    ['', /no exported vote lock/],
  ] as const) {
    const file = await disk.create('/mail/bad.json')
    file.write([new TextEncoder().encode(text)], 0)
    await t.rejects(importVoteLock(to, '/mail/bad.json'), { code: 'INPUT_INVALID', message: said })
  }
  await t.rejects(importVoteLock(to, '/mail/none.json'), { code: 'INPUT_INVALID' })
  t.equal(await stateIn(to), 'lost')
})

t.test('a lost lock is not exported, and a damaged one is not imported over', async (t) => {
  const { disk, from, to } = await twoHomes()
  await t.rejects(exportVoteLock(to, out), { code: 'VOTE_LOCK_DAMAGED' })
  await exportVoteLock(from, out)
  await disk.create(to.path)
  await t.rejects(importVoteLock(to, out), { code: 'VOTE_LOCK_IN_USE' })
})

t.test('only a lost lock is reset, and signs nothing at or below the height', async (t) => {
  const { disk, from, to } = await twoHomes()
  await t.rejects(resetVoteLock(from, 9), { code: 'VOTE_LOCK_IN_USE' })
  const refused = resetVoteLock(to, 9, async () => Promise.reject(new Error('not logged')))
  await t.rejects(refused, { message: 'not logged' })
  t.equal(await disk.read(to.path), undefined, 'nothing is made that nobody was told of')
  const told: unknown[] = []
  const announce = async (lost: string) => {
    told.push(lost, await disk.read(to.path))
  }
  t.equal(await resetVoteLock(to, 9, announce), 'the file is missing')
  t.same(told, ['the file is missing', undefined], 'told before')
  const lock = await opened(to)
  t.match(await lock.record(vote('prepare', 9, 7)), { code: 'VOTE_LOWER' })
  t.match(await lock.record(vote('prepare', 10, 0)), { ok: true })
  await lock.close()
})

t.test(
  'the power goes at each step of an export: never a file for the other machine and a lock here',
  async (t) => {
    for (let step = 1; ; step++) {
      for (const kept of ['nothing', 'some', 'all'] as const) {
        let left = Number.POSITIVE_INFINITY
        const fault = (_: DiskOperation) =>
          --left === 0 ? ({ code: 'POWER', kept } as const) : undefined
        const { disk, from, to, last } = await twoHomes(createMemoryDisk({ fault }))
        left = step
        const isDone = await exportVoteLock(from, out).then(
          () => true,
          () => false,
        )
        if (isDone) {
          t.ok(step > 8, `${step - 1} steps`)
          return
        }
        const after = createMemoryDisk({ image: disk.crash() })
        const canSign = await openVoteLock({ ...from, disk: after }).then(
          ({ kind }) => kind === 'open',
          () => false,
        )
        const isMailed = (await after.read(out)) !== undefined
        t.notOk(canSign && isMailed, `step ${step} ${kept}`)
        if (canSign) continue
        // What was to be mailed is whole, under one name or the other.
        await importVoteLock({ ...to, disk: after }, isMailed ? out : `${out}.draft`)
        t.strictSame(await stateIn({ ...to, disk: after }), last)
      }
    }
  },
)
