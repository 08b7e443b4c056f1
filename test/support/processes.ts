// The processes of this machine: whether one still lives, and what runs.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** A file below /proc; undefined where there is none, and for a process that has just ended. */
function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    return undefined
  }
}

/** A process that ended is a zombie until somebody waits for it, in a container without an init for ever: it does not live. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  // The name before the state may hold anything but stands in brackets.
  return !/\) [ZX] [^)]*$/.test(readProc(`${pid}/stat`) ?? '')
}

/** The command lines of all that runs; a slim container has no `ps`. */
export function commandLines(): string {
  if (!existsSync('/proc/self/cmdline')) {
    return execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
  }
  const pids = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))
  const lines = pids.map((pid) => readProc(`${pid}/cmdline`) ?? '')
  return lines.map((line) => line.replaceAll('\0', ' ')).join('\n')
}
