// Values of the right form for the payloads that help texts show; nothing in them is valid cryptography.

/** A byte string of `size` bytes, all of them `byte` in two digits. */
export function sample(byte: string, size = 32): `0x${string}` {
  return `0x${byte.repeat(size)}`
}
