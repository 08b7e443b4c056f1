// How long it takes from the end of a fault until every node is where the chain is and the chain goes on.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Digest, Height } from '../../vm/types.ts'
import { rpc } from './rpc.ts'

export type NodeState = {
  readonly height: Height
  readonly stateRoot: Digest
  readonly syncing: boolean
}

type Node = { readonly name: string; readonly rpcUrl: string }

const LOOK_MS = 50
const ANSWER_MS = 1_000

export async function stateOf({ rpcUrl }: Node): Promise<NodeState | undefined> {
  const { result } = await rpc(rpcUrl, { method: 'node_status', params: {} }, ANSWER_MS)
  return result as NodeState | undefined
}

/** Resolves when every node has a block after the newest that anybody had at the call; undefined after the time. */
export async function untilRecovered(
  nodes: readonly Node[],
  timeoutMs: number,
): Promise<number | undefined> {
  const startMs = performance.now()
  const first = await Promise.all(nodes.map(stateOf))
  const target = Math.max(0, ...first.map((state) => state?.height ?? 0)) + 1
  let behind = [...nodes]
  while (behind.length > 0) {
    if (performance.now() - startMs > timeoutMs) return undefined
    const states = await Promise.all(behind.map(stateOf))
    behind = behind.filter((_, index) => (states[index]?.height ?? 0) < target)
    if (behind.length > 0) await sleep(LOOK_MS)
  }
  return performance.now() - startMs
}

/** Resolves when all have the same height twice in a row, with their states; undefined after the time. */
export async function untilQuiet(
  nodes: readonly Node[],
  timeoutMs: number,
): Promise<readonly NodeState[] | undefined> {
  const untilMs = performance.now() + timeoutMs
  let before: Height | undefined
  while (performance.now() < untilMs) {
    const states = await Promise.all(nodes.map(stateOf))
    const heights = new Set(states.map((state) => state?.height))
    const [height] = heights
    if (heights.size === 1 && height !== undefined && height === before)
      return states.filter((state) => state !== undefined)
    before = heights.size === 1 ? height : undefined
    await sleep(500)
  }
  return undefined
}
