// The two bases beside the generator: H carries amounts, G2 carries blindings.
import type { Group } from './group.ts'

export type Bases<P> = {
  /** Value base: amount·H. */
  readonly H: P
  /** Blinding base: blinding·G2. */
  readonly G2: P
}

const DOMAIN = 'epione-bases-v1-with-ristretto255_XMD:SHA-512_R255MAP_RO_'
const cache = new WeakMap<object, Bases<unknown>>()

/** Hash-to-group outputs of fixed strings, the same for every chain: nobody knows relations between B, H and G2. */
export function basesOf<P>(group: Group<P>): Bases<P> {
  const known = cache.get(group)
  if (known !== undefined) return known as Bases<P>
  const bases: Bases<P> = {
    H: group.hashToPoint(DOMAIN, new Uint8Array([0x48])),
    G2: group.hashToPoint(DOMAIN, new Uint8Array([0x47, 0x32])),
  }
  cache.set(group, bases)
  return bases
}
