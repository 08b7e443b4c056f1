// A validator that comes to a chain late: the chain is built offline, the others run under load, and it is watched until it is there.
import { setTimeout as sleep } from 'node:timers/promises'
import { certificateAnswer } from '../../../client/answers.ts'
import { createHistory } from '../history.ts'
import { startLoad } from '../load.ts'
import { type ChaosNetwork, createNetwork } from '../network.ts'
import type { ValidatorProcess } from '../process.ts'
import { stateOf } from '../recovery.ts'
import { rpc } from '../rpc.ts'
import { buildChain, type ChainPlan } from './chain.ts'

const LATE = 2
const OTHERS = [0, 1, 3]
const LOOK_MS = 50
const GIVE_UP_MS = 180_000
/** Transactions per second while it comes back. */
const RATE = 20
const SETTLE_MS = 3_000

/** From its start until it is so far. */
async function startUntil(
  one: ValidatorProcess,
  isThere: () => Promise<boolean>,
): Promise<number | undefined> {
  const startMs = performance.now()
  const started = one.start()
  while (performance.now() - startMs < GIVE_UP_MS) {
    if (await isThere()) {
      await started
      return performance.now() - startMs
    }
    await sleep(LOOK_MS)
  }
  return undefined
}

/** It has the height and says that it is no longer catching up. */
async function isAtHead(one: ValidatorProcess, height: number): Promise<boolean> {
  const state = await stateOf(one)
  return state !== undefined && state.height >= height && !state.syncing
}

/** Its signature is in the certificate of the newest block of somebody else's. */
async function isVoting({ urls }: ChaosNetwork): Promise<boolean> {
  const head = await rpc(urls[0] ?? '', { method: 'chain_head', params: {} })
  const { height } = (head.result ?? { height: 0 }) as { readonly height: number }
  const { result } = await rpc(urls[0] ?? '', { method: 'chain_certificate', params: { height } })
  const answer = result === undefined ? undefined : certificateAnswer.fromJson(result)
  const signers = answer?.content?.signers ?? new Uint8Array(1)
  return ((signers[0] ?? 0) & (1 << LATE)) !== 0
}

export type LatePlan = {
  readonly home: string
  readonly blocks: number
  readonly intervalMs: number
  readonly envelopesOf: (network: ChaosNetwork) => Promise<ChainPlan['envelopesOf']>
  readonly goal: 'at the head' | 'voting'
  /** Called before the late one starts. */
  readonly prepare?: (late: ValidatorProcess) => Promise<void>
}

/** How long the late one takes; `look` sees it when it is there. */
export async function measureLate(
  plan: LatePlan,
  look: (late: ValidatorProcess, network: ChaosNetwork) => Promise<void> = async () => undefined,
): Promise<number | undefined> {
  const { home, blocks, intervalMs, goal } = plan
  const network = await createNetwork({ home, seed: 1, ageMs: (blocks + 100) * intervalMs })
  try {
    await buildChain({
      ...{ network, blocks, intervalMs, places: OTHERS },
      envelopesOf: await plan.envelopesOf(network),
    })
    const { validators } = network
    const nodes = validators.filter((_, place) => place !== LATE)
    const late = validators[LATE]
    if (late === undefined) return undefined
    await plan.prepare?.(late)
    await Promise.all(nodes.map((one) => one.start()))
    const load = startLoad({ ...network, nodes, rate: RATE, history: createHistory() })
    await sleep(SETTLE_MS)
    const isThere =
      goal === 'voting' ? () => isVoting(network) : () => isAtHead(late, load.followed.height())
    const tookMs = await startUntil(late, isThere)
    await load.stop()
    await look(late, network)
    return tookMs
  } finally {
    await network.stop()
  }
}
