// What an audit finds wrong: a height and a line, raised where it is seen and collected where the audit ends.
import type { Height } from '../../vm/types.ts'
import { EpioneError } from '../errors.ts'

/** One thing that is wrong, and the block that it is about. */
export type Finding = { readonly height: Height; readonly what: string }

class FindingError extends Error {
  readonly finding: Finding
  constructor(finding: Finding) {
    super(finding.what)
    this.finding = finding
  }
}

/** Ends the part of the audit that runs inside `findingOf`. */
export function report(height: Height, what: string): never {
  throw new FindingError({ height, what })
}

/** The value, or a finding that it is missing. */
export function required<T>(value: T | undefined, at: Finding): T {
  if (value === undefined) report(at.height, `${at.what} is missing`)
  return value
}

/** Runs a part of the audit; what its reads find damaged is about the block of `height`. */
export function findingOf(height: Height, part: () => void): Finding | undefined {
  try {
    part()
    return undefined
  } catch (error) {
    if (error instanceof FindingError) return error.finding
    if (error instanceof EpioneError && error.code === 'STORE_DAMAGED')
      return { height, what: error.message }
    throw error
  }
}
