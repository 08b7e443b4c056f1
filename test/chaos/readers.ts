// Clients that read from any node all the time: heights must not go back, and what was acknowledged must stay so.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Payer } from '../../node/load/transfers.ts'
import type { Digest, Height } from '../../vm/types.ts'
import type { Random } from '../sim/random.ts'
import type { History } from './history.ts'
import { type RpcAnswer, rpc } from './rpc.ts'

export type ReadersPlan = {
  readonly nodes: readonly { readonly name: string; readonly rpcUrl: string }[]
  readonly payers: readonly Payer[]
  readonly history: History
  readonly random: Random
}

const READERS = 3
const PAUSE_MS = 100

type Answered = {
  readonly height: Height
  readonly id?: Digest
  readonly status?: string
  readonly block?: Height | null
}

function createReader(plan: ReadersPlan, client: string) {
  const { nodes, payers, history, random } = plan
  let seen: Height = 0

  const heard = ({ result }: RpcAnswer): Answered | undefined => result as Answered | undefined

  const readHead = async (node: ReadersPlan['nodes'][number]): Promise<void> => {
    // Every other read asks for what this client has seen already, whichever node told it.
    const minHeight = random.chance(0.5) ? seen : 0
    const params = minHeight === 0 ? {} : { minHeight }
    const [method, rest] = random.chance(0.5)
      ? ['chain_head', {}]
      : ['bank_balance', { account: random.pick(payers).account, currency: 'USD' }]
    const answer = heard(await rpc(node.rpcUrl, { method, params: { ...rest, ...params } }))
    if (answer === undefined) return
    const { height, id } = answer
    seen = Math.max(seen, height)
    const named = id === undefined ? {} : { id }
    history.read({ client, node: node.name, height, minHeight, ...named })
  }

  const readStatus = async (node: ReadersPlan['nodes'][number]): Promise<void> => {
    const known = [...history.acknowledged.entries()].slice(-2_000)
    if (known.length === 0) return
    const [id, acknowledgement] = random.pick(known)
    const answer = heard(await rpc(node.rpcUrl, { method: 'tx_status', params: { id } }))
    if (answer === undefined) return
    const { height, status, block } = answer
    history.read({ client, node: node.name, height, minHeight: 0 })
    if (height < acknowledgement.height) return
    if (status === 'committed' && block === acknowledgement.height) return
    const says = `${node.name} at ${height} says ${status} ${block ?? ''} of ${id}`
    history.complain(`${says}, acknowledged at ${acknowledgement.height}`)
  }

  return async (): Promise<void> => {
    const node = random.pick(nodes)
    await (random.chance(0.6) ? readHead(node) : readStatus(node))
  }
}

/** Starts at once; resolves when all have stopped. */
export function startReaders(plan: ReadersPlan): { readonly stop: () => Promise<void> } {
  let stopped = false
  const run = async (client: string): Promise<void> => {
    const read = createReader(plan, client)
    while (!stopped) {
      await read()
      await sleep(PAUSE_MS)
    }
  }
  const running = Promise.all(Array.from({ length: READERS }, (_, index) => run(`reader-${index}`)))
  return {
    stop: async () => {
      stopped = true
      await running
    },
  }
}
