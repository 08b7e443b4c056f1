// Patients with one-time tags: their addresses, invoices, own records and consents.
import { setHash } from '../../../apps/vault/ids.ts'
import { recordTable } from '../../../apps/vault/state.ts'
import { buildConsentGrant, newNonce } from '../../../client/vault/consent.ts'
import { createAddress, findOwnRecords, oneTimeSecret } from '../../../client/vault/tags.ts'
import { assert } from '../../../vm/assert.ts'
import type { Digest, Hex } from '../../../vm/types.ts'
import { invoiceOf } from './cast.ts'
import { entropyOf, idOf, suite, type World } from './world.ts'

const { group } = suite
export const pat = createAddress(group, entropyOf('address of pat'))
export const sam = createAddress(group, entropyOf('address of sam'))

/** An invoice for whoever has the address. */
export function stealthy({ address }: typeof pat, amount: bigint, word: string) {
  return { ...invoiceOf('pat', amount, word), tag: address.spendKey, scanKey: address.scanKey }
}

export function recordOf(world: World, id: Digest) {
  const record = recordTable.get(world.state(), id)
  assert(record, 'the record is on the ledger')
  return { id, ...record }
}

/** What a patient finds among these, with the key behind each tag. */
export function ownOf(world: World, ids: readonly Digest[], { address, secrets }: typeof pat) {
  const scanning = { scanSecret: secrets.scanSecret, spendKey: address.spendKey }
  const all = ids.map((id) => recordOf(world, id))
  return findOwnRecords(group, all, scanning).map((record) => ({
    ...record,
    secret: oneTimeSecret(group, record.ephemeral, secrets),
  }))
}

type Own = ReturnType<typeof ownOf>

export function grantFor(world: World, committee: Digest, own: Own, changes: object = {}) {
  const entropy = entropyOf(`stealthy ${own.length}`)
  const records = own.map(({ id }) => id).sort()
  const target = { kind: 'records', records } as const
  const scope = {
    kind: 'set',
    set: setHash(committee, target),
    tags: own.map(({ tag }) => tag),
  } as const
  const tagSecrets = new Map<Hex, Hex>(own.map(({ tag, secret }) => [tag, secret]))
  const proving = { chainId: world.chainId, tagSecrets, entropy }
  const terms = {
    account: idOf('pat'),
    nonce: newNonce(entropy),
    committee,
    insurer: idOf('payer a'),
    scope,
    purpose: 'accumulator',
    maxUses: 3,
    expiresAt: world.now() + 1_000_000,
    minimum: 0,
    single: false,
    overlap: false,
    ...changes,
  }
  return { grant: buildConsentGrant(group, terms, proving), target, scope, proving }
}
