// Committees over a keyset: members that make a key with bonds, hospitals that begin with it, records of several of them.
import type { InitKeyset } from '../../../apps/vault/keyset-payloads.ts'
import { buildConsentWriter } from '../../../client/vault/consent.ts'
import { planCommittee } from '../../../client/vault/deal.ts'
import { buildInitKeyset, vaultShare } from '../../../client/vault/keyset.ts'
import { recordIds } from '../../../client/vault/record.ts'
import { assert } from '../../../vm/assert.ts'
import type { Digest, Hex } from '../../../vm/types.ts'
import { memberNames, type Standing, type Terms } from '../committee/cast.ts'
import { make, type Script } from '../committee/conversation.ts'
import { batchOf, invoiceOf, tagOf } from './cast.ts'
import { entropyOf, idOf, must, type Sent, suite, type World } from './world.ts'

export const BOND = 1_000n

export function register(world: World, names: readonly string[], bond = BOND): void {
  for (const name of names) world.send('server.register', { account: idOf(name), bond }, name)
}

/** Registered servers make a keyset; by default five, of whom three answer. */
export function makeKeyset(world: World, terms: Partial<Terms> = {}, script?: Script): Standing {
  const members = terms.members ?? memberNames(5)
  register(world, members)
  const sizes = { members, threshold: 3, minimum: 4, bond: BOND }
  return make(world, { ...sizes, purposes: ['records', 'vault'], ...terms }, script)
}

/** A committee in one epoch of its keyset, with the shares of those who took one. */
export type Taken = {
  readonly committee: Digest
  readonly epoch: number
  readonly key: Uint8Array
  readonly servers: readonly string[]
  /** By seat; empty text where the seat has none. */
  readonly shares: readonly Hex[]
}

/** The committee as the members of an epoch see it. */
export function seen(committee: Digest, made: Standing): Taken {
  const key = made.committee?.keys.find(({ purpose }) => purpose === 'vault')?.commitments[0]
  assert(key !== undefined, 'a key for sums')
  const { names: servers, epoch, purposes } = made
  const shares = servers.map((_, seat) => {
    const own = made.shares.get(seat + 1)
    return (own && vaultShare({ purposes }, own)) ?? '0x'
  })
  return { committee, epoch, key, servers, shares }
}

export function initKeysetOf(
  { keyset, epoch }: Pick<Standing, 'keyset' | 'epoch'>,
  terms: { readonly writers?: readonly string[]; readonly word?: string; readonly bond?: bigint },
): { readonly payload: InitKeyset; readonly committee: Digest } {
  const { writers = ['hospital', 'clinic'], word = 'begun', bond = 50n } = terms
  const account = idOf(`${writers[0]} admin`)
  const { nonce, committee } = planCommittee(account, entropyOf(word))
  const names = writers.map((name) => idOf(name))
  const rest = { keyset, epoch, currency: 'USD', bond }
  return { payload: buildInitKeyset({ account, nonce, writers: names, ...rest }), committee }
}

/** Hospitals begin a committee; an admin of each signs. */
export function begin(
  world: World,
  made: Standing,
  terms: Parameters<typeof initKeysetOf>[1] = {},
): Taken {
  const { payload, committee } = initKeysetOf(made, terms)
  const admins = (terms.writers ?? ['hospital', 'clinic']).map((name) => `${name} admin`)
  must(world, 'vault.initKeyset', payload, ...admins)
  return seen(committee, made)
}

/** Patients who let all hospitals write. */
export function letAllWrite(world: World, ...names: readonly string[]): void {
  for (const name of names) {
    const { publicKey, secret } = tagOf(name)
    const writers = ['hospital', 'clinic', 'practice'].map((one) => idOf(one))
    const terms = { account: idOf(name), tag: publicKey, writers, policies: null }
    const payload = buildConsentWriter(
      suite.group,
      { ...terms, expiresAt: world.now() + 10_000_000 },
      { chainId: world.chainId, tagSecret: secret, entropy: entropyOf(`all write for ${name}`) },
    )
    must(world, 'consent.writer', payload, name)
  }
}

let numbers = 0

export function batchBy(
  world: World,
  taken: Pick<Taken, 'committee' | 'epoch' | 'key'>,
  by: { readonly hospital: string; readonly name: string; readonly amounts: readonly bigint[] },
) {
  const invoices = by.amounts.map((amount) => invoiceOf(by.name, amount, `keyset ${numbers++}`))
  const init = { account: idOf(`${by.hospital} desk`) }
  return batchOf(world, { ...taken, init }, invoices)
}

/** One hospital records amounts of one patient. */
export function recordBy(
  world: World,
  taken: Pick<Taken, 'committee' | 'epoch' | 'key'>,
  by: Parameters<typeof batchBy>[2],
): Sent & { readonly records: readonly Digest[] } {
  const batch = batchBy(world, taken, by)
  const sent = world.send('vault.recordBatch', batch, `${by.hospital} desk`)
  return { ...sent, records: recordIds(batch) }
}
