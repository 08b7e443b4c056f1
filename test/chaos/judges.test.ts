// A judge that cannot see proves nothing: each contradiction is shown to it once.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { homePaths } from '../../node/home.ts'
import { openJournal } from '../../node/journal.ts'
import { journalRecordCodec } from '../../node/replica/promise.ts'
import { createVoteLock } from '../../node/vote-lock.ts'
import { encode } from '../../vm/codec.ts'
import type { Digest, PublicKey } from '../../vm/types.ts'
import { createRandom } from '../sim/random.ts'
import { gapsBetween } from './follow.ts'
import { createHistory } from './history.ts'
import type { ValidatorProcess } from './process.ts'
import { createSchedule, faultKinds } from './schedule.ts'
import { keepJournals, searchVotes } from './votes.ts'

function id(digit: string): Digest {
  return `0x${digit.repeat(64)}` as Digest
}

const chainId = id('c')

test('the history notes what contradicts it', async (t) => {
  const history = createHistory()
  history.submit(id('1'))
  history.acknowledge(id('1'), { height: 3, node: 'a' })
  history.block('a', 3, id('a'))
  history.read({ client: 'x', node: 'a', height: 5, minHeight: 0 })
  history.read({ client: 'y', node: 'a', height: 4, minHeight: 0 })
  t.same(history.wrong.other, [], 'nothing so far')
  const says = (what: RegExp) => t.match(history.wrong.other.at(-1), what)
  history.block('b', 3, id('b'))
  says(/b has block .* at 3, .* was seen there/)
  history.include('b', 4, [id('1')])
  says(/at 4, it was seen at 3/)
  history.acknowledge(id('2'), { height: 3, node: 'a' })
  says(/which nobody submitted/)
  history.read({ client: 'x', node: 'a', height: 4, minHeight: 0 })
  says(/read 4 from a after 5/)
  history.read({ client: 'x', node: 'b', height: 4, minHeight: 5 })
  says(/asked b for 5, read 4/)
  history.forget('a')
  history.read({ client: 'y', node: 'a', height: 1, minHeight: 0 })
  t.match(history.wrong, { forks: 1, duplicated: 1 })
  t.equal(history.wrong.other.length, 5, 'a node that lost its folder may begin anew')
})

async function vote(t: Test, home: string, blockId: Digest): Promise<void> {
  const { journal } = await openJournal({ folder: homePaths(home).journal, chainId })
  const signature = new Uint8Array(64)
  const message = { kind: 'commit', height: 7, view: 1, signer: 0, blockId, signature } as const
  const entry = { message, certificate: null, block: null }
  const bytes = encode(journalRecordCodec, { entry, envelopes: [] })
  await journal.append([{ height: 7, bytes }])
  await journal.close()
  t.pass(blockId)
}

test('two votes in one place are found, also when the journal was wiped between them', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'epione-test-'))
  t.teardown(() => rmSync(home, { recursive: true, force: true }))
  const one = { name: 'a', home } as ValidatorProcess
  const keeper = keepJournals([one])
  t.teardown(keeper.stop)
  const publicKey = id('d') as string as PublicKey
  await createVoteLock({ path: homePaths(home).voteLock, chainId, publicKey })
  await vote(t, home, id('a'))
  await vote(t, home, id('a'))
  await keeper.keep()
  t.match(await searchVotes(one, chainId), { votes: 2, doubles: [] }, 'the same bytes again')
  rmSync(homePaths(home).journal, { recursive: true })
  keeper.journalIsGone('a')
  await vote(t, home, id('b'))
  await keeper.keep()
  const { doubles } = await searchVotes(one, chainId)
  t.equal(doubles.length, 1)
  t.match(doubles[0], /^commit 7 1: /)
})

test('one seed makes one schedule, and every kind of fault is in it', async (t) => {
  const [one, again] = [createSchedule(createRandom(9), 4), createSchedule(createRandom(9), 4)]
  const faults = Array.from({ length: 40 }, one)
  t.same(faults, Array.from({ length: 40 }, again))
  const first = faults.slice(0, faultKinds.length).map(({ kind }) => kind)
  t.same(new Set(first), new Set(faultKinds))
})

test('a gap that begins before the span counts from where it began', async (t) => {
  const gaps = gapsBetween([100, 200, 900], { fromMs: 300, toMs: 1_000 })
  t.same(
    gaps.map(({ lengthMs }) => lengthMs),
    [700, 100],
  )
})
