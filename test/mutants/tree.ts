// A copy of the source tree in a temporary folder, in which one rule at a time is broken.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Edit } from './mutant.ts'

const ROOT = join(import.meta.dirname, '../..')

/** What tests and simulator read. */
const COPIED = [
  ...['apps', 'bin', 'client', 'consensus', 'genesis', 'node', 'test', 'vm'],
  ...['package.json', 'tsconfig.json'],
]

export type Tree = {
  readonly path: string
  /** Answers why not, if an edit does not apply exactly once. */
  readonly break: (edits: readonly Edit[]) => string | undefined
  readonly mend: () => void
  readonly remove: () => void
}

export function copyTree(): Tree {
  const path = mkdtempSync(join(tmpdir(), 'epione-mutants-'))
  for (const entry of COPIED) cpSync(join(ROOT, entry), join(path, entry), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(path, 'node_modules'))
  const remove = (): void => rmSync(path, { recursive: true, force: true })
  process.once('exit', remove)
  const originals = new Map<string, string>()

  const apply = ({ file, find, put }: Edit): string | undefined => {
    const at = join(path, file)
    const text = readFileSync(at, 'utf8')
    const parts = text.split(find)
    if (parts.length !== 2) return `stands ${parts.length - 1} times in ${file}: ${find}`
    if (!originals.has(file)) originals.set(file, text)
    writeFileSync(at, parts.join(put))
    return undefined
  }
  return {
    path,
    break: (edits) => {
      for (const edit of edits) {
        const fault = apply(edit)
        if (fault !== undefined) return fault
      }
      return undefined
    },
    mend: () => {
      for (const [file, text] of originals) writeFileSync(join(path, file), text)
      originals.clear()
    },
    remove: () => {
      process.off('exit', remove)
      remove()
    },
  }
}
