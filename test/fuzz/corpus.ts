// Inputs that once went wrong: kept as files, read again in every run.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { judge } from './judge.ts'
import type { Failure } from './run.ts'
import type { Target } from './target.ts'

const folder = join(import.meta.dirname, 'corpus')

/** A file is named TARGET.WHAT.hex and may be broken into lines. */
function namesOf(target: string): readonly string[] {
  return readdirSync(folder).filter(
    (name) => name.startsWith(`${target}.`) && name.endsWith('.hex'),
  )
}

export function corpusTargets(): readonly string[] {
  return readdirSync(folder).flatMap((name) =>
    name.endsWith('.hex') ? (name.split('.')[0] ?? []) : [],
  )
}

/** What still goes wrong. */
export async function runCorpus(target: Target): Promise<readonly Failure[]> {
  const failures: Failure[] = []
  for (const name of namesOf(target.name)) {
    const hex = readFileSync(join(folder, name), 'utf8').replaceAll(/\s/g, '')
    const { fault } = await judge(target, Uint8Array.from(Buffer.from(hex, 'hex')), undefined)
    if (fault !== undefined)
      failures.push({ target: target.name, seed: 0, index: -1, fault: `${name}: ${fault}`, hex })
  }
  return failures
}

/** Keeps an input that went wrong, to be named by whoever mends it. */
export function keep({ target, seed, index, hex }: Failure): string {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${target}.seed-${seed}-${index}.hex`)
  writeFileSync(path, `${hex.replaceAll(/.{120}/g, '$&\n')}\n`)
  return path
}
