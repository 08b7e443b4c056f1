// A small chain for tests of the vault: real executor, real applications, real proofs; one transaction per block.

import { releaseBond } from '../../../apps/bank/release-bond.ts'
import { balanceOf, balances, bondOf, getSupply, supplies } from '../../../apps/bank/state.ts'
import { TAGS as committeeTags } from '../../../apps/committee/tags.ts'
import { appList } from '../../../apps/index.ts'
import { accounts, organizations } from '../../../apps/registry/state.ts'
import { type VaultParameters, vaultParametersCodec } from '../../../apps/vault/genesis.ts'
import { parametersTable } from '../../../apps/vault/state.ts'
import { TAGS as vaultTags } from '../../../apps/vault/tags.ts'
import { createNativeSuite } from '../../../node/crypto/suite.ts'
import type { EventDraft, QueryAnswer, Verdict } from '../../../vm/app.ts'
import { assert } from '../../../vm/assert.ts'
import { decodeActs } from '../../../vm/batch.ts'
import type { BlockEvent, Header, Receipt } from '../../../vm/block.ts'
import { toHex } from '../../../vm/bytes.ts'
import { executeBlock } from '../../../vm/execute.ts'
import { digest } from '../../../vm/hash.ts'
import { createRules, defaultParameters } from '../../../vm/rules.ts'
import {
  createOverlay,
  emptyState,
  type Reader,
  type StateKey,
  type Writer,
} from '../../../vm/state.ts'
import {
  decodeTransaction,
  encodeBody,
  encodeEnvelope,
  type Transaction,
} from '../../../vm/transaction.ts'
import type { Digest, Hex, TimeMs } from '../../../vm/types.ts'

export const suite = await createNativeSuite()

const TAGS = { ...vaultTags, ...committeeTags, 'bank.release-bond': releaseBond.tag }

/** Entropy of tests: 32 bytes that depend on a word. */
export function entropyOf(word: string): Uint8Array {
  return Uint8Array.from(Buffer.from(idOf(word).slice(2), 'hex'))
}

/** The id of a named account, organization or anything else. */
export function idOf(name: string): Hex {
  return digest('test', new TextEncoder().encode(name))
}

const defaultVault: VaultParameters = {
  minimumSetSize: 3,
  complaintWindowMs: 1_500,
  ackWindowMs: 60_000,
  queryDeadlineMs: 60_000,
  openQueriesMax: 16,
  currency: 'USD',
  serverBondMin: 1_000n,
  dealerBondMin: 0n,
  disputeWindowMs: 2_000_000,
  disputeDeposit: 100n,
}

const startMs = 1_800_000_000_000
const validator = {
  account: idOf('validator'),
  organization: idOf('validators'),
  consensusKey: idOf('consensus key'),
  peerKey: idOf('peer key'),
}

type Kind = 'hospital' | 'insurer' | 'host' | 'settlement'

function seed(parameters: VaultParameters) {
  const state = createOverlay(emptyState)
  parametersTable.put(state, parameters)
  const organization = (name: string, kind: Kind) =>
    organizations.put(state, { name, kind, status: 'active', founding: false }, idOf(name))
  const account = (
    name: string,
    of: string | null,
    role: 'hospital' | 'helper' | 'insurer' | 'patient' | 'admin',
  ) =>
    accounts.put(
      state,
      {
        organization: of === null ? null : idOf(of),
        roles: [role],
        status: 'active',
        keys: [{ publicKey: idOf(`key of ${name}`), status: 'active', fromMs: 0, untilMs: null }],
        encryptionKey: null,
      },
      idOf(name),
    )
  organization('treasury', 'settlement')
  for (const name of ['hospital', 'clinic', 'practice']) organization(name, 'hospital')
  account('hospital desk', 'hospital', 'hospital')
  account('second desk', 'hospital', 'hospital')
  account('clinic desk', 'clinic', 'hospital')
  for (const name of ['hospital', 'clinic', 'practice']) account(`${name} admin`, name, 'admin')
  account('practice desk', 'practice', 'hospital')
  account('hospital server', 'hospital', 'helper')
  for (const name of ['payer a', 'payer b']) {
    organization(name, 'insurer')
    account(name, name, 'insurer')
  }
  for (const name of ['pat', 'sam']) account(name, null, 'patient')
  const funded = ['payer a', 'payer b', 'hospital desk', 'hospital server']
  funded.push('hospital admin', 'clinic admin', 'practice admin')
  for (let i = 1; i <= 16; i++) {
    organization(`helper ${i}`, 'host')
    account(`server ${i}`, `helper ${i}`, 'helper')
    funded.push(`server ${i}`)
  }
  account('second server', 'helper 1', 'helper')
  account('server in a', 'payer a', 'helper')
  funded.push('second server', 'server in a')
  for (const name of funded) balances.put(state, 1_000_000n, idOf(name), 'USD')
  const issued = BigInt(funded.length) * 1_000_000n
  const supply = { organization: idOf('treasury'), issued, redeemed: 0n, burned: 0n }
  supplies.put(state, supply, 'USD')
  return state
}

export type TypeName = keyof typeof TAGS

export type Sent = {
  /** Empty if the transaction took effect. */
  readonly code: string
  readonly events: readonly EventDraft[]
  readonly cost: number
  readonly txId: Digest
}

/** A block of one transaction, for who reads the chain. */
export type WorldBlock = {
  readonly timeMs: TimeMs
  readonly transaction: Transaction
  readonly receipt: Receipt
  readonly events: readonly BlockEvent[]
}

export type World = Awaited<ReturnType<typeof createWorld>>

export async function createWorld(
  changes: Partial<VaultParameters> & { readonly chain?: string } = {},
) {
  const { chain = 'chain', ...vault } = changes
  const chainId = idOf(chain)
  const list = {
    apps: appList.apps,
    identity: {
      ...appList.identity,
      validators: () => [validator],
      firstPrimary: () => 0,
      endBlock: () => undefined,
    },
  }
  const rules = createRules({ chainId, engine: 'pbft', parameters: defaultParameters, list })
  const seeded = seed(
    vaultParametersCodec.fromJson(vaultParametersCodec.toJson({ ...defaultVault, ...vault })),
  )
  const first = seeded.writes()
  let state: Reader = seeded
  const blocks: WorldBlock[] = []
  let height = 0
  let timeMs = startMs
  let salt = 0n

  /** What a node does from bytes to receipt; the signature itself is the executor's caller's business. */
  function send(type: TypeName, payload: unknown, ...signers: readonly string[]): Sent {
    const tx = rules.types.get(TAGS[type])
    assert(tx !== undefined, `${type} is registered`)
    const body = encodeBody({
      version: 1,
      chainId,
      tag: tx.tag,
      payload: tx.payload.toCbor(payload as never),
      validUntil: timeMs + 300_000,
      salt: toHex(new Uint8Array(new BigUint64Array([salt++]).buffer)),
      signers: signers.map((name) => ({ account: idOf(name), publicKey: idOf(`key of ${name}`) })),
    })
    const transaction = decodeTransaction(
      encodeEnvelope(
        body,
        signers.map(() => new Uint8Array(64)),
      ),
    )
    const acts = decodeActs(rules.types, transaction)
    const before = state
    const verdictsOf = (): readonly Verdict[] =>
      acts.items.map((item) => {
        const facts = (tx.facts?.(item) ?? []).map((key) => before.get(key))
        if (tx.verify === undefined || facts.includes(undefined)) return { ok: true }
        return tx.verify({ chainId, payload: item, facts: facts as Uint8Array[], crypto: suite })
      })
    timeMs += 1
    const executed = executeBlock({
      rules,
      parent: { height, timeMs: timeMs - 1 } as Header,
      state: before,
      height: height + 1,
      timeMs,
      proposer: validator.account,
      contains: () => false,
      verdictsOf,
      transactions: [{ transaction, acts }],
    })
    assert(executed.ok, `block refused: ${executed.ok ? '' : JSON.stringify(executed.reason)}`)
    const { execution } = executed
    const [bug] = execution.bugs
    if (bug !== undefined) throw bug.cause
    state = execution.after
    height += 1
    const [receipt] = execution.receipts
    assert(receipt !== undefined, 'one receipt')
    const events = execution.events.map(({ value }) => value)
    blocks.push({ timeMs, transaction, receipt: receipt.value, events })
    return {
      code: receipt.value.code,
      events,
      cost: acts.cost,
      txId: transaction.id,
    }
  }

  async function query(name: string, parameters: unknown): Promise<QueryAnswer> {
    const found = appList.apps.flatMap((app) => app.queries).find((view) => view.name === name)
    assert(found !== undefined, `${name} is a query`)
    const reader = { get: (at: StateKey) => state.get(at), list: async () => [] }
    return found.run(reader, parameters, { height, timeMs })
  }

  return {
    chainId,
    rules,
    first,
    blocks,
    proposer: validator.account,
    send,
    query,
    state: () => state,
    now: () => timeMs,
    balance: (name: string) => balanceOf(state, idOf(name), 'USD'),
    bond: (name: string) => bondOf(state, idOf(name), 'USD'),
    burned: () => getSupply(state, 'USD')?.burned ?? 0n,
    /** Writes past all transactions what would take too many of them. */
    change: (write: (writer: Writer) => void) => {
      const overlay = createOverlay(state)
      write(overlay)
      state = overlay
    },
    wait: (ms: number) => {
      timeMs += ms
    },
  }
}

/** Sends what has to succeed. */
export function must(
  world: World,
  type: TypeName,
  payload: unknown,
  ...signers: readonly string[]
): Sent {
  const sent = world.send(type, payload, ...signers)
  assert(sent.code === '', `${type} by ${signers.join(', ')} was refused: ${sent.code}`)
  return sent
}
