// The nodes that an agent may ask: one at a time; a dead or lying one gives way to the next, and what was verified stays verified.
import { validatorSet } from '../../apps/registry/state.ts'
import { type Client, createClient } from '../../client/client.ts'
import { ClientError } from '../../client/errors.ts'
import type { TrustedView } from '../../client/trusted-view.ts'
import { createVerifiedClient, type VerifiedClient } from '../../client/verified-client.ts'
import { pause } from '../../client/web.ts'
import type { Height, TimeMs } from '../../vm/types.ts'
import { verifySignature } from '../crypto/ed25519.ts'
import type { Logger } from '../logger.ts'

/** One node, as it answers and as far as it proves its answers. */
export type Node = { readonly client: Client; readonly verified: VerifiedClient }

export type Nodes = {
  /** Runs the work against the node in use, and against the next one if this one is silent, malformed or lies. */
  readonly ask: <T>(work: (node: Node) => Promise<T>) => Promise<T>
  readonly view: () => TrustedView
  /** Asks every node how far it is, so that no later answer comes from one that lags; those that do not answer are left out. */
  readonly lookAround: () => Promise<Height>
}

/** An answer that proves nothing. Thrown by the work, it makes `ask` turn to another node. */
export function distrust(what: string): ClientError {
  return new ClientError({
    code: 'ANSWER_NOT_PROVEN',
    message: what,
    hint: 'ask another node; this one is broken or lies',
  })
}

const silent: ReadonlySet<string> = new Set([
  'NODE_UNREACHABLE',
  'NOT_CAUGHT_UP',
  'SHUTTING_DOWN',
  'INTERNAL',
])
const lying: ReadonlySet<string> = new Set(['ANSWER_NOT_PROVEN', 'ANSWER_MALFORMED'])

export type NodesParameters = {
  readonly urls: readonly string[]
  readonly log: Logger
  /** Where the agent stands; no answer from before it counts. */
  readonly view: TrustedView
  readonly keep?: (view: TrustedView) => void
  /** Calls are given up after this time, also those that wait for a block: a node that withholds blocks is left soon. */
  readonly timeoutMs?: number
  /** How often all are asked when none answers: a machine that sleeps or has too much to do is silent for a while. */
  readonly rounds?: number
  readonly nowMs?: () => TimeMs
}

/** Before all are asked once more. */
const ROUND_PAUSE_MS = 1_000

function isUnreachable(error: unknown): boolean {
  return error instanceof ClientError && error.code === 'NODE_UNREACHABLE'
}

export function createNodes(parameters: NodesParameters): Nodes {
  const { urls, log, timeoutMs = 5_000, rounds = 1, keep, nowMs = Date.now } = parameters
  let { view } = parameters
  const queue = urls.map((url) => ({ url, client: createClient({ url, timeoutMs }) }))
  const nodeOf = (client: Client): Node => {
    const verified = createVerifiedClient({
      client,
      view,
      keep: (newer) => {
        if (newer.height <= view.height) return
        view = newer
        keep?.(newer)
      },
      nowMs,
      verifySignature,
    })
    return { client, verified }
  }
  const askEach: Nodes['ask'] = async (work) => {
    let last: unknown
    for (const entry of [...queue]) {
      try {
        return await work(nodeOf(entry.client))
      } catch (error) {
        if (!(error instanceof ClientError)) throw error
        const isLie = lying.has(error.code)
        if (!isLie && !silent.has(error.code)) throw error
        if (isLie) log.warn({ node: entry.url, error: error.message }, 'node not believed')
        last = error
        // Whoever failed is asked last from now on.
        const place = queue.indexOf(entry)
        if (place >= 0) queue.push(...queue.splice(place, 1))
      }
    }
    throw last
  }
  return {
    view: () => view,
    lookAround: async () => {
      const looks = queue.map(({ client }) =>
        nodeOf(client).verified.stateValue(validatorSet.key()),
      )
      for (const look of await Promise.allSettled(looks)) {
        if (look.status === 'rejected' && !(look.reason instanceof ClientError)) throw look.reason
      }
      return view.height
    },
    ask: async (work) => {
      for (let round = 1; ; round++) {
        try {
          return await askEach(work)
        } catch (error) {
          if (!isUnreachable(error) || round >= rounds) throw error
          log.warn({ error: String(error) }, 'no node answers')
          await pause(ROUND_PAUSE_MS)
        }
      }
    },
  }
}
