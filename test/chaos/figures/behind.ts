// Validators that come back to a chain that went on: ten thousand blocks behind, or with nothing left but keys and vote lock.
import { appendFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { admitAccount } from '../../../apps/registry/admit-account.ts'
import { certificateAnswer } from '../../../client/answers.ts'
import { batchAct, signTransaction } from '../../../client/transaction.ts'
import { createSigner } from '../../../node/crypto/ed25519.ts'
import { homePaths } from '../../../node/home.ts'
import { readKey } from '../../../node/keys/key-file.ts'
import { createTransferFactory } from '../../../node/load/transfers.ts'
import { fromHex, toHex, u32 } from '../../../vm/bytes.ts'
import { digest } from '../../../vm/hash.ts'
import type { TimeMs } from '../../../vm/types.ts'
import { createHistory } from '../history.ts'
import { startLoad } from '../load.ts'
import { type ChaosNetwork, createNetwork } from '../network.ts'
import type { ValidatorProcess } from '../process.ts'
import { stateOf } from '../recovery.ts'
import { rpc } from '../rpc.ts'
import { buildChain, type ChainPlan } from './chain.ts'
import { type Figure, seconds } from './figure.ts'

const LATE = 2
const OTHERS = [0, 1, 3]
const LOOK_MS = 50
const GIVE_UP_MS = 180_000
/** Transactions per second while it comes back. */
const RATE = 20
const VALID_MS = 60_000
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

async function withChain(
  plan: {
    readonly home: string
    readonly blocks: number
    readonly intervalMs: number
  },
  envelopesOf: (network: ChaosNetwork) => Promise<ChainPlan['envelopesOf']>,
  goal: 'at the head' | 'voting',
): Promise<number | undefined> {
  const { home, blocks, intervalMs } = plan
  const network = await createNetwork({ home, seed: 1, ageMs: (blocks + 100) * intervalMs })
  try {
    await buildChain({
      ...{ network, blocks, intervalMs, places: OTHERS },
      envelopesOf: await envelopesOf(network),
    })
    const { validators } = network
    const nodes = validators.filter((_, place) => place !== LATE)
    const late = validators[LATE]
    if (late === undefined) return undefined
    // A folder without a block would join by a state; the figure is about executing what was missed.
    if (goal === 'at the head')
      await appendFile(homePaths(late.home).config, '[sync]\nsnapshotEmpty = 0\n')
    await Promise.all(nodes.map((one) => one.start()))
    const load = startLoad({ ...network, nodes, rate: RATE, history: createHistory() })
    await sleep(SETTLE_MS)
    const isThere =
      goal === 'voting' ? () => isVoting(network) : () => isAtHead(late, load.followed.height())
    const tookMs = await startUntil(late, isThere)
    await load.stop()
    return tookMs
  } finally {
    await network.stop()
  }
}

const BLOCKS = 10_000
const BEHIND_MS = 30_000

export const behindFigure: Figure = {
  name: 'behind',
  measure: async (home) => {
    const plan = { home, blocks: BLOCKS, intervalMs: 30 }
    const tookMs = await withChain(
      plan,
      async ({ genesis, payers }) => {
        const make = createTransferFactory(genesis.chainId, payers)
        return async (timeMs) => [fromHex(make(timeMs + VALID_MS).envelope)]
      },
      'at the head',
    )
    return [
      {
        figure: 'one validator down for 10,000 blocks: at the head',
        target: `< ${seconds(BEHIND_MS)}`,
        measured: seconds(tookMs),
        reached: tookMs !== undefined && tookMs < BEHIND_MS,
      },
    ]
  },
}

const KEYS = 100_000
/** More blocks than a node fetches and executes if the state can be had. */
const KEYS_OF_BLOCK = 50
const WIPED_MS = 20_000

/** Accounts, each a key of the registry's state. */
async function createAdmissions({ file, genesis, validators }: ChaosNetwork) {
  const hospital = validators.find(({ name }) => name === 'hospital')
  const path = homePaths(hospital?.home ?? '').accountKey('hospital-admin')
  const { secret } = await readKey({ path, kind: 'account', passphrase: undefined })
  const { publicKey: bytes, sign } = createSigner(secret)
  const publicKey = toHex(bytes)
  const admin = file.accounts.find(({ publicKeys }) => publicKeys.includes(publicKey))?.id
  if (admin === undefined) throw new Error('the genesis does not know the admin')
  let made = 0
  return async (timeMs: TimeMs) => {
    const payloads = Array.from({ length: KEYS_OF_BLOCK }, () => ({
      ...{ id: digest('member-id', u32(made++)), publicKey, encryptionKey: null, roles: [] },
    }))
    const { bytes: envelope } = await signTransaction({
      chainId: genesis.chainId,
      act: batchAct(admitAccount, payloads, { atomic: true }),
      validUntil: timeMs + VALID_MS,
      signers: [{ account: admin, publicKey, sign }],
    })
    return [envelope]
  }
}

export const wipedFigure: Figure = {
  name: 'wiped',
  measure: async (home) => {
    const blocks = KEYS / KEYS_OF_BLOCK
    const plan = { home, blocks, intervalMs: 100 }
    const tookMs = await withChain(plan, createAdmissions, 'voting')
    return [
      {
        figure: 'wiped validator of a chain with 100,000 keys: voting again',
        target: `< ${seconds(WIPED_MS)}`,
        measured: seconds(tookMs),
        reached: tookMs !== undefined && tookMs < WIPED_MS,
      },
    ]
  },
}
