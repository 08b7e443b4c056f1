// The vote lock: which votes may follow which.
import { rmSync } from 'node:fs'
import t from 'tap'
import type { PreparedCertificate } from '../../consensus/certificate.ts'
import { createVoteLock, renewVoteLock } from '../../node/vote-lock.ts'
import type { Vote } from '../../vm/vote.ts'
import { A, B, change, configIn, opened, proof, stateIn, vote } from './vote-lock-scene.ts'

type Step = readonly [
  expected: 'ok' | 'VOTE_LOWER' | 'VOTE_DIFFERENT' | 'CERTIFICATE_MISSING',
  vote: Vote,
  prepared?: PreparedCertificate,
]

const sequences: Readonly<Record<string, readonly Step[]>> = {
  'the normal case of a primary, each vote again': [
    ['ok', vote('pre-prepare', 5, 0)],
    ['ok', vote('pre-prepare', 5, 0)],
    ['ok', vote('prepare', 5, 0)],
    ['ok', vote('prepare', 5, 0)],
    ['ok', vote('commit', 5, 0), proof(5, 0)],
    ['ok', vote('commit', 5, 0)],
    ['ok', vote('prepare', 6, 0, B)],
  ],
  'a second body at one position': [
    ['ok', vote('prepare', 5, 0)],
    ['VOTE_DIFFERENT', vote('prepare', 5, 0, B)],
    ['ok', change(5, 1)],
    ['VOTE_DIFFERENT', change(5, 1, [0, A]), proof(5, 0)],
    ['ok', vote('pre-prepare', 5, 1)],
    ['VOTE_DIFFERENT', vote('pre-prepare', 5, 1, B)],
  ],
  'nothing lower by height, view or kind': [
    ['ok', vote('prepare', 5, 2)],
    ['VOTE_LOWER', vote('commit', 4, 9), proof(4, 9)],
    ['VOTE_LOWER', vote('commit', 5, 1), proof(5, 1)],
    ['VOTE_LOWER', change(5, 2)],
    ['VOTE_LOWER', vote('pre-prepare', 5, 2)],
    ['ok', vote('commit', 5, 2), proof(5, 2)],
    ['VOTE_LOWER', vote('prepare', 5, 2)],
  ],
  'after a view-change nothing below its view (rule 3)': [
    ['ok', vote('prepare', 5, 0)],
    ['ok', change(5, 3)],
    ['VOTE_LOWER', vote('commit', 5, 0), proof(5, 0)],
    ['VOTE_LOWER', vote('prepare', 5, 2)],
    ['VOTE_LOWER', change(5, 2)],
    ['ok', vote('prepare', 5, 3)],
  ],
  'a commit and a report need their certificate, for exactly that view and block': [
    ['CERTIFICATE_MISSING', vote('commit', 5, 0)],
    ['CERTIFICATE_MISSING', vote('commit', 5, 0), proof(5, 0, B)],
    ['CERTIFICATE_MISSING', vote('commit', 5, 1), proof(5, 0)],
    ['CERTIFICATE_MISSING', vote('commit', 5, 0), proof(4, 0)],
    ['CERTIFICATE_MISSING', change(5, 1, [0, A])],
    ['ok', change(5, 1, [0, A]), proof(5, 0)],
    ['ok', change(5, 2, [0, A])],
    ['CERTIFICATE_MISSING', change(6, 1, [0, A])],
  ],
  'after a commit no view-change may report less': [
    ['ok', vote('commit', 5, 1), proof(5, 1)],
    ['CERTIFICATE_MISSING', change(5, 2, [0, A]), proof(5, 0)],
    ['CERTIFICATE_MISSING', change(5, 2, [1, B]), proof(5, 1, B)],
    ['ok', change(5, 2, [1, A])],
  ],
}

for (const [name, steps] of Object.entries(sequences)) {
  t.test(name, async (t) => {
    const config = configIn(t)
    await createVoteLock(config)
    for (const restarts of ['in one process', 'reopened before every vote'] as const) {
      let lock = await opened(config)
      for (const [place, [expected, next, prepared]] of steps.entries()) {
        if (restarts !== 'in one process') {
          await lock.close()
          lock = await opened(config)
        }
        const result = await lock.record(next, prepared)
        t.equal(result.ok ? 'ok' : result.code, expected, `${place}: ${next.kind}, ${restarts}`)
      }
      await lock.close()
      rmSync(config.path)
      await createVoteLock(config)
    }
  })
}

t.test('a view-change that hides a commit is refused', async (t) => {
  const config = configIn(t)
  await createVoteLock(config)
  const lock = await opened(config)
  await lock.record(vote('commit', 5, 1), proof(5, 1))
  t.strictSame(await lock.record(change(5, 2)), { ok: false, code: 'CERTIFICATE_MISSING' })
  await lock.close()
})

t.test('it keeps the highest certificate of the height, and none of another height', async (t) => {
  const config = configIn(t)
  await createVoteLock(config)
  const lock = await opened(config)
  t.strictSame(lock.state(), { floor: 0, last: null, prepared: null })
  await lock.record(vote('commit', 5, 1), proof(5, 1))
  await lock.record(vote('prepare', 5, 2), proof(5, 0))
  t.strictSame(lock.state().prepared, proof(5, 1))
  await lock.close()
  t.strictSame(await stateIn(config), {
    floor: 0,
    last: vote('prepare', 5, 2),
    prepared: proof(5, 1),
  })
  const again = await opened(config)
  await again.record(vote('prepare', 6, 0))
  t.equal(again.state().prepared, null)
  await again.close()
})

t.test('a renewed lock signs nothing at or below its floor', async (t) => {
  const config = configIn(t)
  t.equal(await stateIn(config), 'lost')
  await renewVoteLock(config, 7)
  const lock = await opened(config)
  t.strictSame(await lock.record(vote('prepare', 7, 9)), { ok: false, code: 'VOTE_LOWER' })
  t.strictSame(await lock.record(vote('prepare', 8, 0)), { ok: true })
  await t.rejects(renewVoteLock(config, 9), { code: 'HOME_LOCKED' })
  await lock.close()
})

t.test('votes asked for at once are judged one after the other', async (t) => {
  const config = configIn(t)
  await createVoteLock(config)
  const lock = await opened(config)
  const results = await Promise.all([
    lock.record(vote('prepare', 5, 0, A)),
    lock.record(vote('prepare', 5, 0, B)),
  ])
  t.strictSame(results, [{ ok: true }, { ok: false, code: 'VOTE_DIFFERENT' }])
  await lock.close()
  await t.rejects(lock.record(vote('prepare', 6, 0)), { code: 'STORE_FAILED' })
})
