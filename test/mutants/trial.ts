// Runs what must find a mutant, in a tree where the rule is broken or, as the control, in one where it is not.
import { spawn } from 'node:child_process'
import type { Finder } from './mutant.ts'

/** Seconds of processor time; by the clock it takes longer on a machine that has other things to do. */
const PROCESSOR_SECONDS_MAX = 60
const LIMIT_MS = 900_000

export type Verdict =
  /** By what, in its own words. */
  | { readonly kind: 'found'; readonly by: string }
  | { readonly kind: 'nothing' }
  /** It did not do its work: that is no find. */
  | { readonly kind: 'broken'; readonly output: string }

export function argsOf(finder: Finder): readonly string[] {
  return finder.kind === 'scene'
    ? ['test/mutants/hunt.ts', finder.scene, `${finder.seeds}`]
    : [finder.file]
}

/** The last lines of what it said. */
const TAIL = 1_500

function judge(finder: Finder, code: number | null, output: string): Verdict {
  if (code === 0) return { kind: 'nothing' }
  const line = output
    .split('\n')
    .find((one) =>
      finder.kind === 'scene'
        ? /^seed [0-9]+: /.test(one)
        : one.startsWith('not ok') && one.includes(finder.title),
    )
  if (line === undefined || code === null) return { kind: 'broken', output: output.slice(-TAIL) }
  return { kind: 'found', by: finder.kind === 'scene' ? line : finder.title }
}

export function tryOut(finder: Finder, folder: string): Promise<Verdict> {
  const limited = `ulimit -t ${PROCESSOR_SECONDS_MAX} && exec "$0" "$@"`
  const child = spawn('sh', ['-c', limited, process.execPath, ...argsOf(finder)], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  })
  let output = ''
  const add = (chunk: Buffer): void => {
    output += chunk.toString()
  }
  child.stdout.on('data', add)
  child.stderr.on('data', add)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(judge(finder, code, output)))
  })
}
