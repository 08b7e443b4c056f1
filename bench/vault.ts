// A vault on the network under measurement: servers, a dealt committee and a patient's grant, so that a hospital can record.
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { transferMoney } from '../apps/bank/transfer.ts'
import { FIRST_EPOCH } from '../apps/vault/ids.ts'
import { vault } from '../apps/vault/index.ts'
import { dealTable } from '../apps/vault/state.ts'
import { type Client, createClient } from '../client/client.ts'
import { createSeedSigner } from '../client/signer.ts'
import { act, signTransaction } from '../client/transaction.ts'
import { buildConsentWriter } from '../client/vault/consent.ts'
import { buildAck, buildInit, buildOffer, planCommittee } from '../client/vault/deal.ts'
import { createTag } from '../client/vault/entropy.ts'
import { createNativeGroup } from '../node/crypto/ristretto255.ts'
import type { Payer } from '../node/load/transfers.ts'
import type { TxType } from '../vm/app.ts'
import { assert } from '../vm/assert.ts'
import { decode } from '../vm/codec.ts'
import type { Group } from '../vm/crypto/group.ts'
import type { Digest, Hex } from '../vm/types.ts'
import type { BenchNetwork } from './network.ts'

export type BenchVault = {
  readonly hospital: Payer
  readonly committee: Digest
  /** The committee's key. */
  readonly key: Uint8Array
  /** Whose invoices are recorded. */
  readonly tag: Hex
}

const THRESHOLD = 3
const ACKS_MIN = 4
const BOND = 100_000n
const CURRENCY = 'USD'
/** The sample's window for complaints, and some more. */
const COMPLAINTS_MS = 2_000
const HOUR_MS = 3_600_000

const random = (): Uint8Array => new Uint8Array(randomBytes(32))

export function vaultType(name: string): TxType {
  const type = vault.txs.find((known) => known.name === name)
  assert(type !== undefined, `the vault has ${name}`)
  return type
}

/** Signs as the account and waits for the block; the transaction must take effect. */
function createSending({ chainId }: BenchNetwork, client: Client) {
  return async <P>(type: TxType, payload: P, account: Payer): Promise<void> => {
    const signed = await signTransaction({
      chainId,
      act: act(type, payload),
      validUntil: Date.now() + 60_000,
      signers: [createSeedSigner(account)],
    })
    const { receipt } = await client.submitAndWait(signed)
    assert(receipt.code === '', `${type.name} was refused: ${receipt.code}`)
  }
}

type Send = ReturnType<typeof createSending>

async function dealCommittee<P>(
  { network, client, send }: { network: BenchNetwork; client: Client; send: Send },
  group: Group<P>,
): Promise<{ readonly committee: Digest; readonly key: Uint8Array }> {
  const { chainId, account } = network
  const hospital = account('hospital')
  const servers = [1, 2, 3, 4, 5].map((index) => account(`helper-${index}`))
  const { nonce, committee } = planCommittee(hospital.account, random())
  const offers = await Promise.all(
    servers.map(async (server) => {
      await send(vaultType('server.register'), { account: server.account, bond: BOND }, server)
      const input = { chainId, account: server.account, committee, entropy: random() }
      const { payload } = buildOffer(group, input)
      await send(vaultType('server.offer'), payload, server)
      return { account: server.account, boxKey: payload.boxKey }
    }),
  )
  const init = buildInit(group, {
    ...{ chainId, account: hospital.account, nonce, threshold: THRESHOLD, minimum: ACKS_MIN },
    ...{ servers: offers, currency: CURRENCY, bond: BOND, entropy: random() },
  })
  await send(vaultType('vault.init'), init, hospital)
  await sleep(COMPLAINTS_MS)
  const { value } = await client.stateValue(dealTable.key(committee, FIRST_EPOCH))
  assert(value !== null, 'the deal is decided')
  const deal = decode(dealTable.value, value)
  await Promise.all(
    servers.map((server, seat) => {
      const place = { committee, epoch: FIRST_EPOCH, index: seat + 1, deal }
      return send(vaultType('vault.ack'), buildAck(group, place, server.account), server)
    }),
  )
  const [key] = deal.commitments
  assert(key !== undefined, 'a deal has a key')
  return { committee, key }
}

export async function prepareVault(network: BenchNetwork): Promise<BenchVault> {
  const client = createClient({ urls: network.urls })
  const send = createSending(network, client)
  const group = await createNativeGroup()
  const { account, payers } = network
  const hospital = account('hospital')
  const [patient] = payers
  assert(patient !== undefined, 'the network has accounts')
  for (const name of ['hospital', 'helper-1', 'helper-2', 'helper-3', 'helper-4', 'helper-5']) {
    const bond = { to: account(name).account, currency: CURRENCY, amount: BOND, memo: null }
    await send(transferMoney, bond, patient)
  }
  const dealt = await dealCommittee({ network, client, send }, group)
  const tag = createTag(group, random())
  const terms = {
    ...{ account: patient.account, tag: tag.publicKey, policies: null },
    ...{ writers: [network.organization('hospital')], expiresAt: Date.now() + HOUR_MS },
  }
  const proving = { chainId: network.chainId, tagSecret: tag.secret, entropy: random() }
  await send(vaultType('consent.writer'), buildConsentWriter(group, terms, proving), patient)
  return { hospital, ...dealt, tag: tag.publicKey }
}
