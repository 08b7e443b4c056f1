// The inputs of a target: for one seed always the same, valid ones and what is made of them.
import { createRandom, type Random } from '../sim/random.ts'
import { anyBytes, anywhere, changeItem, type Specimen, specimen, splice } from './mutate.ts'
import { changeJson } from './mutate-json.ts'
import { type Target, textOf, utf8, type Valid } from './target.ts'

export type Input = {
  readonly bytes: Uint8Array
  /** Set if the bytes are as they were encoded. */
  readonly valid: Valid | undefined
}

/** Inputs made of the same valid ones before others are drawn. */
const ROUND = 2_000
const VALID_PER_ROUND = 48
const SIZE_MAX = 64 * 1024

type Stock = readonly { readonly valid: Valid; readonly specimen: Specimen }[]

function stock(target: Target, seed: number): Stock {
  const drawn = target.valid(seed, VALID_PER_ROUND)
  if (drawn.length === 0) throw new RangeError(`${target.name} has no valid inputs`)
  return drawn.map((valid) => ({ valid, specimen: specimen(valid.bytes) }))
}

function changeOnce(target: Target, one: Specimen, other: Specimen, random: Random): Uint8Array {
  if (target.form === 'json' && random.chance(0.8)) {
    const text = changeJson(textOf(one.bytes), random)
    if (text !== undefined) return utf8(text)
  }
  if (target.form === 'cbor' && random.chance(0.6)) return changeItem(one, other, random)
  if (random.chance(0.08)) return splice(one.bytes, other.bytes, random)
  return random.pick(anywhere)(one.bytes, random)
}

function changed(target: Target, all: Stock, random: Random): Uint8Array {
  const one = random.pick(all).specimen
  let bytes = changeOnce(target, one, random.pick(all).specimen, random)
  while (random.chance(0.35)) bytes = random.pick(anywhere)(bytes, random)
  const { sizeMax = SIZE_MAX } = target
  return bytes.length > sizeMax ? bytes.slice(0, sizeMax) : bytes
}

function inputOf(target: Target, all: Stock, random: Random): Input {
  const chance = random.fraction()
  if (chance < (target.isSlow === true ? 0.02 : 0.1)) {
    const { valid } = random.pick(all)
    return { bytes: valid.bytes, valid }
  }
  if (chance < 0.15) return { bytes: anyBytes(random), valid: undefined }
  return { bytes: changed(target, all, random), valid: undefined }
}

/** One seed for each input, so that any of them can be made alone. */
function seedOf(seed: number, index: number): number {
  return (Math.imul(seed, 0x9e3779b1) + index) >>> 0
}

/** Input number `index` of the seed, and those behind it. */
export function* inputsOf(target: Target, seed: number, count: number): Generator<Input> {
  for (let index = 0; index < count; ) {
    const all = stock(target, seedOf(seed, index))
    const end = Math.min(count, index + ROUND)
    for (; index < end; index++) yield inputOf(target, all, createRandom(seedOf(seed + 1, index)))
  }
}
