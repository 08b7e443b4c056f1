// The registry inside a block: one signature for all patients, keys that are revoked on the way, votes as co-signatures.
import t from 'tap'
import { appList } from '../../../apps/index.ts'
import { accountExists } from '../../../apps/registry/state.ts'
import { accountKeys } from '../../../genesis/member.ts'
import type { Verdict } from '../../../vm/app.ts'
import { BATCH_TAG, batchCodec, decodeActs } from '../../../vm/batch.ts'
import type { Header } from '../../../vm/block.ts'
import { fromHex } from '../../../vm/bytes.ts'
import type { CborValue, JsonValue } from '../../../vm/codec.ts'
import { type CheckedTransaction, executeBlock } from '../../../vm/execute.ts'
import { createRules, envelopeBudget } from '../../../vm/rules.ts'
import { sign } from '../../../vm/sign.ts'
import { createOverlay, emptyState, type Overlay } from '../../../vm/state.ts'
import {
  decodeTransaction,
  encodeBody,
  encodeEnvelope,
  signedBytes,
} from '../../../vm/transaction.ts'
import type { Hex } from '../../../vm/types.ts'
import { sampleNetwork } from '../../support/sample-network.ts'

const START_MS = 1_700_000_000_000
const { sample, genesis } = sampleNetwork({ seed: new Uint8Array(32).fill(7), timeMs: START_MS })
const rules = createRules({ ...genesis, list: appList })
const zero: Hex = `0x${'00'.repeat(32)}`
const parent: Header = {
  version: 1,
  chainId: genesis.chainId,
  height: 0,
  timeMs: START_MS,
  parent: zero,
  txRoot: zero,
  receiptRoot: zero,
  eventRoot: zero,
  stateRoot: zero,
  validatorsRoot: zero,
  proposer: zero,
}

function keysOf(name: string) {
  const found = sample.accounts.find((account) => account.name === name)
  if (found === undefined) throw new Error(`no account ${name}`)
  return found
}

function typeOf(name: string) {
  const found = [...rules.types.values()].find((type) => type.name === name)
  if (found === undefined) throw new Error(`no type ${name}`)
  return found
}

function signed(tag: number, payload: CborValue, names: readonly string[]): CheckedTransaction {
  const signers = names.map(keysOf)
  const body = encodeBody({
    version: 1,
    chainId: genesis.chainId,
    tag,
    payload,
    validUntil: START_MS + 1_000,
    salt: '0x0000000000000001',
    signers: signers.map(({ account, publicKey }) => ({ account, publicKey })),
  })
  const signatures = signers.map(({ seed }) => sign(fromHex(seed), signedBytes(body)))
  const transaction = decodeTransaction(encodeEnvelope(body, signatures))
  return { transaction, acts: decodeActs(rules.types, transaction) }
}

function act(name: string, json: JsonValue, ...names: readonly string[]): CheckedTransaction {
  const { tag, payload } = typeOf(name)
  return signed(tag, payload.toCbor(payload.fromJson(json)), names)
}

function batch(name: string, items: readonly JsonValue[], by: string): CheckedTransaction {
  const { tag, payload } = typeOf(name)
  const payloads = items.map((json) => payload.toCbor(payload.fromJson(json)))
  return signed(BATCH_TAG, batchCodec.toCbor({ atomic: false, tag, payloads }), [by])
}

function genesisState(): Overlay {
  const state = createOverlay(emptyState)
  for (const { app, key, value } of genesis.writes) state.set({ app, key }, value)
  return state
}

/** Keys were checked when the transactions were made, so every verdict is yes. */
function execute(...transactions: readonly CheckedTransaction[]) {
  const verdicts = new Map<Hex, readonly Verdict[]>(
    transactions.map(({ transaction, acts }) => [
      transaction.id,
      acts.items.map(() => ({ ok: true })),
    ]),
  )
  const result = executeBlock({
    rules,
    parent,
    state: genesisState(),
    height: 1,
    timeMs: START_MS + 1,
    proposer: genesis.validators[0]?.account ?? zero,
    contains: () => false,
    verdictsOf: (id) => verdicts.get(id),
    transactions,
  })
  if (!result.ok) throw new Error(JSON.stringify(result.reason))
  return result.execution
}

const patients = Array.from({ length: 111 }, (_, index) =>
  accountKeys(new Uint8Array(32).fill(9), { name: `patient-${index}`, roles: ['patient'] }),
)

t.test('a hospital admits 111 patients in one envelope', async (t) => {
  const items = patients.map(({ account, publicKey }) => ({ id: account, publicKey }))
  const admission = batch('registry.admit-patient', [...items, items[0] ?? {}], 'hospital')
  t.ok(admission.acts.cost <= envelopeBudget(genesis.parameters), `${admission.acts.cost} units`)
  const { receipts, after, events, bugs } = execute(admission)
  const codes = receipts[0]?.value.items ?? []
  t.strictSame(new Set(codes.slice(0, 111)), new Set(['']))
  t.equal(codes[111], 'ACCOUNT_EXISTS', 'the repeated one is refused alone')
  t.ok(patients.every(({ account }) => accountExists(after, account)))
  t.equal(events.length, 111)
  t.strictSame(bugs, [])
})

t.test('a key that is replaced no longer signs later in the same block', async (t) => {
  const { publicKey: replaces } = keysOf('hospital')
  const { publicKey } = accountKeys(new Uint8Array(32).fill(9), { name: 'new', roles: [] })
  const [first] = patients
  const admit = { id: first?.account ?? zero, publicKey: first?.publicKey ?? zero }
  const { receipts } = execute(
    act('registry.rotate-key', { publicKey, replaces }, 'hospital'),
    act('registry.admit-patient', admit, 'hospital'),
  )
  t.strictSame(
    receipts.map(({ value }) => value.code),
    ['', 'KEY_REVOKED'],
  )
})

t.test('votes are the signatures of one envelope', async (t) => {
  const organization = sample.file.organizations.find(({ name }) => name === 'helper-1')?.id ?? zero
  const vote = (...names: readonly string[]) =>
    act('registry.set-organization-status', { organization, status: 'suspended' }, ...names)
  const { receipts } = execute(
    vote('hospital-admin', 'insurer-admin'),
    vote('hospital-admin', 'insurer-admin', 'authority-2-admin'),
    act('registry.set-status', { account: zero, status: 'active' }, 'helper-1'),
  )
  t.strictSame(
    receipts.map(({ value }) => value.code),
    ['VOTES_MISSING', '', 'KEY_REVOKED'],
  )
})
