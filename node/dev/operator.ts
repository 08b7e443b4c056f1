// Who acts in the founders' name: proven answers of the nodes, and one outbox for all that is ever sent.
import { join } from 'node:path'
import { type Anchor, firstView, readAnchor } from '../agents/anchor.ts'
import { createNodes, type Nodes } from '../agents/nodes.ts'
import { openOutbox } from '../agents/outbox.ts'
import { createSender, type Sender } from '../agents/sender.ts'
import { agentPaths } from '../agents/settings.ts'
import { silentLogger } from '../logger.ts'
import { networkPaths } from '../testnet/layout.ts'
import type { Cast } from './cast.ts'
import type { NetworkPlan } from './plan.ts'

export type Operator = {
  readonly anchor: Anchor
  readonly nodes: Nodes
  readonly sender: Sender
  readonly close: () => Promise<void>
}

/** What the operator sends it sends once, however often a network is started. */
export async function openOperator(
  { home }: Pick<NetworkPlan, 'home'>,
  { patients, chainId }: Pick<Cast, 'patients' | 'chainId'>,
  urls: readonly string[],
): Promise<Operator> {
  const anchor = await readAnchor(agentPaths(patients).genesis, chainId)
  const view = firstView(anchor)
  const nodes = createNodes({ urls, log: silentLogger(), view, timeoutMs: 15_000, rounds: 4 })
  const outbox = await openOutbox(join(networkPaths(home).client('operator'), 'outbox.jsonl'))
  return { anchor, nodes, sender: createSender({ anchor, nodes, outbox }), close: outbox.close }
}
