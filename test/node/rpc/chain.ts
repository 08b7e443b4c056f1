// A whole chain in one process for tests: real ledger over a memory store, real admission, blocks when a test wants one.

import { transferMoney } from '../../../apps/bank/transfer.ts'
import { appList } from '../../../apps/index.ts'
import { createSeedSigner } from '../../../client/signer.ts'
import {
  actFromJson,
  type SignedTransaction,
  signTransaction,
} from '../../../client/transaction.ts'
import { startView, type TrustedView } from '../../../client/trusted-view.ts'
import { encodeCommitCertificate, formCertificate } from '../../../consensus/certificate.ts'
import type { Genesis } from '../../../genesis/build.ts'
import type { AccountKeys, ValidatorKeys } from '../../../genesis/member.ts'
import { createAdmission } from '../../../node/admission.ts'
import { createSigner, verifySignature } from '../../../node/crypto/ed25519.ts'
import { openLedger } from '../../../node/ledger/open.ts'
import type { Executed, Ledger } from '../../../node/ledger/types.ts'
import { createMempool, type Mempool } from '../../../node/mempool.ts'
import type { NodePort, NodeStatus } from '../../../node/rpc/port.ts'
import { createMemoryStore } from '../../../node/store/memory.ts'
import { fromHex } from '../../../vm/bytes.ts'
import { quorum } from '../../../vm/quorum.ts'
import { bodyOf, encodeBody, signedBytes } from '../../../vm/transaction.ts'
import type { AccountId, Height } from '../../../vm/types.ts'
import { voteDigest } from '../../../vm/vote.ts'
import { sampleNetwork } from '../../support/sample-network.ts'

export type TestChain = {
  readonly genesis: Genesis
  readonly ledger: Ledger
  readonly port: NodePort
  readonly mempool: Mempool
  readonly accounts: readonly AccountKeys[]
  /** The clock of the chain; a test moves it. */
  readonly clock: { nowMs: number }
  /** What node_status and /ready say; a test changes it. */
  readonly status: { -readonly [K in keyof NodeStatus]: NodeStatus[K] }
  /** Decides a block of all that waits, perhaps nothing. */
  readonly commit: () => Promise<Height>
  /** A signed transfer of account `from` to account `to`. */
  readonly transfer: (order: {
    readonly from: number
    readonly to: number
    readonly amount: string
    readonly validUntil?: number
  }) => Promise<SignedTransaction>
  readonly account: (index: number) => AccountId
  readonly view: () => TrustedView
}

/** Signs the block with the keys of a quorum, as a commit certificate of view 0 has them. */
function certify(
  executed: Pick<Executed, 'header' | 'id'>,
  keys: readonly ValidatorKeys[],
): Uint8Array {
  const { chainId, height } = executed.header
  const vote = { kind: 'commit', height, view: 0, blockId: executed.id } as const
  const digest = voteDigest(chainId, vote)
  const votes = keys.slice(0, quorum(keys.length, 'pbft')).map(({ consensus }, signer) => ({
    ...vote,
    signer,
    signature: createSigner(fromHex(consensus.seed)).sign(digest),
  }))
  return encodeCommitCertificate(formCertificate(votes, keys.length))
}

function createPort(parts: {
  readonly ledger: Ledger
  readonly mempool: Mempool
  readonly clock: { readonly nowMs: number }
  readonly status: NodeStatus
  readonly listeners: Set<(height: Height) => void>
}): NodePort {
  const { ledger, mempool, clock, listeners } = parts
  const nowMs = () => clock.nowMs
  const admit = createAdmission({
    rules: ledger.rules,
    head: () => ({
      height: ledger.head().header.height,
      timeMs: ledger.head().header.timeMs,
      state: ledger.state(),
    }),
    isInWindow: ledger.isInWindow,
    isDecided: ledger.contains,
    check: async (transaction, acts) => {
      const message = signedBytes(encodeBody(bodyOf(transaction)))
      const { signers } = transaction.body
      const signatures = signers.every(({ publicKey }, index) =>
        verifySignature(
          fromHex(publicKey),
          message,
          transaction.signatures[index] ?? new Uint8Array(),
        ),
      )
      return { signatures, verdicts: acts.items.map(() => ({ ok: true })) }
    },
    mempool,
    nowMs,
  })
  return {
    ledger,
    submit: async (envelope) => {
      const [admission] = await Promise.all(admit([envelope], { own: true }))
      if (admission === undefined) throw new Error('one admission for each envelope')
      return admission
    },
    submitMany: (envelopes) => Promise.all(admit(envelopes, { own: true })),
    undecided: (id) => (mempool.get(id) === undefined ? { kind: 'unknown' } : { kind: 'accepted' }),
    status: () => ({ ...parts.status, mempool: mempool.size() }),
    onCommit: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    nowMs,
  }
}

/** The sample genesis with `validators` validators and five funded accounts. */
export async function createTestChain(
  options: { readonly validators?: number } = {},
): Promise<TestChain> {
  const { validators = 4 } = options
  const clock = { nowMs: 1_800_000_000_000 }
  const seed = new Uint8Array(32).fill(7)
  const { sample, genesis } = sampleNetwork({
    ...{ seed, timeMs: clock.nowMs, validators },
    accounts: 5,
  })
  const members = sample.members.flatMap(({ validator }) => validator ?? [])
  // In the order of the set, which is what the bits of a certificate count.
  const keys = genesis.validators.flatMap(
    ({ account }) => members.find((member) => member.account === account) ?? [],
  )
  const people = sample.accounts.filter(({ name }) => name.startsWith('account-'))
  const ledger = await openLedger({ store: createMemoryStore(), genesis, list: appList })
  const mempool = createMempool()
  const listeners = new Set<(height: Height) => void>()
  const status: NodeStatus = {
    version: '0.1.0',
    validator: 'hospital',
    peers: [{ name: 'authority-1', connected: true }],
    quorum: true,
    syncing: false,
    mempool: { count: 0, bytes: 0 },
    failure: null,
  }

  const person = (index: number): AccountKeys => {
    const found = people[index]
    if (found === undefined) throw new Error(`there are ${people.length} accounts`)
    return found
  }

  return {
    genesis,
    ledger,
    mempool,
    clock,
    status,
    port: createPort({ ledger, mempool, clock, status, listeners }),
    accounts: people,
    account: (index) => person(index).account,
    commit: async () => {
      clock.nowMs += 1_000
      const waiting = [...mempool.values()]
      const verdicts = new Map(waiting.map((one) => [one.transaction.id, one.verdicts]))
      const { execution } = ledger.build({
        candidates: waiting,
        verdictsOf: (id) => verdicts.get(id),
        timeMs: clock.nowMs,
        proposer: keys[0]?.account ?? '0x',
        budget: genesis.parameters.blockBudget,
        mayGoOn: () => true,
      })
      await ledger.commit(execution, certify(execution, keys))
      mempool.remove(execution.transactions.map(({ transaction }) => transaction.id))
      const { height } = execution.header
      for (const listener of listeners) listener(height)
      return height
    },
    transfer: ({ from, to, amount, validUntil }) =>
      signTransaction({
        chainId: genesis.chainId,
        act: actFromJson(transferMoney, {
          to: person(to).account,
          currency: 'USD',
          amount,
          memo: null,
        }),
        validUntil: validUntil ?? clock.nowMs + 60_000,
        signers: [
          createSeedSigner({ account: person(from).account, seed: fromHex(person(from).seed) }),
        ],
      }),
    view: () =>
      startView({
        chainId: genesis.chainId,
        engine: genesis.engine,
        heartbeatMs: genesis.parameters.heartbeatMs,
        validators: genesis.validators,
      }),
  }
}
