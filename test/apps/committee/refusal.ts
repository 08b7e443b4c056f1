// What must be refused, and which codes were met on the way.
import { assert } from '../../../vm/assert.ts'
import type { TypeName, World } from '../vault/world.ts'
import { epochOf, keysetOf } from './cast.ts'

/** The codes so far. */
export const seen = new Set<string>()

/** Sends what must be refused: the code, and that the state is the same value by value that was read before. */
export function refusal(world: World, sent: readonly [TypeName, unknown, ...string[]]): string {
  const before = textOf(epochsOf(world))
  const { code } = world.send(...sent)
  assert(textOf(epochsOf(world)) === before, 'a refusal changes nothing')
  seen.add(code)
  return code
}

function epochsOf(world: World): unknown {
  return [1, 2, 3].map((epoch) => {
    try {
      return epochOf(world, { keyset: keysetOf(), epoch })
    } catch {
      return undefined
    }
  })
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}n` : part))
}
