// A long chain made offline with the keys of a test network, as its validators would have decided it; the folders are theirs.
import { cp, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { appList } from '../../apps/index.ts'
import { admitAccount } from '../../apps/registry/admit-account.ts'
import { act, batchAct, signTransaction } from '../../client/transaction.ts'
import { encodeCommitCertificate, formCertificate } from '../../consensus/certificate.ts'
import { buildGenesis } from '../../genesis/build.ts'
import type { Testnet } from '../../genesis/testnet.ts'
import { createSigner } from '../../node/crypto/ed25519.ts'
import { openLedger } from '../../node/ledger/open.ts'
import type { Ledger, SealedHeader } from '../../node/ledger/types.ts'
import { createTransferFactory, type Payer } from '../../node/load/transfers.ts'
import { openLevelStore } from '../../node/store/level.ts'
import type { Store } from '../../node/store/port.ts'
import { decodeActs } from '../../vm/batch.ts'
import { fromHex, toHex } from '../../vm/bytes.ts'
import type { CheckedTransaction } from '../../vm/execute.ts'
import { digest } from '../../vm/hash.ts'
import { quorum } from '../../vm/quorum.ts'
import { decodeTransaction } from '../../vm/transaction.ts'
import { voteDigest } from '../../vm/vote.ts'

type ChainPlan = {
  readonly network: Testnet
  readonly blocks: number
  /** Transfers of each block. */
  readonly transfers: number
  /** Accounts that are admitted on the way: as many keys of the state. */
  readonly accounts?: number
  readonly blockMs?: number
}

/** Blocks in one write. */
const BATCH = 256
const ADMITTED_AT_ONCE = 1_000

export function checked(ledger: Ledger, envelope: Uint8Array): CheckedTransaction {
  const transaction = decodeTransaction(envelope)
  return { transaction, acts: decodeActs(ledger.rules.types, transaction) }
}

/** A certificate by a quorum of the network's first validators. */
function certifier({ network }: ChainPlan, ledger: Ledger) {
  const { chainId, engine, list } = ledger.rules
  const set = list.identity.validators(ledger.state())
  const signers = set.map(({ consensusKey }) => {
    const owner = network.members.find(
      ({ validator }) => validator?.consensus.publicKey === consensusKey,
    )
    return createSigner(fromHex(owner?.validator?.consensus.seed ?? '0x'))
  })
  return ({ header: { height }, id: blockId }: SealedHeader): Uint8Array => {
    const vote = voteDigest(chainId, { kind: 'commit', height, view: 0, blockId })
    const votes = signers.slice(0, quorum(set.length, engine)).map(({ sign }, signer) => ({
      ...{ height, view: 0, blockId, signer },
      signature: sign(vote),
    }))
    return encodeCommitCertificate(formCertificate(votes, set.length))
  }
}

async function admission(plan: ChainPlan, ledger: Ledger, from: number): Promise<Uint8Array> {
  const [admin] = plan.network.members[0]?.accounts ?? []
  if (admin === undefined) throw new RangeError('nobody can admit')
  const signer = createSigner(fromHex(admin.seed))
  const count = Math.min(ADMITTED_AT_ONCE, (plan.accounts ?? 0) - from)
  const accounts = Array.from({ length: count }, (_, place) => {
    const id = digest('test', new TextEncoder().encode(`account ${from + place}`))
    return { id, publicKey: toHex(signer.publicKey), encryptionKey: null, roles: ['doctor'] }
  })
  const acts =
    count === 1
      ? act(admitAccount, accounts[0])
      : batchAct(admitAccount, accounts, { atomic: true })
  const { bytes } = await signTransaction({
    chainId: ledger.rules.chainId,
    act: acts,
    validUntil: ledger.head().header.timeMs + 300_000,
    signers: [{ account: admin.account, publicKey: toHex(signer.publicKey), sign: signer.sign }],
  })
  return bytes
}

async function growTo(plan: ChainPlan, ledger: Ledger): Promise<void> {
  const { network, transfers, blocks, blockMs = 1_000, accounts = 0 } = plan
  const certify = certifier(plan, ledger)
  const payers = network.accounts
    .filter(({ name }) => /^account-\d+$/.test(name))
    .map(({ account, seed }): Payer => ({ account, seed: fromHex(seed) }))
  const { chainId, list, parameters } = ledger.rules
  const transfer = payers.length > 0 ? createTransferFactory(chainId, payers) : undefined
  const proposer = list.identity.validators(ledger.state())[0]?.account ?? '0x'
  const verdicts = Array.from({ length: ADMITTED_AT_ONCE }, () => ({ ok: true }) as const)
  let admitted = 0
  while (ledger.head().header.height < blocks) {
    const { timeMs } = ledger.head().header
    const candidates: CheckedTransaction[] = []
    for (let count = 0; count < transfers && transfer !== undefined; count++)
      candidates.push(checked(ledger, fromHex(transfer(timeMs + 300_000).envelope)))
    if (admitted < accounts) {
      candidates.push(checked(ledger, await admission(plan, ledger, admitted)))
      admitted += ADMITTED_AT_ONCE
    }
    const { execution, leftOut } = ledger.build({
      candidates,
      verdictsOf: () => verdicts,
      timeMs: timeMs + blockMs,
      proposer,
      budget: parameters.blockBudget,
      mayGoOn: () => true,
    })
    if (leftOut.length > 0) throw new Error(`left out: ${leftOut[0]?.reason.kind}`)
    ledger.stage(execution, certify(execution))
    if (ledger.head().header.height % BATCH === 0) await ledger.flush()
  }
  await ledger.flush()
}

/** Grows the chain in a store. */
async function growLongChain(plan: ChainPlan, store: Store): Promise<Ledger> {
  const genesis = buildGenesis(plan.network.file, appList)
  const ledger = await openLedger({ store, genesis, list: appList })
  await growTo(plan, ledger)
  return ledger
}

/** The same chain in each of these data folders, which must not be there. */
export async function buildLongChain(plan: ChainPlan, folders: readonly string[]): Promise<void> {
  const [first = '', ...others] = folders
  await mkdir(dirname(first), { recursive: true })
  const store = await openLevelStore(first)
  await growLongChain(plan, store)
  await store.close()
  for (const folder of others) await cp(first, folder, { recursive: true })
}
