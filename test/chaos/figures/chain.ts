// Long chains made without a network: blocks built on a ledger, certified with the keys of the test validators.
import { cp } from 'node:fs/promises'
import { appList } from '../../../apps/index.ts'
import { encodeCommitCertificate, formCertificate } from '../../../consensus/certificate.ts'
import { createSigner } from '../../../node/crypto/ed25519.ts'
import { installNativeSha256 } from '../../../node/crypto/sha256.ts'
import { homePaths } from '../../../node/home.ts'
import { readKey } from '../../../node/keys/key-file.ts'
import { openLedger } from '../../../node/ledger/open.ts'
import type { Executed, Ledger } from '../../../node/ledger/types.ts'
import { openLevelStore } from '../../../node/store/level.ts'
import { decodeActs } from '../../../vm/batch.ts'
import { quorum } from '../../../vm/quorum.ts'
import { decodeTransaction } from '../../../vm/transaction.ts'
import type { TimeMs } from '../../../vm/types.ts'
import { voteDigest } from '../../../vm/vote.ts'
import type { ChaosNetwork } from '../network.ts'

export type ChainPlan = {
  readonly network: ChaosNetwork
  readonly blocks: number
  /** Between two blocks. */
  readonly intervalMs: number
  readonly envelopesOf: (timeMs: TimeMs) => Promise<readonly Uint8Array[]>
  /** Places of the validators that have it in the end. */
  readonly places: readonly number[]
}

/** So many blocks share one synced write. */
const TOGETHER = 100

type Certify = (block: Executed) => Uint8Array

async function createCertifier({ validators, genesis }: ChaosNetwork): Promise<Certify> {
  const n = genesis.validators.length
  const keys = validators.map(({ home }) => homePaths(home).consensusKey)
  const secrets = await Promise.all(
    keys.map((path) => readKey({ path, kind: 'consensus', passphrase: undefined })),
  )
  const signers = secrets
    .slice(0, quorum(n, genesis.engine))
    .map(({ secret }) => createSigner(secret))
  const { chainId } = genesis
  return ({ header: { height }, id: blockId }) => {
    const digest = voteDigest(chainId, { kind: 'commit', height, view: 0, blockId })
    const votes = signers.map(({ sign }, signer) => ({
      ...{ height, view: 0, blockId, signer },
      signature: sign(digest),
    }))
    return encodeCommitCertificate(formCertificate(votes, n))
  }
}

function buildNext(ledger: Ledger, timeMs: TimeMs, envelopes: readonly Uint8Array[]): Executed {
  const { rules } = ledger
  const { identity } = rules.list
  const height = ledger.head().header.height + 1
  const set = identity.validators(ledger.state())
  const proposer = set[identity.firstPrimary(ledger.state(), height)]?.account
  if (proposer === undefined) throw new Error('nobody is due')
  const candidates = envelopes.map((envelope) => {
    const transaction = decodeTransaction(envelope)
    return { transaction, acts: decodeActs(rules.types, transaction) }
  })
  const { execution, leftOut } = ledger.build({
    ...{ candidates, timeMs, proposer },
    budget: rules.parameters.blockBudget,
    mayGoOn: () => true,
    verdictsOf: (id) =>
      candidates
        .find(({ transaction }) => transaction.id === id)
        ?.acts.items.map(() => ({ ok: true })),
  })
  const [left] = leftOut
  if (left !== undefined) throw new Error(`left out: ${JSON.stringify(left.reason)}`)
  return execution
}

/** The network must not run, and must have begun long enough ago. */
export async function buildChain(plan: ChainPlan): Promise<void> {
  const { network, blocks, intervalMs, envelopesOf, places } = plan
  installNativeSha256()
  const { validators, genesis } = network
  const [first = 0, ...others] = places
  const folderOf = (place: number) => homePaths(validators[place]?.home ?? '').data
  const certify = await createCertifier(network)
  const store = await openLevelStore(folderOf(first))
  const ledger = await openLedger({ store, genesis, list: appList })
  for (let height = 1; height <= blocks; height++) {
    const timeMs = genesis.timeMs + height * intervalMs
    const execution = buildNext(ledger, timeMs, await envelopesOf(timeMs))
    ledger.stage(execution, certify(execution))
    if (height % TOGETHER === 0 || height === blocks) await ledger.flush()
  }
  await store.close()
  for (const place of others) await cp(folderOf(first), folderOf(place), { recursive: true })
}
