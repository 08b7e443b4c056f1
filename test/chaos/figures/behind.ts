// Validators that come back to a chain that went on: ten thousand blocks behind, or with nothing left but keys and vote lock.
import { appendFile } from 'node:fs/promises'
import { admitAccount } from '../../../apps/registry/admit-account.ts'
import { batchAct, signTransaction } from '../../../client/transaction.ts'
import { createSigner } from '../../../node/crypto/ed25519.ts'
import { metricsOf, sumOf } from '../../../node/dev/exposed.ts'
import { homePaths } from '../../../node/home.ts'
import { readKey } from '../../../node/keys/key-file.ts'
import { createTransferFactory } from '../../../node/load/transfers.ts'
import { fromHex, toHex, u32 } from '../../../vm/bytes.ts'
import { digest } from '../../../vm/hash.ts'
import type { TimeMs } from '../../../vm/types.ts'
import type { ChaosNetwork } from '../network.ts'
import type { ValidatorProcess } from '../process.ts'
import { rpc } from '../rpc.ts'
import { type Figure, seconds } from './figure.ts'
import { measureLate } from './late.ts'

const VALID_MS = 60_000

/** One transfer in each block. */
async function createTransfers({ genesis, payers }: ChaosNetwork) {
  const make = createTransferFactory(genesis.chainId, payers)
  return async (timeMs: TimeMs) => [fromHex(make(timeMs + VALID_MS).envelope)]
}

const BLOCKS = 10_000
const BEHIND_MS = 30_000

export const behindFigure: Figure = {
  name: 'behind',
  measure: async (home) => {
    const tookMs = await measureLate({
      ...{ home, blocks: BLOCKS, intervalMs: 30, envelopesOf: createTransfers },
      goal: 'at the head',
      // A folder without a block would join by a state; the figure is about executing what was missed.
      prepare: ({ home: own }) => appendFile(homePaths(own).config, '[sync]\nsnapshotEmpty = 0\n'),
    })
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
    const plan = { home, blocks, intervalMs: 100, envelopesOf: createAdmissions }
    const tookMs = await measureLate({ ...plan, goal: 'voting' })
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

const LONG_BLOCKS = 100_000
const JOINED_MS = 20_000

/** What came in by the requests of a node that has done nothing else so far. */
async function bytesOf({ rpcUrl }: ValidatorProcess): Promise<number> {
  return sumOf(await metricsOf(rpcUrl), 'epione_p2p_received_bytes_total')
}

export const joinedFigure: Figure = {
  name: 'joined',
  measure: async (home) => {
    let isReplayed = true
    let bytes = 0
    const plan = { home, blocks: LONG_BLOCKS, intervalMs: 1_000, envelopesOf: createTransfers }
    const tookMs = await measureLate({ ...plan, goal: 'voting' }, async (late) => {
      const first = await rpc(late.rpcUrl, { method: 'chain_block', params: { height: 1 } })
      isReplayed = first.error?.data?.code !== 'HEIGHT_PRUNED'
      bytes = await bytesOf(late)
    })
    const how = isReplayed ? 'by replay' : `without replay, ${(bytes / 1e6).toFixed(1)} MB received`
    return [
      {
        figure: 'a fresh validator joins a chain of 100,000 blocks: voting',
        target: `< ${seconds(JOINED_MS)}, without replay`,
        measured: `${seconds(tookMs)}, ${how}`,
        reached: tookMs !== undefined && tookMs < JOINED_MS && !isReplayed,
      },
    ]
  },
}
