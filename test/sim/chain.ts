// The chain of a simulation: the real applications, n validators, and people who have money.
import { BANK } from '../../apps/bank/state.ts'
import { transferMoney } from '../../apps/bank/transfer.ts'
import { appList } from '../../apps/index.ts'
import { buildGenesis, type Genesis } from '../../genesis/build.ts'
import { type AccountKeys, createMember, type ValidatorKeys } from '../../genesis/member.ts'
import { createSample } from '../../genesis/sample.ts'
import { assert } from '../../vm/assert.ts'
import { asciiBytes, toHex, u32 } from '../../vm/bytes.ts'
import { hash } from '../../vm/hash.ts'
import type { EngineKind } from '../../vm/quorum.ts'
import type { Parameters } from '../../vm/rules.ts'
import { encodeBody, encodeEnvelope, signedBytes, transactionId } from '../../vm/transaction.ts'
import type { Digest, Hex, PublicKey, TimeMs } from '../../vm/types.ts'
import type { Signatures } from './signatures.ts'

export const START_MS = 1_700_000_000_000

/** One validator's keys, in the order of the set; `account` signs transactions as the validator. */
export type Seat = { readonly keys: ValidatorKeys; readonly account: AccountKeys }

export type Chain = {
  readonly genesis: Genesis
  readonly seats: readonly Seat[]
  /** Those, then a joiner whose account nobody knows yet, then for each seat the same account with other keys. */
  readonly nodes: readonly Seat[]
  /** Accounts with money and no office. */
  readonly people: readonly AccountKeys[]
  readonly accounts: readonly AccountKeys[]
}

/** What is not as usual in the genesis. */
export type Variant = {
  readonly engine?: EngineKind
  readonly parameters?: Partial<Parameters>
}

const PEOPLE = 6
const known = new Map<string, Chain>()

/** Keys that stand in no genesis. */
function reserveSeat(name: string): Seat {
  const seed = hash('sim-reserve', asciiBytes(name))
  const roles = ['validator'] as const
  const plan = { name, kind: 'authority', validator: true, accounts: [{ name, roles }] } as const
  const { validator, accounts } = createMember(plan, { seed, timeMs: START_MS })
  assert(validator !== undefined && accounts[0] !== undefined, 'a validator has an account')
  return { keys: validator, account: accounts[0] }
}

function successorOf({ keys, account }: Seat): Seat {
  const fresh = reserveSeat(`${keys.name}-successor`)
  return { keys: { ...fresh.keys, account: account.account }, account }
}

/** The admin of the organization behind a seat of the genesis. */
export function adminOf({ seats, accounts }: Chain, place: number): AccountKeys | undefined {
  const name = seats[place]?.account.name.replace('-validator', '-admin')
  return accounts.find((one) => one.name === name)
}

/** The place among `nodes` of whoever votes with this key; -1 for nobody. */
export function placeOf({ nodes }: Chain, consensusKey: PublicKey): number {
  return nodes.findIndex(({ keys }) => keys.consensus.publicKey === consensusKey)
}

export function chainOf(validators: number, variant: Variant = {}): Chain {
  const name = JSON.stringify([validators, variant])
  const before = known.get(name)
  if (before !== undefined) return before
  const seed = hash('sim-chain', u32(validators))
  const sample = createSample(
    { seed, timeMs: START_MS, validators, helpers: 0, accounts: PEOPLE, ...variant },
    appList,
  )
  const seats = sample.members.flatMap(({ validator, accounts }): Seat[] => {
    const account = accounts.find((one) => one.account === validator?.account)
    return validator === undefined || account === undefined ? [] : [{ keys: validator, account }]
  })
  const genesis = buildGenesis(sample.file, appList)
  const place = ({ keys }: Seat) =>
    genesis.validators.findIndex(({ account }) => account === keys.account)
  const inOrder = seats.toSorted((left, right) => place(left) - place(right))
  const chain = {
    genesis,
    seats: inOrder,
    nodes: [...inOrder, reserveSeat('joiner'), ...inOrder.map(successorOf)],
    people: sample.accounts.slice(-PEOPLE),
    accounts: sample.accounts,
  }
  assert(seats.length === validators, 'a seat for each validator')
  known.set(name, chain)
  return chain
}

export type Transfer = {
  readonly chainId: Digest
  readonly from: AccountKeys
  readonly to: AccountKeys
  readonly amount: bigint
  readonly validUntil: TimeMs
  /** Eight bytes. */
  readonly salt: Hex
}

export type Signed = { readonly id: Digest; readonly bytes: Uint8Array }

export function signTransfer(signerOf: Signatures['signerOf'], transfer: Transfer): Signed {
  const { chainId, from, to, amount, validUntil, salt } = transfer
  const payload = { to: to.account, currency: 'USD', amount, memo: '' }
  const body = encodeBody({
    version: 1,
    chainId,
    tag: BANK * 256 + 3,
    payload: transferMoney.payload.toCbor(payload as never),
    validUntil,
    salt,
    signers: [{ account: from.account, publicKey: from.publicKey }],
  })
  const signature = signerOf(from)(signedBytes(body))
  return { id: transactionId(body), bytes: encodeEnvelope(body, [signature]) }
}

export function saltOf(number: number): Hex {
  const salt = new Uint8Array(8)
  salt.set(u32(number), 4)
  return toHex(salt)
}
