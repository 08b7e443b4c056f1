// What can be offered: signed transactions of one kind, or queries.
import { randomBytes } from 'node:crypto'
import { transferMoney } from '../apps/bank/transfer.ts'
import { FIRST_EPOCH } from '../apps/vault/ids.ts'
import { type Act, act, batchAct } from '../client/transaction.ts'
import { buildRecord, buildRecordBatch, invoiceNullifier } from '../client/vault/record.ts'
import { createNativeSuite } from '../node/crypto/suite.ts'
import {
  createTransferFactory,
  type Hand,
  handOf,
  signAct,
  type TransferFactory,
} from '../node/load/transfers.ts'
import { assert, assertNever } from '../vm/assert.ts'
import { toHex } from '../vm/bytes.ts'
import type { Digest } from '../vm/types.ts'
import type { BenchNetwork } from './network.ts'
import type { Mix } from './report.ts'
import { type BenchVault, prepareVault, vaultType } from './vault.ts'
import type { Signed } from './work.ts'

export type Mixture = {
  readonly mix: Mix
  readonly itemsPerTransaction: number
  readonly make: () => Signed
}

/** Items of one transaction, where nothing else is asked for. */
const usualItems: Readonly<Record<Mix, number>> = {
  transfer: 1,
  record: 1,
  batch: 1_000,
  query: 1,
}

/** Where a search for what a mix holds begins, by the rate that it is for transfers: a guess at what one transaction costs. */
export const firstShare: Readonly<Record<Mix, number>> = {
  transfer: 1,
  record: 1 / 150,
  batch: 2 / 1_000,
  query: 4,
}

/** Prepared long before it is offered, and within the chain's window. */
const VALID_MS = 540_000
/** 100 characters, 200 bytes. */
const MEMO = 'é'.repeat(100)
const CURRENCY = 'USD'

const random = (): Uint8Array => new Uint8Array(randomBytes(32))

/** Transfers under one signature; each pays another account, as far as there are so many. */
export function createBatchFactory({ chainId, payers }: Chain, items: number): TransferFactory {
  const hands = payers.map(handOf)
  let turn = 0
  return (validUntil) => {
    const payer = hands[turn % hands.length]
    turn += 1
    assert(payer !== undefined && hands.length > 1, 'a payer and somebody to pay')
    const orders = Array.from({ length: items }, (_, item) => {
      const other = hands[(turn + (item % (hands.length - 1))) % hands.length] ?? payer
      return { to: other.account, currency: CURRENCY, amount: 1n, memo: MEMO }
    })
    const one = batchAct(transferMoney, orders, { atomic: true })
    return signAct(payer, { chainId, act: one, validUntil })
  }
}

/** All that a mix without a vault needs. */
type Chain = Pick<BenchNetwork, 'chainId' | 'payers'>

async function records(network: BenchNetwork, items: number): Promise<() => Signed> {
  const vault = await prepareVault(network)
  const suite = await createNativeSuite()
  const tools = { group: suite.group, range: suite }
  const hand: Hand = handOf(vault.hospital)
  const { chainId } = network
  let made = 0
  const invoice = ({ tag }: BenchVault) => {
    made += 1
    return {
      amount: BigInt(100_000 + made),
      ...{ tag, policy: chainId, period: 0 },
      nullifier: invoiceNullifier(random(), `invoice ${made}`),
    }
  }
  const actOf = (): Act => {
    const writing = {
      ...{ chainId, account: vault.hospital.account, committee: vault.committee },
      ...{ epoch: FIRST_EPOCH, key: vault.key, writerSecret: random(), entropy: random() },
    }
    if (items === 1) {
      return act(vaultType('vault.record'), buildRecord(tools, writing, invoice(vault)))
    }
    const invoices = Array.from({ length: items }, () => invoice(vault))
    return act(vaultType('vault.recordBatch'), buildRecordBatch(tools, writing, invoices))
  }
  return () => signAct(hand, { chainId, act: actOf(), validUntil: Date.now() + VALID_MS })
}

/** One balance after the other; a query has a made-up id, and its call instead of an envelope. */
function queries({ payers }: Chain): () => Signed {
  let turn = 0
  return () => {
    const account = payers[turn % payers.length]?.account ?? '0x'
    turn += 1
    const call = `"method":"bank_balance","params":{"account":"${account}","currency":"${CURRENCY}"}`
    return { id: toHex(random()) as Digest, envelope: '0x', bytes: call.length, call }
  }
}

export async function createMixture(
  network: BenchNetwork,
  { mix, items = usualItems[mix] }: { readonly mix: Mix; readonly items?: number | undefined },
): Promise<Mixture> {
  switch (mix) {
    case 'transfer': {
      const transfer = createTransferFactory(network.chainId, network.payers)
      return { mix, itemsPerTransaction: 1, make: () => transfer(Date.now() + VALID_MS) }
    }
    case 'batch': {
      const batch = createBatchFactory(network, items)
      return { mix, itemsPerTransaction: items, make: () => batch(Date.now() + VALID_MS) }
    }
    case 'record':
      return { mix, itemsPerTransaction: items, make: await records(network, items) }
    case 'query':
      return { mix, itemsPerTransaction: 1, make: queries(network) }
    default:
      return assertNever(mix)
  }
}
