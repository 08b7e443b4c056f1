// The vote lock: which votes may follow which, and that no crash or damage makes it forget one.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { PreparedCertificate } from '../../consensus/certificate.ts'
import type { Vote } from '../../consensus/vote.ts'
import {
  createVoteLock,
  openVoteLock,
  renewVoteLock,
  type VoteLock,
  type VoteLockConfig,
  type VoteLockState,
} from '../../node/vote-lock.ts'
import { SLOT_BYTES } from '../../node/vote-slots.ts'

const chainId = `0x${'c1'.repeat(32)}` as const
const publicKey = `0x${'b2'.repeat(32)}` as const
const A = `0x${'aa'.repeat(32)}` as const
const B = `0x${'bb'.repeat(32)}` as const

type Kind = Exclude<Vote['kind'], 'view-change'>

function vote(kind: Kind, height: number, view: number, blockId: typeof A = A): Vote {
  return { kind, height, view, blockId }
}

function change(height: number, view: number, prepared: [number, typeof A] | null = null): Vote {
  const report = prepared === null ? null : { view: prepared[0], blockId: prepared[1] }
  return { kind: 'view-change', height, view, prepared: report }
}

function proof(height: number, view: number, blockId: typeof A = A): PreparedCertificate {
  const signatures = [1, 2, 3].map((byte) => new Uint8Array(64).fill(byte))
  return { height, view, blockId, signers: new Uint8Array([7]), signatures }
}

function configIn(t: Test): VoteLockConfig {
  return { path: join(t.testdir({}), 'vote.lock'), chainId, publicKey }
}

async function opened(config: VoteLockConfig): Promise<VoteLock> {
  const opening = await openVoteLock(config)
  if (opening.kind === 'lost') throw new Error(opening.reason)
  return opening.lock
}

async function stateIn(config: VoteLockConfig): Promise<VoteLockState | 'lost'> {
  const opening = await openVoteLock(config)
  if (opening.kind === 'lost') return 'lost'
  const state = opening.lock.state()
  await opening.lock.close()
  return state
}

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

/** A lock file after two votes: the older in one slot, the newer in the other. */
async function twoVotes(t: Test) {
  const config = configIn(t)
  await createVoteLock(config)
  const lock = await opened(config)
  await lock.record(vote('prepare', 5, 0))
  const older = lock.state()
  const before = readFileSync(config.path)
  await lock.record(vote('commit', 5, 0), proof(5, 0))
  const newer = lock.state()
  await lock.close()
  const after = readFileSync(config.path)
  const changed = [0, 1].filter((slot) => !slotOf(before, slot).equals(slotOf(after, slot)))
  t.equal(changed.length, 1, 'a vote touches one slot')
  return { config, older, newer, before, after, slot: changed[0] ?? 0 }
}

function slotOf(file: Buffer, slot: number): Buffer {
  return file.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES)
}

t.test('a crash between slots: a newer slot torn at any byte leaves the older vote', async (t) => {
  const { config, older, newer, before, after, slot } = await twoVotes(t)
  const start = slot * SLOT_BYTES
  const differing = [...Array(SLOT_BYTES).keys()].filter(
    (at) => before[start + at] !== after[start + at],
  )
  const lastDifferent = differing.at(-1) ?? 0
  for (let written = 0; written <= lastDifferent + 1; written++) {
    const torn = Buffer.from(before)
    after.copy(torn, start, start, start + written)
    writeFileSync(config.path, torn)
    const expected = written > lastDifferent ? newer : older
    t.strictSame(await stateIn(config), expected, `${written} bytes written`)
  }
  const lock = await opened(config)
  await lock.record(vote('prepare', 6, 0))
  await lock.close()
  t.match(await stateIn(config), { last: { height: 6 } }, 'it goes on')
})

t.test('any byte damaged: the other slot counts; both: lost', async (t) => {
  const { config, older, newer, after, slot } = await twoVotes(t)
  const used = 8 + Buffer.from(slotOf(after, slot)).readUInt32BE(0)
  const other = 1 - slot
  for (let at = 0; at < used; at++) {
    const bytes = Buffer.from(after)
    const place = slot * SLOT_BYTES + at
    bytes[place] = (bytes[place] ?? 0) ^ 4
    writeFileSync(config.path, bytes)
    t.strictSame(await stateIn(config), older, `newer slot, byte ${at}`)
    const second = Buffer.from(after)
    const otherPlace = other * SLOT_BYTES + (at % 100)
    second[otherPlace] = (second[otherPlace] ?? 0) ^ 4
    if (at < 100) {
      writeFileSync(config.path, second)
      t.strictSame(await stateIn(config), newer, `older slot, byte ${at}`)
      second[place] = (second[place] ?? 0) ^ 4
      writeFileSync(config.path, second)
      t.equal(await stateIn(config), 'lost')
    }
  }
})

t.test('slots swapped, a file cut short or missing', async (t) => {
  const { config, after, older, slot } = await twoVotes(t)
  writeFileSync(config.path, Buffer.concat([slotOf(after, 1), slotOf(after, 0)]))
  t.equal(await stateIn(config), 'lost', 'a slot counts in its own place only')
  writeFileSync(config.path, after)
  truncateSync(config.path, SLOT_BYTES)
  const kept = await stateIn(config)
  if (slot === 1) t.strictSame(kept, older)
  else t.match(kept, { last: { kind: 'commit' } })
  truncateSync(config.path, 0)
  t.equal(await stateIn(config), 'lost')
  rmSync(config.path)
  t.equal(await stateIn(config), 'lost')
  t.notOk(existsSync(config.path), 'opening makes no lock')
})

t.test('a lock belongs to one key and one chain', async (t) => {
  const config = configIn(t)
  await createVoteLock(config)
  const others = [
    { ...config, publicKey: A },
    { ...config, chainId: B },
  ]
  for (const other of others) {
    await t.rejects(openVoteLock(other), { code: 'VOTE_LOCK_DAMAGED' })
  }
  await t.rejects(createVoteLock(config), { code: 'KEY_EXISTS' })
  t.equal(statSync(config.path).mode & 0o777, 0o600)
  t.not(await stateIn(config), 'lost', 'a refused opening lets go of it')
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

t.test(
  'one process at a time, whatever it forgets, and a killed one leaves nothing behind',
  async (t) => {
    const config = configIn(t)
    await createVoteLock(config)
    const module = new URL('../../node/vote-lock.ts', import.meta.url).href
    const source = `const { openVoteLock } = await import(${JSON.stringify(module)})
    const vote = { kind: 'prepare', height: 3, view: 0, blockId: '${A}' }
    await openVoteLock(${JSON.stringify(config)}).then(({ lock }) => lock.record(vote))
    for (let round = 0; round < 5; round++) {
      gc()
      await new Promise((resolve) => setImmediate(resolve))
    }
    process.stdout.write('recorded')
    setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', source])
    await once(child.stdout, 'data')
    await t.rejects(openVoteLock(config), { code: 'HOME_LOCKED' })
    child.kill('SIGKILL')
    await once(child, 'exit')
    t.match(await stateIn(config), { last: { height: 3 } })
  },
)
