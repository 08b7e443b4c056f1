// The end of a run: every chain is read again from the beginning and compared with what the clients saw.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Digest, Height } from '../../vm/types.ts'
import { follow } from './follow.ts'
import { createHistory, type History } from './history.ts'
import type { ChaosNetwork } from './network.ts'
import { untilQuiet } from './recovery.ts'
import { rpc } from './rpc.ts'
import { searchVotes } from './votes.ts'

export type Verdict = {
  readonly lost: number
  readonly duplicated: number
  readonly doubleVotes: number
  readonly forks: number
  readonly height: Height
  readonly votes: number
}

const QUIET_MS = 60_000
const READ_MS = 90_000

type Chain = {
  readonly node: string
  /** Who joined by a snapshot has blocks from here on. */
  readonly lowest: Height
  readonly blocks: ReadonlyMap<Height, Digest>
  readonly included: ReadonlyMap<Digest, Height>
  readonly duplicated: number
}

async function lowestOf({ rpcUrl }: ChaosNetwork['validators'][number]): Promise<Height> {
  const { error } = await rpc(rpcUrl, { method: 'chain_block', params: { height: 1 } })
  return error?.data?.lowest ?? 1
}

/** A fresh look at one node's whole chain, as a client has it that begins today. */
async function readChain(
  node: ChaosNetwork['validators'][number],
  { height, transactions }: { readonly height: Height; readonly transactions: Height },
): Promise<Chain> {
  const seen = createHistory()
  const lowest = await lowestOf(node)
  const followed = follow({ nodes: [node], history: seen, fromHeight: lowest })
  const untilMs = performance.now() + READ_MS
  while (seen.blocks.size <= height - lowest || followed.height() < transactions) {
    if (performance.now() > untilMs) break
    await sleep(50)
  }
  followed.stop()
  const { blocks, included, wrong } = seen
  return { node: node.name, lowest, blocks, included, duplicated: wrong.duplicated }
}

function compare(chain: Chain, history: History, height: Height): number {
  const { node, lowest, blocks, included } = chain
  for (let at = lowest; at <= height; at++) {
    const id = blocks.get(at)
    if (id === undefined) history.complain(`${node} does not tell of the block at ${at}`)
    else history.block(`${node} in the end`, at, id)
  }
  let lost = 0
  for (const [id, acknowledgement] of history.acknowledged) {
    const { height: at } = acknowledgement
    if (at < lowest || included.get(id) === at) continue
    lost += 1
    history.complain(`${node} lost ${id}, acknowledged at ${at}`)
  }
  return lost
}

async function judgeVotes({ validators, genesis }: ChaosNetwork, history: History) {
  const sum = { votes: 0, doubles: 0 }
  for (const one of validators) {
    const { votes, doubles } = await searchVotes(one, genesis.chainId)
    sum.votes += votes
    sum.doubles += doubles.length
    if (votes === 0) history.complain(`no vote of ${one.name} was found`)
    for (const double of doubles) history.complain(`${one.name} voted twice: ${double}`)
  }
  return sum
}

/** The network is quiet and still up; its votes are judged after `stop`. */
export async function judge(
  network: ChaosNetwork,
  history: History,
  stop: () => Promise<void>,
): Promise<Verdict> {
  const { validators } = network
  const states = await untilQuiet(validators, QUIET_MS)
  if (states === undefined) history.complain('the nodes do not come to the same height')
  const roots = new Set(states?.map(({ stateRoot }) => stateRoot))
  if (roots.size > 1) history.complain(`state roots differ: ${[...roots].join(', ')}`)
  const height = states?.[0]?.height ?? 0
  for (const at of history.blocks.keys())
    if (at > height) history.complain(`a block of ${at} was read, the chains end at ${height}`)
  const transactions = [...history.included.values()].reduce((one, two) => Math.max(one, two), 0)
  let [lost, duplicated] = [0, history.wrong.duplicated]
  const lowest: Height[] = []
  for (const one of validators) {
    const chain = await readChain(one, { height, transactions })
    lowest.push(chain.lowest)
    lost = Math.max(lost, compare(chain, history, height))
    duplicated = Math.max(duplicated, chain.duplicated)
  }
  if (!lowest.includes(1)) history.complain('nobody has every block')
  await stop()
  const { votes, doubles } = await judgeVotes(network, history)
  return {
    ...{ lost, duplicated, doubleVotes: doubles },
    ...{ forks: history.wrong.forks, height, votes },
  }
}
