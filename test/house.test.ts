// The house keeps its own rules: sizes, purposes, no notes to self, nothing inexact on the pure floors.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const ROOT = join(import.meta.dirname, '..')
const LINES_MAX = 300

const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' })
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(ROOT, path)))

/** Paths of tracked files that a pattern fits, with their text. */
function sources(pattern: RegExp): readonly { readonly path: string; readonly text: string }[] {
  return tracked
    .filter((path) => pattern.test(path))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
}

const CODE = /\.(ts|grit|sh)$|^bin\/|^\.ci\//
const PURE = /^(vm|apps|consensus|genesis)\/.*\.ts$/

t.test('no source file is longer than one can read at a sitting', async (t) => {
  const long = sources(/\.ts$/).filter(({ text }) => text.trimEnd().split('\n').length > LINES_MAX)
  t.strictSame(
    long.map(({ path }) => path),
    [],
  )
})

t.test('every source file says its purpose first', async (t) => {
  const silent = sources(CODE).filter(({ text }) => !/^(#!.*\n)?(\/\/|#) \S.{10,}/.test(text))
  t.strictSame(
    silent.map(({ path }) => path),
    [],
  )
})

t.test('no notes to self, and no test that does not run', async (t) => {
  for (const { path, text } of sources(CODE)) {
    if (/\b(TO-?DO|FIX-?ME|X{3})(?![)\w])/.test(text))
      t.fail(`a note to self in ${path}: open an issue`)
  }
  for (const { path, text } of sources(/^test\/.*\.ts$/)) {
    if (/\.(skip|only|todo)\(|\b(skip|only|todo): ?(true|['"`])/.test(text)) t.fail(path)
  }
})

t.test('the pure floors use no Math whose result a machine may choose', async (t) => {
  const exact = 'abs|ceil|clz32|floor|imul|max|min|round|sign|trunc'
  const inexact = new RegExp(`\\bMath\\b(?!\\.(${exact})\\()`)
  for (const { path, text } of sources(PURE)) {
    const code = text.replace(/^\s*(\/\/|\/?\*).*$/gm, '')
    if (inexact.test(code)) t.fail(`${path}: ${inexact.exec(code)?.[0]}`)
    // A type written as an import expression is an import that the linter does not see.
    if (/\bimport\(/.test(code)) t.fail(`${path}: import()`)
  }
})

t.test('published files are named with publisher, commit and licence', async (t) => {
  const readme = readFileSync(join(ROOT, 'test/vectors/README.md'), 'utf8')
  for (const path of tracked.filter((each) =>
    /^test\/vectors\/(irtf|rfc|c2sp|wyche|.*check)/.test(each),
  ))
    t.match(readme, `\`${path.slice('test/vectors/'.length)}\``, path)
})
