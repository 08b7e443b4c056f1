// Runs one target on many inputs and collects what is wrong.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { inputsOf } from './inputs.ts'
import { judge } from './judge.ts'
import type { Target } from './target.ts'

export type Failure = {
  readonly target: string
  readonly seed: number
  /** Which input of the seed; -1 is one of the corpus. */
  readonly index: number
  readonly fault: string
  readonly hex: string
}

export type Report = {
  readonly target: string
  readonly inputs: number
  readonly accepted: number
  readonly bytes: number
  readonly seconds: number
  /** Growth of the heap after the first inputs, collected before and after. */
  readonly kept: number
  readonly failures: readonly Failure[]
}

/** Bytes that a target without a life of its own may keep from all inputs but the first ones. */
const KEPT_MAX = 16 * 2 ** 20
/** The part of the inputs during which caches and compiled code come to be. */
const WARM_UP = 0.2

/** As many places as a failure names: most inputs are refused, and an error costs by the places that it remembers. */
Error.stackTraceLimit = 3

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** The memory of array buffers is given back beside the collection, on a busy machine some time after it. */
const COLLECTIONS = 5

async function heapBytes(): Promise<number> {
  collectGarbage()
  await new Promise(setImmediate)
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** The first look that is within the limit, or the least of a few: what is kept stays however often one looks. */
async function growth(since: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let count = 0; count < COLLECTIONS && least > KEPT_MAX; count++)
    least = Math.min(least, (await heapBytes()) - since)
  return least
}

export type RunOptions = {
  readonly inputs: number
  readonly seed: number
  /** Told before each input, so that one without an end can be named. */
  readonly onInput?: (index: number, bytes: Uint8Array) => void
}

const FAILURES_MAX = 5
/** How often a target with a life is asked how it is. */
const HEALTH_EVERY = 500

/** Ends early after a few failures: they are mostly the same one. */
export async function runTarget(target: Target, options: RunOptions): Promise<Report> {
  const { inputs, seed, onInput } = options
  const failures: Failure[] = []
  const started = performance.now()
  let index = 0
  let accepted = 0
  let bytes = 0
  let heapBefore = 0
  const fail = (fault: string, input: Uint8Array) =>
    failures.push({
      ...{ target: target.name, seed, index, fault },
      hex: Buffer.from(input).toString('hex'),
    })
  for (const input of inputsOf(target, seed, inputs)) {
    onInput?.(index, input.bytes)
    const outcome = await judge(target, input.bytes, input.valid)
    if (outcome.accepted) accepted += 1
    if (outcome.fault !== undefined) fail(outcome.fault, input.bytes)
    bytes += input.bytes.length
    index += 1
    if (index === Math.floor(inputs * WARM_UP)) heapBefore = await heapBytes()
    if (index % HEALTH_EVERY === 0 || index === inputs) {
      const illness = await target.health?.()
      if (illness !== undefined) fail(illness, input.bytes)
    }
    if (failures.length >= FAILURES_MAX) break
  }
  const seconds = (performance.now() - started) / 1_000
  const kept = heapBefore === 0 ? 0 : await growth(heapBefore)
  if (kept > KEPT_MAX && target.health === undefined) fail(`keeps ${kept} bytes`, new Uint8Array())
  return { target: target.name, inputs: index, accepted, bytes, seconds, kept, failures }
}
