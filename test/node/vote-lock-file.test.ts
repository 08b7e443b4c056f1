// The file of the vote lock: no crash, damage or second process makes it forget a vote.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { createVoteLock, openVoteLock } from '../../node/vote-lock.ts'
import { SLOT_BYTES } from '../../node/vote-slots.ts'
import { A, B, configIn, opened, proof, stateIn, vote } from './vote-lock-scene.ts'

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

t.test('slots swapped, a file cut short, prolonged or missing', async (t) => {
  const { config, after } = await twoVotes(t)
  writeFileSync(config.path, Buffer.concat([slotOf(after, 1), slotOf(after, 0)]))
  t.equal(await stateIn(config), 'lost', 'a slot counts in its own place only')
  writeFileSync(config.path, after)
  for (const size of [0, SLOT_BYTES, 2 * SLOT_BYTES - 1]) {
    truncateSync(config.path, size)
    t.equal(await stateIn(config), 'lost', `cut to ${size} bytes`)
  }
  writeFileSync(config.path, Buffer.concat([after, Buffer.alloc(2)]))
  t.equal(await stateIn(config), 'lost', 'two bytes that nobody of ours has written')
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
    await t.rejects(openVoteLock(other), {
      code: 'VOTE_LOCK_DAMAGED',
      hint: /after a rotation of the key remove vote-lock and journal/,
    })
  }
  await t.rejects(createVoteLock(config), { code: 'KEY_EXISTS' })
  t.equal(statSync(config.path).mode & 0o777, 0o600)
  t.not(await stateIn(config), 'lost', 'a refused opening lets go of it')
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
