// The hospital deals the keys of its vault and waits until the servers have taken their seats.
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { committeeStatus } from '../../../apps/vault/committee.ts'
import { committeeId, FIRST_EPOCH } from '../../../apps/vault/ids.ts'
import { init } from '../../../apps/vault/init.ts'
import type { Init } from '../../../apps/vault/payloads.ts'
import { repInit } from '../../../apps/vault/replicated/init.ts'
import { committeeTable, offerTable } from '../../../apps/vault/state.ts'
import type { TransactionSigner } from '../../../client/signer.ts'
import { type Act, act } from '../../../client/transaction.ts'
import { buildInit, type DealPlan } from '../../../client/vault/deal.ts'
import { buildRepInit, classSecretsOf } from '../../../client/vault/replicated/deal.ts'
import { pause } from '../../../client/web.ts'
import { assert } from '../../../vm/assert.ts'
import { fromHex, toHex } from '../../../vm/bytes.ts'
import { decode } from '../../../vm/codec.ts'
import type { Digest, Hex } from '../../../vm/types.ts'
import { EpioneError } from '../../errors.ts'
import type { AgentContext } from '../process.ts'
import { agentPaths, hex32, keepJson } from '../settings.ts'
import type { Opened } from './keys.ts'
import type { DealtVault, ReplicatedVault } from './settings.ts'

const POLL_MS = 150
/** A server that offers nothing in this time is not there, and nothing is dealt without it. */
const OFFER_MS = 120_000

function noOffer(server: Hex): EpioneError {
  return new EpioneError({
    code: 'CHILD_FAILED',
    message: `the server ${server} has offered no key for ${OFFER_MS / 1_000} s`,
    hint: 'look at the log of that helper, then start again',
  })
}

/** The key that a server offers for the committee, once it does; throws EpioneError if it does not. */
async function awaitOffer(
  { nodes }: AgentContext,
  committee: Digest,
  server: Hex,
): Promise<Uint8Array> {
  const at = offerTable.key(server, committee, FIRST_EPOCH)
  const untilMs = performance.now() + OFFER_MS
  for (;;) {
    const { value } = await nodes.ask(({ verified }) => verified.stateValue(at))
    if (value !== undefined) return decode(offerTable.value, value).boxKey
    if (performance.now() > untilMs) throw noOffer(server)
    await pause(POLL_MS)
  }
}

type Dealt = Pick<Opened, 'committee' | 'epoch' | 'keys'>
type Terms = Omit<DealtVault, 'kind'>

/** What a deal says beside its secrets. */
function termsOf({ anchor }: AgentContext, signer: TransactionSigner, vault: Terms) {
  const { nonce, threshold, minimum, currency } = vault
  const { account } = signer
  const bond = BigInt(vault.bond)
  return { chainId: anchor.chainId, account, nonce, threshold, minimum, currency, bond }
}

async function serversOf(
  context: AgentContext,
  committee: Digest,
  { servers }: Terms,
): Promise<DealPlan['servers']> {
  return Promise.all(
    servers.map(async (server) => ({
      account: server,
      boxKey: await awaitOffer(context, committee, server),
    })),
  )
}

async function send(
  { sender, outbox }: AgentContext,
  signer: TransactionSigner,
  { key, make }: { readonly key: string; readonly make: () => Promise<Act> },
): Promise<Act> {
  const { code } = await sender.deliver({ key, make, signers: [signer] })
  if (code !== '') throw refusedDeal(code)
  const entry = outbox.get(key)
  assert(entry !== undefined, 'what was delivered was kept')
  return entry.act
}

/** Deals once; whoever runs again finds the deal that was made. The polynomial is in no file. */
export async function deal(
  context: AgentContext,
  signer: TransactionSigner,
  vault: DealtVault,
): Promise<Dealt> {
  const { group } = context.crypto
  const terms = termsOf(context, signer, vault)
  const committee = committeeId(terms)
  const make = async () => {
    const servers = await serversOf(context, committee, vault)
    return act(init, buildInit(group, { ...terms, servers, entropy: randomBytes(32) }))
  }
  const sent = await send(context, signer, { key: 'vault.init', make })
  const { commitments } = init.payload.fromCbor(sent.payload) as unknown as Init
  const [key] = commitments
  assert(key !== undefined, 'a deal has commitments')
  return { committee, epoch: FIRST_EPOCH, keys: { kind: 'threshold', key } }
}

const dealSchema = z.strictObject({ entropy: hex32 })

/** Deals once, and keeps what makes the keys of all classes: every record follows from them. */
export async function dealReplicated(
  context: AgentContext,
  signer: TransactionSigner,
  vault: ReplicatedVault,
): Promise<Dealt> {
  const { crypto, home } = context
  const { group } = crypto
  const { answers } = vault
  const fresh = { entropy: toHex(randomBytes(32)) }
  const kept = await keepJson(agentPaths(home).secret('deal'), dealSchema, fresh)
  const terms = { ...termsOf(context, signer, vault), answers, entropy: fromHex(kept.entropy) }
  const committee = committeeId(terms)
  const make = async () => {
    const servers = await serversOf(context, committee, vault)
    return act(repInit, buildRepInit(group, { ...terms, servers }))
  }
  await send(context, signer, { key: 'rep.init', make })
  const seats = vault.servers.map((account) => ({ account, boxKey: new Uint8Array() }))
  const secrets = classSecretsOf(group, { ...terms, servers: seats })
  return { committee, epoch: FIRST_EPOCH, keys: { kind: 'classes', secrets } }
}

function refusedDeal(code: string): EpioneError {
  return new EpioneError({
    code: 'CHILD_FAILED',
    message: `the deal of the vault's keys did not become active: ${code}`,
    hint: 'the receipts of the deal and of complaints about it say who is at fault',
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
