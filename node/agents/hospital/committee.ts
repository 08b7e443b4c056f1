// The hospital deals the key of its vault and waits until the servers have taken their seats.
import { randomBytes } from 'node:crypto'
import { committeeStatus } from '../../../apps/vault/committee.ts'
import { committeeId, FIRST_EPOCH } from '../../../apps/vault/ids.ts'
import { init } from '../../../apps/vault/init.ts'
import type { Init } from '../../../apps/vault/payloads.ts'
import { committeeTable, offerTable } from '../../../apps/vault/state.ts'
import type { TransactionSigner } from '../../../client/signer.ts'
import { act } from '../../../client/transaction.ts'
import { buildInit } from '../../../client/vault/deal.ts'
import { pause } from '../../../client/web.ts'
import { assert } from '../../../vm/assert.ts'
import { decode } from '../../../vm/codec.ts'
import type { Digest, Hex, OrganizationId } from '../../../vm/types.ts'
import { EpioneError } from '../../errors.ts'
import type { AgentContext } from '../process.ts'
import type { DealtVault } from './settings.ts'

const POLL_MS = 150

/** The key that a server offers for the committee, once it does. */
async function awaitOffer(
  { nodes }: AgentContext,
  committee: Digest,
  server: Hex,
): Promise<Uint8Array> {
  const at = offerTable.key(server, committee, FIRST_EPOCH)
  for (;;) {
    const { value } = await nodes.ask(({ verified }) => verified.stateValue(at))
    if (value !== undefined) return decode(offerTable.value, value).boxKey
    await pause(POLL_MS)
  }
}

export type Dealt = {
  readonly committee: Digest
  readonly key: Uint8Array
  /** The writer's own, by which the ledger tells its invoices from others'. */
  readonly organization: OrganizationId
}

/** Deals once; whoever runs again finds the deal that was made. The polynomial is in no file. */
export async function deal(
  context: AgentContext,
  signer: TransactionSigner,
  vault: DealtVault,
): Promise<Dealt> {
  const { anchor, crypto, nodes, outbox, sender } = context
  const { nonce, threshold, minimum, currency } = vault
  const { account } = signer
  const committee = committeeId({ account, nonce })
  const key = 'vault.init'
  const make = async () => {
    const offers = vault.servers.map(async (server) => ({
      account: server,
      boxKey: await awaitOffer(context, committee, server),
    }))
    const plan = {
      chainId: anchor.chainId,
      account,
      nonce,
      threshold,
      minimum,
      servers: await Promise.all(offers),
      currency,
      bond: BigInt(vault.bond),
      entropy: randomBytes(32),
    }
    return act(init, buildInit(crypto.group, plan))
  }
  const { code } = await sender.deliver({ key, make, signers: [signer] })
  if (code !== '') throw refusedDeal(code)
  const entry = outbox.get(key)
  assert(entry !== undefined, 'what was delivered was kept')
  const payload = init.payload.fromCbor(entry.act.payload) as unknown as Init
  const [committeeKey] = payload.commitments
  assert(committeeKey !== undefined, 'a deal has commitments')
  const { value } = await nodes.ask(({ verified }) =>
    verified.stateValue(committeeTable.key(committee)),
  )
  assert(value !== undefined, 'the deal was proven to be on the ledger')
  const { organization } = decode(committeeTable.value, value)
  return { committee, key: committeeKey, organization }
}

function refusedDeal(code: string): EpioneError {
  return new EpioneError({
    code: 'CHILD_FAILED',
    message: `the deal of the vault's key did not become active: ${code}`,
    hint: 'the receipts of vault.init and vault.complain say who is at fault',
  })
}

/** Resolves when the committee is active; throws EpioneError if the deal is aborted. */
export async function awaitActive(
  { nodes }: AgentContext,
  committee: Digest,
  seats: number,
): Promise<void> {
  const at = committeeTable.key(committee)
  for (;;) {
    const { value, timeMs } = await nodes.ask(({ verified }) => verified.stateValue(at))
    assert(value !== undefined, 'the deal was proven to be on the ledger')
    const now = Math.max(timeMs, Date.now())
    const status = committeeStatus(decode(committeeTable.value, value), seats, now)
    if (status === 'active') return
    if (status === 'aborted') throw refusedDeal('ABORTED')
    await pause(POLL_MS)
  }
}
