// What must hold for every input, whatever reads it.
import { isDeepStrictEqual } from 'node:util'
import type { Reading, Target, Valid } from './target.ts'

/** Bytes that a value keeps for each byte that it was read from; a record of three bytes has fields with names. */
const WEIGHT_PER_BYTE = 64
const WEIGHT_FREE = 8_192
/** A reason may quote what it refuses, each letter escaped. */
const REASON_PER_BYTE = 8
const REASON_FREE = 4_096

/** What a decoder lets through, some stack must hold later: of an encoder, a logger, a copy to a worker. */
const DEPTH_MAX = 100

/** About how many bytes a value keeps, views weighed as what they show; infinite if it is nested without measure. */
function weigh(value: unknown, limit: number): number {
  let weight = 0
  const open: (readonly [item: unknown, depth: number])[] = [[value, 0]]
  for (let next = open.pop(); next !== undefined && weight <= limit; next = open.pop()) {
    const [item, depth] = next
    if (depth > DEPTH_MAX) return Number.POSITIVE_INFINITY
    weight += 8
    if (typeof item === 'string') weight += item.length
    else if (typeof item === 'bigint') weight += 16
    else if (item instanceof Uint8Array) weight += 64 + item.byteLength
    else if (item instanceof Map || item instanceof Set)
      for (const one of item) open.push([one, depth + 1])
    else if (typeof item === 'object' && item !== null) {
      weight += 16
      for (const key in item) open.push([(item as Record<string, unknown>)[key], depth + 1])
    }
  }
  return weight
}

function judgeAccepted(
  input: Uint8Array,
  { value, again }: Extract<Reading, { kind: 'accepted' }>,
): string | undefined {
  if (again !== undefined && Buffer.compare(again, input) !== 0)
    return `accepted, but its encoding is ${Buffer.from(again).toString('hex').slice(0, 200)}`
  const limit = WEIGHT_FREE + WEIGHT_PER_BYTE * input.length
  const weight = weigh(value, limit)
  if (weight === Number.POSITIVE_INFINITY) return `is nested deeper than ${DEPTH_MAX}`
  if (weight > limit) return `keeps more than ${limit} bytes`
  return undefined
}

export type Outcome = {
  readonly accepted: boolean
  readonly fault: string | undefined
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`
  const where = error.stack?.split('\n').slice(1, 4).join(' ').replaceAll(/\s+/g, ' ') ?? ''
  return `threw ${error.name}: ${error.message.slice(0, 300)} ${where}`
}

/** Reads one input and says what is wrong with how it was read. */
export async function judge(
  target: Target,
  input: Uint8Array,
  valid: Valid | undefined,
): Promise<Outcome> {
  let reading: Reading
  try {
    const answer = target.read(input)
    reading = answer instanceof Promise ? await answer : answer
  } catch (error) {
    return { accepted: false, fault: explain(error) }
  }
  if (reading.kind === 'refused') {
    const { reason } = reading
    const limit = REASON_FREE + REASON_PER_BYTE * input.length
    if (reason.length > limit) return { accepted: false, fault: 'refused at great length' }
    const fault = valid === undefined ? undefined : `a valid input was refused: ${reason}`
    return { accepted: false, fault: fault?.slice(0, 500) }
  }
  const fault = judgeAccepted(input, reading)
  if (fault !== undefined || valid?.value === undefined) return { accepted: true, fault }
  const same = isDeepStrictEqual(reading.value, valid.value)
  return { accepted: true, fault: same ? undefined : 'what was encoded is not what was read' }
}
