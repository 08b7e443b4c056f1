// Inputs that are drawn as texts, and readers that refuse with errors of known kinds.
import { createRandom, type Random } from '../sim/random.ts'
import { type Reading, refusedBy, type Target, textOf, utf8, type Valid } from './target.ts'

export type Texts = (random: Random) => string

export function drawn(make: Texts): Target['valid'] {
  return (seed, count) =>
    Array.from(
      { length: count },
      (_, place): Valid => ({
        bytes: utf8(make(createRandom(seed + place))),
      }),
    )
}

export function refusable(
  errors: Parameters<typeof refusedBy>[0],
  read: (text: string) => Reading,
) {
  return (input: Uint8Array): Reading => {
    try {
      return read(textOf(input))
    } catch (error) {
      return refusedBy(errors, error)
    }
  }
}
