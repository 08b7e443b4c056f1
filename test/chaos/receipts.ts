// Acknowledged is what a client can prove: a receipt under a certificate of the validators that the genesis names.
import { receiptAnswer, setChainAnswer } from '../../client/answers.ts'
import { followSets, startView } from '../../client/trusted-view.ts'
import { verifyAnswer } from '../../client/verify.ts'
import type { Genesis } from '../../genesis/build.ts'
import { verifySignature } from '../../node/crypto/ed25519.ts'
import type { Digest } from '../../vm/types.ts'
import type { History } from './history.ts'
import { rpc, rpcBatch } from './rpc.ts'

type Node = { readonly name: string; readonly rpcUrl: string }

export type ReceiptsPlan = {
  readonly nodes: readonly Node[]
  readonly genesis: Genesis
  readonly history: History
  readonly onAcknowledged: (id: Digest) => void
}

const BATCH_MAX = 50
const PAUSE_MS = 20

/** Asks each node for the receipts that it announced, many in one request and one request at a time. */
export function createReceipts({ nodes, genesis, history, onAcknowledged }: ReceiptsPlan) {
  const { chainId, engine, validators, parameters } = genesis
  let view = startView({ chainId, engine, validators, heartbeatMs: parameters.heartbeatMs })
  const asked = new Set<Digest>()
  let stopped = false

  const judgement = () => ({ nowMs: Date.now(), verifySignature })

  /** Another set certifies by now: its members are believed if the ones before them said so. */
  const followTo = async ({ name, rpcUrl }: Node): Promise<void> => {
    const from = (view.sets.at(-1)?.from ?? 0) + 1
    const { result } = await rpc(rpcUrl, { method: 'chain_setChain', params: { from } })
    if (result === undefined) return
    const followed = followSets(view, setChainAnswer.fromJson(result).links, judgement())
    if (followed.ok) view = followed.view
    else history.complain(`the set chain of ${name} does not hold: ${followed.detail}`)
  }

  const judge = async (node: Node, id: Digest, result: unknown): Promise<void> => {
    const answer = receiptAnswer.fromJson(result)
    const question = { kind: 'receipt', id, answer } as const
    let verdict = verifyAnswer(view, question, judgement())
    if (!verdict.ok && (verdict.fault === 'SET_UNKNOWN' || verdict.fault === 'NOT_CERTIFIED')) {
      await followTo(node)
      verdict = verifyAnswer(view, question, judgement())
    }
    const { name } = node
    if (!verdict.ok) {
      history.complain(`${name} proves nothing about ${id}: ${verdict.fault} ${verdict.detail}`)
      return
    }
    view = verdict.view
    if (verdict.value.code !== '') history.complain(`${id} was refused with ${verdict.value.code}`)
    history.acknowledge(id, { height: verdict.height, node: name })
    onAcknowledged(id)
  }

  const createDesk = (node: Node) => {
    const { rpcUrl } = node
    let wanted: Digest[] = []
    let running: Promise<void> | undefined
    const run = async (): Promise<void> => {
      while (wanted.length > 0 && !stopped) {
        // Those of several blocks share a request.
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
        const ids = wanted.splice(0, BATCH_MAX)
        const calls = ids.map((id) => ({ method: 'tx_receipt', params: { id } }))
        const answers = await rpcBatch(rpcUrl, calls)
        for (const [index, id] of ids.entries()) {
          asked.delete(id)
          const result = answers?.[index]?.result
          if (result !== undefined) await judge(node, id, result)
        }
      }
      running = undefined
    }
    return {
      ask: (id: Digest): void => {
        wanted.push(id)
        running ??= run()
      },
      stop: async (): Promise<void> => {
        wanted = []
        await running
      },
    }
  }

  const desks = new Map(nodes.map((node) => [node.rpcUrl, createDesk(node)]))
  return {
    ask: (url: string, id: Digest): void => {
      if (asked.has(id)) return
      asked.add(id)
      desks.get(url)?.ask(id)
    },
    stop: async (): Promise<void> => {
      stopped = true
      await Promise.all([...desks.values()].map((desk) => desk.stop()))
    },
  }
}
