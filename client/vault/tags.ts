// One-time tags: each record has a tag of its own, which only the patient and the hospital can tell from a stranger's.
import { concat, fromHex, toHex, u32 } from '../../vm/bytes.ts'
import type { Group } from '../../vm/crypto/group.ts'
import { modulo } from '../../vm/crypto/integer.ts'
import { hash } from '../../vm/hash.ts'
import type { Digest, Hex } from '../../vm/types.ts'
import {
  createKeyPair,
  decodeSecret,
  type Entropy,
  encodeSecret,
  type SecretScalar,
} from './entropy.ts'
import { requirePoint } from './points.ts'

/** What a patient gives to hospitals and to nobody else: who knows it and the exponent of a record can tell whose the record is. */
export type TagAddress = {
  /** S = s·B; it never stands on the ledger. */
  readonly spendKey: Hex
  /** A = a·B */
  readonly scanKey: Hex
}

/** The scan secret finds records and opens nothing; it may be given to a service that looks for them. */
export type TagSecrets = { readonly spendSecret: SecretScalar; readonly scanSecret: SecretScalar }

export function createAddress<P>(
  group: Group<P>,
  entropy: Entropy,
): { readonly address: TagAddress; readonly secrets: TagSecrets } {
  const spend = createKeyPair(group, entropy, 'spend-key')
  const scan = createKeyPair(group, entropy, 'scan-key')
  return {
    address: { spendKey: spend.publicKey, scanKey: scan.publicKey },
    secrets: { spendSecret: spend.secret, scanSecret: scan.secret },
  }
}

/** h of one record: from the point that r·A and a·R both are, and from R, so that it serves one record. */
function tweakOf<P>(group: Group<P>, shared: P, ephemeral: Uint8Array): bigint {
  const halves = [0, 1].map((half) =>
    hash('vault.one-time-tag', group.encode(shared), ephemeral, u32(half)),
  )
  return group.reduceScalar(concat(...halves))
}

/**
 * The hospital's side: T = S + h·B for a record whose exponent is r (R = r·B). Unlinkable under DDH in the random-oracle model for
 * whoever does not know r, the scan secret, or both address and an opened receipt.
 */
export function oneTimeTag<P>(group: Group<P>, { spendKey, scanKey }: TagAddress, r: bigint): Hex {
  const shared = group.multiply(requirePoint(group, fromHex(scanKey)), r)
  const h = tweakOf(group, shared, group.encode(group.multiplyBase(r)))
  const spend = requirePoint(group, fromHex(spendKey))
  return toHex(group.encode(group.add(spend, group.multiplyBase(h))))
}

/** What a patient needs of each record on the ledger to find the own ones. */
export type ScannedRecord = {
  readonly id: Digest
  readonly ephemeral: Uint8Array
  readonly tag: Hex
}

/** The patient's side: the own ones among records of everybody, found by one multiplication each. */
export function findOwnRecords<P, R extends ScannedRecord>(
  group: Group<P>,
  records: readonly R[],
  of: { readonly scanSecret: SecretScalar; readonly spendKey: Hex },
): readonly R[] {
  const a = decodeSecret(group, of.scanSecret)
  const spend = requirePoint(group, fromHex(of.spendKey))
  return records.filter(({ ephemeral, tag }) => {
    const shared = group.multiply(requirePoint(group, ephemeral), a)
    const own = group.add(spend, group.multiplyBase(tweakOf(group, shared, ephemeral)))
    return toHex(group.encode(own)) === tag
  })
}

/** The key behind the tag of an own record: opens its receipt, and stands in `tagSecrets` of a consent. */
export function oneTimeSecret<P>(
  group: Group<P>,
  ephemeral: Uint8Array,
  { spendSecret, scanSecret }: TagSecrets,
): SecretScalar {
  const a = decodeSecret(group, scanSecret)
  const shared = group.multiply(requirePoint(group, ephemeral), a)
  const t = decodeSecret(group, spendSecret) + tweakOf(group, shared, ephemeral)
  return encodeSecret(group, modulo(t, group.order))
}

/** The tag under which a record is written: the patient's static one, or one of its own. */
export function tagFor<P>(
  group: Group<P>,
  { tag, scanKey }: { readonly tag: Hex; readonly scanKey?: Hex | undefined },
  r: bigint,
): { readonly tag: Hex; readonly oneTime: boolean } {
  if (scanKey === undefined) return { tag, oneTime: false }
  return { tag: oneTimeTag(group, { spendKey: tag, scanKey }, r), oneTime: true }
}
