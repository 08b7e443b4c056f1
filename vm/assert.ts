// Bugs: what must never happen stops the work at once.

/** A broken invariant of our own code; never caused by what a peer or a client sends. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** Throws an AssertionError unless `condition` holds. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** The end of every exhaustive switch. */
export function assertNever(value: never): never {
  throw new AssertionError(`unexpected value ${JSON.stringify(value)}`)
}
