// Looks at the state with the applications' own functions: what they read is fetched and proven, until they have all they ask for.
import { assert } from '../../vm/assert.ts'
import type { Reader, StateKey } from '../../vm/state.ts'
import type { TimeMs } from '../../vm/types.ts'
import type { Nodes } from './nodes.ts'

/** A look reads a handful of values; more is a mistake. */
const VALUES_MAX = 200

class Missing extends Error {
  readonly at: StateKey
  constructor(at: StateKey) {
    super(at.key)
    this.at = at
  }
}

/** `timeMs` is that of the newest block that was shown, or of the clock of this process if that is later. */
export async function lookAt<T>(
  nodes: Nodes,
  look: (state: Reader, timeMs: TimeMs) => T,
): Promise<T> {
  const known = new Map<string, Uint8Array | undefined>()
  const state: Reader = {
    get: (at) => {
      const name = `${at.app}/${at.key}`
      if (!known.has(name)) throw new Missing(at)
      return known.get(name)
    },
  }
  let timeMs = Date.now()
  for (;;) {
    try {
      return look(state, timeMs)
    } catch (error) {
      if (!(error instanceof Missing)) throw error
      assert(known.size < VALUES_MAX, 'a look at the state reads a few values')
      const { at } = error
      const found = await nodes.ask(({ verified }) => verified.stateValue(at))
      timeMs = Math.max(timeMs, found.timeMs)
      known.set(`${at.app}/${at.key}`, found.value)
    }
  }
}
