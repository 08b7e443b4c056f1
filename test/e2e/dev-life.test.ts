// epione dev as a user runs it: a chain to try things on, one at a time in a folder, and nothing left behind by Ctrl-C.
import type { ChildProcess } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { epione, finish, spawnEpione, spawnShell, temporaryFolder } from '../support/epione.ts'
import { epioneHere } from '../support/epione-here.ts'
import { isAlive } from '../support/processes.ts'
import { pidsIn, rehearse } from '../support/rehearsal.ts'
import { writeSmallData } from '../support/small-data.ts'

const root = join(import.meta.dirname, '../..')

/** Resolves with what was said on stderr up to the words. */
function heard(child: ChildProcess, words: string): Promise<string> {
  let text = ''
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (chunk) => {
      text += chunk
      if (text.includes(words)) resolve(text)
    })
    child.once('close', () => reject(new Error(`ended without ${words}: ${text}`)))
  })
}

function start(t: Test, args: readonly string[]) {
  const child = spawnEpione(['dev', ...args])
  const ended = finish(child)
  t.teardown(async () => {
    child.kill('SIGTERM')
    await ended
  })
  return { child, ended }
}

test('the developer chain runs, its three commands work, and Ctrl-C ends every process', async (t) => {
  const home = join(temporaryFolder(t), 'net')
  const { child, ended } = start(t, ['--empty', '--validators', '1', '--home', home])
  const text = await heard(child, 'Ctrl-C stops everything.')
  t.match(text, /EVERYBODY KNOWS THESE KEYS/)
  const commands = text.split('\n').filter((line) => line.startsWith('  bin/epione '))
  t.equal(commands.length, 3)
  const answers = []
  for (const command of commands) {
    const ran = await finish(spawnShell(command.trim(), { cwd: root }))
    t.equal(ran.code, 0, `${command}: ${ran.err}`)
    answers.push(ran.out)
  }
  t.match(answers[1], /1000000250/, 'the transfer that was tried first is there')

  const second = await epione(['dev', '--empty', '--validators', '1', '--home', home])
  t.equal(second.code, 3)
  t.match(second.err, /HOME_LOCKED/)
  const pids = pidsIn(home)
  t.equal(pids.length, 1)
  child.kill('SIGINT')
  t.equal((await ended).code, 0)
  t.same(pids.filter(isAlive), [])

  const again = start(t, ['--empty', '--validators', '1', '--home', home, '--once'])
  t.equal((await again.ended).code, 0, 'and starts again')
  const other = await epione(['dev', '--empty', '--home', home])
  t.equal(other.code, 3)
  t.match(other.err, /HOME_INVALID.*of 1 validators, not 4/)
})

test('Ctrl-C in the middle of the job leaves no process behind', async (t) => {
  const home = join(temporaryFolder(t), 'net')
  const data = writeSmallData(t)
  const { child, ended } = start(t, ['--data', data, '--home', home, '--validators', '1'])
  await heard(child, 'Recording')
  const pids = pidsIn(home)
  t.ok(pids.length >= 8, 'the whole cast runs')
  child.kill('SIGINT')
  const { code, out } = await ended
  t.equal(code, 130)
  t.equal(out, '')
  t.same(pids.filter(isAlive), [])
})

test('Ctrl-C removes the folder that nobody named; a second one does so at once', async (t) => {
  const cases = [
    { why: 'one that npm passed on once more is one', sameSignalMs: 3_600_000, code: 0 },
    { why: 'two are two', sameSignalMs: 0, code: 130 },
  ]
  for (const { why, sameSignalMs, code } of cases) {
    t.comment(why)
    const TMPDIR = temporaryFolder(t)
    const plan = { data: '', home: undefined, empty: true, once: false, json: false, validators: 1 }
    const { child, ended } = rehearse(t, { ...plan, sameSignalMs }, { TMPDIR })
    await heard(child, 'Ctrl-C stops everything.')
    const pids = pidsIn(TMPDIR)
    t.equal(pids.length, 1)
    // A validator that hangs: the first Ctrl-C waits for it, the second does not.
    if (code !== 0) for (const pid of pids) process.kill(pid, 'SIGSTOP')
    child.kill('SIGINT')
    await heard(child, 'Stopping')
    child.kill('SIGINT')
    const ran = await ended
    t.equal(ran.code, code)
    t.equal(ran.err.includes('Ending at once'), code !== 0)
    t.same(pids.filter(isAlive), [])
    t.same(readdirSync(TMPDIR), [])
  }
})

test('a folder of a network that failed is named', async (t) => {
  const TMPDIR = temporaryFolder(t)
  const dying = `data:text/javascript,if(process.argv[2]==='start')process.exit(9)`
  const env = { TMPDIR, NODE_OPTIONS: `--import="${dying}"` }
  const { code, err } = await epione(['dev', '--empty', '--validators', '1'], { env })
  t.equal(code, 1)
  t.match(err, /epione-dev-\S+ keeps the network and its logs/)
})

test('wrong use is told in a line', async (t) => {
  const none = await epioneHere(t, ['dev', '--once', '--validators', '0'])
  t.equal(none.code, 2)
  t.match(none.err, /USAGE: --validators takes a number/)
  const nowhere = await epione(['dev', '--once', '--data', '/no/such/folder'])
  t.equal(nowhere.code, 2)
  t.match(nowhere.err, /INPUT_INVALID.*\n.*patients\.csv: cannot be read \(ENOENT\)/)
})
