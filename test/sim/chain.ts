// The chain of a simulation: the real applications, n validators, and people who have money.
import { BANK } from '../../apps/bank/state.ts'
import { transferMoney } from '../../apps/bank/transfer.ts'
import { appList } from '../../apps/index.ts'
import { buildGenesis, type Genesis } from '../../genesis/build.ts'
import type { AccountKeys, ValidatorKeys } from '../../genesis/member.ts'
import { createSample } from '../../genesis/sample.ts'
import { assert } from '../../vm/assert.ts'
import { toHex, u32 } from '../../vm/bytes.ts'
import { hash } from '../../vm/hash.ts'
import type { Parameters } from '../../vm/rules.ts'
import { encodeBody, encodeEnvelope, signedBytes, transactionId } from '../../vm/transaction.ts'
import type { Digest, Hex, TimeMs } from '../../vm/types.ts'
import type { Signatures } from './signatures.ts'

export const START_MS = 1_700_000_000_000

/** One validator's keys, in the order of the set; `account` signs transactions as the validator. */
export type Seat = { readonly keys: ValidatorKeys; readonly account: AccountKeys }

export type Chain = {
  readonly genesis: Genesis
  readonly seats: readonly Seat[]
  /** Accounts with money and no office. */
  readonly people: readonly AccountKeys[]
  readonly accounts: readonly AccountKeys[]
}

const PEOPLE = 6
const known = new Map<string, Chain>()

export function chainOf(validators: number, parameters: Partial<Parameters> = {}): Chain {
  const name = JSON.stringify([validators, parameters])
  const before = known.get(name)
  if (before !== undefined) return before
  const seed = hash('sim-chain', u32(validators))
  const sample = createSample(
    { seed, timeMs: START_MS, validators, helpers: 0, accounts: PEOPLE, parameters },
    appList,
  )
  const seats = sample.members.flatMap(({ validator, accounts }): Seat[] => {
    const account = accounts.find((one) => one.account === validator?.account)
    return validator === undefined || account === undefined ? [] : [{ keys: validator, account }]
  })
  const genesis = buildGenesis(sample.file, appList)
  const place = ({ keys }: Seat) =>
    genesis.validators.findIndex(({ account }) => account === keys.account)
  const chain = {
    genesis,
    seats: seats.toSorted((left, right) => place(left) - place(right)),
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
