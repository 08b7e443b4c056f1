// A small chain for tests of execution and ledger: two toy applications, accounts with keys, and signed-looking transactions.
import type { Genesis } from '../../genesis/build.ts'
import { createSigner, type Signer } from '../../node/crypto/ed25519.ts'
import {
  type AppList,
  accept,
  defineApp,
  defineTx,
  type Identity,
  refuseWith,
  type TxType,
} from '../../vm/app.ts'
import { assert } from '../../vm/assert.ts'
import { BATCH_TAG, batchCodec, decodeActs } from '../../vm/batch.ts'
import { fromHex, toHex, u32 } from '../../vm/bytes.ts'
import type { CborValue } from '../../vm/codec.ts'
import { array, struct } from '../../vm/codec-compound.ts'
import { bool, bytes, id32, text, uint } from '../../vm/codec-scalar.ts'
import type { CheckedTransaction } from '../../vm/execute.ts'
import { digest } from '../../vm/hash.ts'
import { createRules, defaultParameters, type Parameters, type Rules } from '../../vm/rules.ts'
import { createOverlay, defineTable, emptyState } from '../../vm/state.ts'
import { decodeTransaction, encodeBody, encodeEnvelope, signedBytes } from '../../vm/transaction.ts'
import type { Hex, TimeMs } from '../../vm/types.ts'
import { type Validator, validatorsCodec } from '../../vm/validator.ts'

export const PEOPLE = 201
export const TOY = 200

/** The same 32 bytes for the same words. */
export function idOf(...words: readonly (string | number)[]): Hex {
  return digest('test', new TextEncoder().encode(words.join('/')))
}

const keys = defineTable(PEOPLE, 'key', bool)
const organizations = defineTable(PEOPLE, 'organization', id32)
const validators = defineTable(PEOPLE, 'validators', validatorsCodec)
const proposers = defineTable(PEOPLE, 'proposed', uint())
export const cells = defineTable(TOY, 'cell', bytes(0, 1000))

const identity: Identity = {
  isActiveKey: (state, { account, publicKey }) => keys.get(state, account, publicKey) ?? false,
  organizationOf: (state, account) => organizations.get(state, account),
  validators: (state) => {
    const set = validators.get(state)
    assert(set !== undefined, 'the toy has validators')
    return set
  },
  members: (state) => validators.get(state) ?? [],
  firstPrimary: () => 0,
  endBlock: (state, { proposer }) => {
    proposers.put(state, (proposers.get(state, proposer) ?? 0) + 1, proposer)
  },
}

const cell = { name: text(40, 1, /^[a-z0-9-]+$/), value: bytes(0, 1000) }

/** Writes a cell and tells the recipients. */
export const put: TxType = defineTx({
  name: 'toy.put',
  tag: TOY * 256 + 1,
  summary: 'write a cell',
  payload: struct({ ...cell, recipients: array(id32, 100) }),
  example: { name: 'a', value: '0x', recipients: [] },
  cost: () => 1,
  authorize: (_, { name }) => (name === 'forbidden' ? refuseWith('FORBIDDEN') : undefined),
  execute: (state, { name, value, recipients }, context) => {
    cells.put(state, value, name)
    if (name === 'late') return refuseWith('LATE')
    return accept(
      ...recipients.map((recipient) => ({
        recipient,
        kind: 'toy.told',
        reference: `0x${context.txId.slice(2, 18)}` as Hex,
      })),
    )
  },
})

export const clear: TxType = defineTx({
  name: 'toy.clear',
  tag: TOY * 256 + 2,
  summary: 'remove a cell',
  payload: struct({ name: cell.name }),
  example: { name: 'a' },
  cost: () => 1,
  authorize: (state, { name }) =>
    cells.get(state, name) === undefined ? refuseWith('NO_CELL') : undefined,
  execute: (state, { name }) => {
    cells.remove(state, name)
    return accept()
  },
})

function overflow(depth: number): number {
  return overflow(depth + 1) + 1
}

/** Writes a cell and then goes wrong in the way that is asked for. */
export const fail: TxType = defineTx({
  name: 'toy.fail',
  tag: TOY * 256 + 3,
  summary: 'go wrong',
  payload: struct({ how: text(20) }),
  example: { how: 'throw' },
  cost: () => 1,
  authorize: () => undefined,
  execute: (state, { how }) => {
    cells.put(state, new Uint8Array([1]), 'harm')
    if (how === 'stack') return accept({ recipient: '0x', kind: `${overflow(0)}`, reference: '0x' })
    if (how === 'wasm')
      throw Object.assign(new Error('unreachable executed'), { name: 'RuntimeError' })
    if (how === 'invariant') {
      cells.put(state, new Uint8Array([9, 9, 9]), 'sum')
      return accept()
    }
    if (how === 'event') return accept({ recipient: '0x', kind: 'bad', reference: '0x' })
    if (how === 'code') return refuseWith('not a code')
    if (how === 'caught-read') {
      try {
        state.get({ app: TOY, key: 'damaged' })
      } catch {
        return accept()
      }
    }
    throw new Error('a bug')
  },
})

/** Writes its cell if the fact is there and the proof byte is 1. */
export const prove: TxType = defineTx({
  name: 'toy.prove',
  tag: TOY * 256 + 4,
  summary: 'write with a proof about a fact',
  payload: struct({ fact: cell.name, proof: uint(255) }),
  example: { fact: 'a', proof: 1 },
  cost: () => 10,
  facts: ({ fact }) => [cells.key(fact)],
  verify: ({ payload }) => (payload.proof === 1 ? { ok: true } : refuseWith('BAD_PROOF')),
  authorize: (_, { fact }) => (fact === 'forbidden' ? refuseWith('FORBIDDEN') : undefined),
  execute: (state, { fact, proof }) => {
    cells.put(state, new Uint8Array([proof]), `proven-${fact}`)
    return accept()
  },
})

export const revoke: TxType = defineTx({
  name: 'people.revoke',
  tag: PEOPLE * 256 + 1,
  summary: 'revoke a key',
  payload: struct({ account: id32, publicKey: id32 }),
  example: { account: idOf('a'), publicKey: idOf('k') },
  cost: () => 1,
  authorize: () => undefined,
  execute: (state, { account, publicKey }) => {
    keys.put(state, false, account, publicKey)
    return accept()
  },
})

export const elect: TxType = defineTx({
  name: 'people.elect',
  tag: PEOPLE * 256 + 2,
  summary: 'change the validators',
  payload: struct({ count: uint(10, 1) }),
  example: { count: 4 },
  cost: () => 1,
  authorize: () => undefined,
  execute: (state, { count }) => {
    validators.put(state, validatorsOf(count))
    return accept()
  },
})

export const toyList: AppList = {
  // Not in the order of tags: the state root must not depend on the order of the list.
  apps: [
    defineApp({ name: 'people', tag: PEOPLE, txs: [revoke, elect] }),
    defineApp({
      name: 'toy',
      tag: TOY,
      txs: [put, clear, fail, prove],
      invariant: (_, writes) => {
        const sum = writes.find(({ key }) => key === 'cell/sum')
        assert(sum?.value === undefined || sum.value.length < 3, 'the sum is short')
      },
    }),
  ],
  identity,
}

export function accountOf(name: string): Hex {
  return idOf('account', name)
}

const signers = new Map<string, Signer>()

/** The signer with the key of this name. */
export function signerOf(name: string): Signer {
  let signer = signers.get(name)
  if (signer === undefined) {
    signer = createSigner(fromHex(idOf('seed', name)))
    signers.set(name, signer)
  }
  return signer
}

export function publicKeyOf(name: string): Hex {
  return toHex(signerOf(name).publicKey)
}

export function validatorsOf(count: number): readonly Validator[] {
  return Array.from({ length: count }, (_, i) => ({
    account: accountOf(`validator-${i}`),
    organization: idOf('organization', i),
    consensusKey: publicKeyOf(`consensus-${i}`),
    peerKey: idOf('peer', i),
  }))
}

export const genesisTimeMs = 1_700_000_000_000

/** Accounts `ann`, `bob` (one organization) and `cid` (none) with active keys; `dan` with a key that is not. */
export function toyGenesis(parameters: Partial<Parameters> = {}): Genesis {
  const state = createOverlay(emptyState)
  for (const name of ['ann', 'bob', 'cid'])
    keys.put(state, true, accountOf(name), publicKeyOf(name))
  keys.put(state, false, accountOf('dan'), publicKeyOf('dan'))
  for (const name of ['ann', 'bob']) organizations.put(state, idOf('clinic'), accountOf(name))
  validators.put(state, validatorsOf(4))
  return {
    chainId: idOf('chain'),
    engine: 'pbft',
    parameters: { ...defaultParameters, ...parameters },
    timeMs: genesisTimeMs,
    validators: validatorsOf(4),
    writes: state.writes(),
  }
}

export function toyRules(parameters: Partial<Parameters> = {}): Rules {
  return createRules({ ...toyGenesis(parameters), list: toyList })
}

export type Act = {
  readonly type: TxType
  readonly payload: unknown
  readonly signers?: readonly string[]
  readonly validUntil?: TimeMs
  readonly salt?: number
  readonly chainId?: Hex
}

let salts = 0

function envelope(act: Omit<Act, 'type' | 'payload'>, tag: number, payload: CborValue) {
  const { signers = ['ann'], validUntil = genesisTimeMs + 300_000, chainId = idOf('chain') } = act
  const salt = new Uint8Array(8)
  salt.set(u32(act.salt ?? salts++), 4)
  const body = encodeBody({
    version: 1,
    chainId,
    tag,
    payload,
    validUntil,
    salt: toHex(salt),
    signers: signers.map((name) => ({ account: accountOf(name), publicKey: publicKeyOf(name) })),
  })
  return encodeEnvelope(
    body,
    signers.map((name) => signerOf(name).sign(signedBytes(body))),
  )
}

function check(bytes: Uint8Array): CheckedTransaction {
  const transaction = decodeTransaction(bytes)
  return { transaction, acts: decodeActs(toyRules().types, transaction) }
}

/** A transaction as a node holds it after decoding. */
export function act({ type, payload, ...rest }: Act): CheckedTransaction {
  return check(envelope(rest, type.tag, type.payload.toCbor(payload as never)))
}

export function batch(
  { type, payload, ...rest }: Act & { readonly payload: readonly unknown[] },
  atomic: boolean,
): CheckedTransaction {
  const payloads = payload.map((item) => type.payload.toCbor(item as never))
  return check(envelope(rest, BATCH_TAG, batchCodec.toCbor({ atomic, tag: type.tag, payloads })))
}

/** What a `toy.put` writes, in short. */
export function putOf(
  name: string,
  value: readonly number[] = [1],
  recipients: readonly Hex[] = [],
): Pick<Act, 'type' | 'payload'> {
  return { type: put, payload: { name, value: Uint8Array.from(value), recipients } }
}
