// A real validator whose process is killed by the kernel at its n-th fsync: strace holds the knife.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { homePaths, readGenesis } from '../../node/home.ts'
import { recoverJournal } from '../../node/journal-recovery.ts'
import { journalRecordCodec } from '../../node/replica/promise.ts'
import { decode } from '../../vm/codec.ts'

const entry = join(import.meta.dirname, '../../node/cli/main.ts')

/** With one thread below, fsyncs are counted in the order in which they are asked for; signals come before the call is made. */
export function startTraced(home: string, fsync: number): ChildProcess {
  const inject = `inject=fsync,fdatasync:signal=KILL:when=${fsync}`
  const trace = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync', '-e', inject]
  return spawn('strace', [...trace, process.execPath, entry, 'start', '--home', home], {
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
    stdio: 'ignore',
  })
}

/** Whether it died of its fsync; false if it lived for longer than `patienceMs`, or ended by itself. */
export async function dies(child: ChildProcess, patienceMs: number): Promise<boolean> {
  const ended = once(child, 'exit').then(([, signal]) => signal === 'SIGKILL')
  const { promise: late, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(resolve, patienceMs, false)
  const died = await Promise.race([ended, late])
  clearTimeout(timer)
  return died
}

/** Votes in the journal, and those that contradict another one of this validator. */
export async function readVotes(home: string) {
  const { genesis } = await readGenesis(homePaths(home).genesis)
  const { records } = await recoverJournal(homePaths(home).journal, genesis.chainId)
  const bodies = new Map<string, string>()
  const doubles: string[] = []
  for (const { bytes } of records) {
    const { message } = decode(journalRecordCodec, bytes).entry
    const place = `${message.kind} ${message.height}/${message.view}`
    const body = message.kind === 'view-change' ? JSON.stringify(message.prepared) : message.blockId
    if ((bodies.get(place) ?? body) !== body) doubles.push(place)
    bodies.set(place, body)
  }
  return { votes: bodies.size, doubles }
}
