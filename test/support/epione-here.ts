// The command line in this process, which has loaded everything already: as `epione` of epione.ts says it, ten times as fast.
import type { Test } from 'tap'
import { createProgram, report } from '../../node/cli/program.ts'

export type RanHere = { readonly code: number; readonly out: string; readonly err: string }

/** Goes to the folder until the end of the test. */
export function enter(t: Test, folder: string): void {
  const before = process.cwd()
  process.chdir(folder)
  t.teardown(() => process.chdir(before))
}

/** The words of a line of shell that has plain words and quotes only. */
export function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? '',
  )
}

type Written = { readonly args: readonly unknown[] }

/** For commands that end by themselves; paths are seen from the folder of this process unless one is given. */
export async function epioneHere(
  t: Test,
  args: readonly string[],
  cwd = process.cwd(),
): Promise<RanHere> {
  // What the test has said until now is on its way out.
  await new Promise(setImmediate)
  const before = process.cwd()
  process.chdir(cwd)
  const [out, err] = [t.capture(process.stdout, 'write'), t.capture(process.stderr, 'write')]
  let code = 0
  try {
    await (await createProgram(args[0])).parseAsync([...args], { from: 'user' })
    code = Number(process.exitCode ?? 0)
  } catch (error) {
    code = report(error)
  } finally {
    process.exitCode = 0
    process.chdir(before)
    out.restore()
    err.restore()
  }
  const text = (writes: readonly Written[]) => writes.map(({ args: [text] }) => text).join('')
  return { code, out: text(out()), err: text(err()) }
}
