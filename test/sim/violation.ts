// The finding of a checker.

/** A broken promise of the protocol; its message says which. */
export class Violation extends Error {
  override readonly name = 'Violation'
}
