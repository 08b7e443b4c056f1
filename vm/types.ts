// The words that every floor shares: flavoured numbers and identifiers.

/** A value that cannot be swapped unnoticed with another flavour of the same base type. */
export type Flavor<Base, Name extends string> = Base & { readonly flavor?: Name }

/** Lower-case hexadecimal with a 0x prefix; the form of bytes as map keys, in logs and in RPC. */
export type Hex = `0x${string}`

/** Position of a block; the genesis block has height 0. */
export type Height = Flavor<number, 'Height'>

/** Attempt to decide a height; the first is 0. */
export type View = Flavor<number, 'View'>

/** Position of a validator in the set that decides a height. */
export type ReplicaIndex = Flavor<number, 'ReplicaIndex'>

/** Milliseconds since 1970-01-01T00:00:00Z, as a block header states them. */
export type TimeMs = Flavor<number, 'TimeMs'>

/** A 32-byte SHA-256 digest. */
export type Digest = Flavor<Hex, 'Digest'>

/** A random 32-byte identifier of an account. */
export type AccountId = Flavor<Hex, 'AccountId'>

/** A random 32-byte identifier of an organization. */
export type OrganizationId = Flavor<Hex, 'OrganizationId'>

/** A 32-byte Ed25519 public key. */
export type PublicKey = Flavor<Hex, 'PublicKey'>
