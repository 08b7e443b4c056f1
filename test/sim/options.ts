// The command line of the simulator.
import { parseArgs } from 'node:util'
import type { EngineKind } from '../../vm/quorum.ts'

export type Range = { readonly first: number; readonly last: number }

export type Options = {
  readonly seeds: Range
  readonly validators: number
  readonly heights: number
  /** Undefined: as the seed chooses. */
  readonly engine: EngineKind | undefined
  readonly jobs: number
  /** Adversaries beyond what the protocol bears: a fork is wanted then. */
  readonly byzantine: number | undefined
  readonly json: boolean
  readonly trace: boolean
}

export const usage = `usage: npm run sim -- [--seeds A..B] [--validators N] [--heights H] [--jobs J] [--engine pbft|poa] [--byzantine K] [--json] [--trace]

Runs whole networks in virtual time, one for each seed from A to B (1..100 if not given), with every kind of fault.
Exits 0 if no checker found anything. --byzantine K: K validators run twice, and a fork is to be found; exits 0 when it
names those who made it. --engine poa: the second engine in every seed, with crashes and no adversaries. --trace prints all that happens in one seed.`

function count(text: string | undefined, name: string, otherwise: number): number {
  if (text === undefined) return otherwise
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`--${name} wants a whole number`)
  return value
}

function rangeOf(text: string): Range {
  const match = /^([0-9]+)(?:\.\.([0-9]+))?$/.exec(text)
  if (match === null) throw new RangeError('--seeds wants A..B')
  const first = Number(match[1])
  const last = Number(match[2] ?? match[1])
  if (last < first) throw new RangeError('--seeds A..B: B comes after A')
  return { first, last }
}

/** Throws for what it does not know. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '1..100' },
      validators: { type: 'string' },
      heights: { type: 'string' },
      jobs: { type: 'string' },
      engine: { type: 'string' },
      byzantine: { type: 'string' },
      json: { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
    },
  })
  const validators = count(values.validators, 'validators', 4)
  const byzantine =
    values.byzantine === undefined ? undefined : count(values.byzantine, 'byzantine', 1)
  if (byzantine !== undefined && byzantine >= validators)
    throw new RangeError('--byzantine wants fewer than there are validators')
  const { engine } = values
  if (engine !== undefined && engine !== 'pbft' && engine !== 'poa')
    throw new RangeError('--engine wants pbft or poa')
  return {
    engine,
    seeds: rangeOf(values.seeds),
    validators,
    heights: count(values.heights, 'heights', 50),
    jobs: count(values.jobs, 'jobs', 1),
    byzantine,
    json: values.json,
    trace: values.trace,
  }
}
