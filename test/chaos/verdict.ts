// The end of a run: every chain is read again from the beginning and compared with what the clients saw.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Digest, Height } from '../../vm/types.ts'
import { follow } from './follow.ts'
import { createHistory, type History } from './history.ts'
import type { ChaosNetwork } from './network.ts'
import { untilQuiet } from './recovery.ts'
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
  readonly blocks: ReadonlyMap<Height, Digest>
  readonly included: ReadonlyMap<Digest, Height>
  readonly duplicated: number
}

/** A fresh look at one node's whole chain, as a client has it that begins today. */
async function readChain(
  node: ChaosNetwork['validators'][number],
  { height, transactions }: { readonly height: Height; readonly transactions: Height },
): Promise<Chain> {
  const seen = createHistory()
  const followed = follow({ nodes: [node], history: seen, fromHeight: 1 })
  const untilMs = performance.now() + READ_MS
  while (seen.blocks.size < height || followed.height() < transactions) {
    if (performance.now() > untilMs) break
    await sleep(50)
  }
  followed.stop()
  const { blocks, included, wrong } = seen
  return { node: node.name, blocks, included, duplicated: wrong.duplicated }
}

function compare(chain: Chain, history: History, height: Height): number {
  const { node, blocks, included } = chain
  for (let at = 1; at <= height; at++) {
    const id = blocks.get(at)
    if (id === undefined) history.complain(`${node} does not tell of the block at ${at}`)
    else history.block(`${node} in the end`, at, id)
  }
  let lost = 0
  for (const [id, acknowledgement] of history.acknowledged) {
    if (included.get(id) === acknowledgement.height) continue
    lost += 1
    history.complain(`${node} lost ${id}, acknowledged at ${acknowledgement.height}`)
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
  const height = states?.[0]?.height ?? Math.max(0, ...history.blocks.keys())
  for (const at of history.blocks.keys())
    if (at > height) history.complain(`a block of ${at} was read, the chains end at ${height}`)
  const transactions = Math.max(0, ...history.included.values())
  let [lost, duplicated] = [0, history.wrong.duplicated]
  for (const one of validators) {
    const chain = await readChain(one, { height, transactions })
    lost = Math.max(lost, compare(chain, history, height))
    duplicated = Math.max(duplicated, chain.duplicated)
  }
  await stop()
  const { votes, doubles } = await judgeVotes(network, history)
  return {
    ...{ lost, duplicated, doubleVotes: doubles },
    ...{ forks: history.wrong.forks, height, votes },
  }
}
