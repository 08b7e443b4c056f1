// The port of a prime-order group: ristretto255 on every floor, P-256 for the official proof vectors only.

/**
 * Operations of a group of prime order. `P` is opaque to callers. Public data may use the variable-time operations; secrets go
 * through `multiply` and `multiplyBase`. No operation throws on the identity: 0·P and P−P are the identity.
 */
export type Group<P> = {
  readonly name: string
  /** The prime order of the group. */
  readonly order: bigint
  readonly pointSize: number
  readonly scalarSize: number
  readonly base: P
  readonly identity: P
  /** Canonical encodings only, the identity included; undefined for everything else. */
  readonly decode: (bytes: Uint8Array) => P | undefined
  readonly encode: (point: P) => Uint8Array
  readonly equal: (left: P, right: P) => boolean
  readonly isIdentity: (point: P) => boolean
  readonly add: (left: P, right: P) => P
  readonly negate: (point: P) => P
  /** Scalars are in [0, order); constant time as far as the library offers it. */
  readonly multiply: (point: P, scalar: bigint) => P
  readonly multiplyBase: (scalar: bigint) => P
  /** Σ scalars[i]·points[i], variable time, for public data. */
  readonly combine: (points: readonly P[], scalars: readonly bigint[]) => P
  /** Hash-to-group of a fixed or public input under a domain tag; nobody knows its discrete logarithm. */
  readonly hashToPoint: (domain: string, input: Uint8Array) => P
  /** Scalars on the wire in the byte order of the group's standard; undefined if not below the order. */
  readonly decodeScalar: (bytes: Uint8Array) => bigint | undefined
  readonly encodeScalar: (scalar: bigint) => Uint8Array
  /** Uniform scalar from at least 48 bytes of a hash or of randomness. */
  readonly reduceScalar: (wide: Uint8Array) => bigint
}

/** A ristretto255 element; each implementation has its own representation behind it. */
export type Point = { readonly ristretto255: unique symbol }
