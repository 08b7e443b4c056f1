// The keys of one account as a value: find, add, revoke.
import type { PublicKey, TimeMs } from '../../vm/types.ts'
import { type AccountKey, KEYS_MAX } from './state.ts'

/** Whether the key may sign at that time. */
export function isKeyActive(key: AccountKey, timeMs: TimeMs): boolean {
  const { status, fromMs, untilMs } = key
  return status === 'active' && fromMs <= timeMs && (untilMs === null || timeMs <= untilMs)
}

export function activeKey(
  keys: readonly AccountKey[],
  publicKey: PublicKey,
  timeMs: TimeMs,
): AccountKey | undefined {
  for (const key of keys) if (key.publicKey === publicKey && isKeyActive(key, timeMs)) return key
  return undefined
}

export function revoked(
  keys: readonly AccountKey[],
  publicKey: PublicKey | null,
): readonly AccountKey[] {
  return keys.map((key) => (key.publicKey === publicKey ? { ...key, status: 'revoked' } : key))
}

/** With the new key; the oldest revoked one makes room if need be. Undefined if there is none. */
export function added(
  keys: readonly AccountKey[],
  key: AccountKey,
): readonly AccountKey[] | undefined {
  if (keys.length < KEYS_MAX) return [...keys, key]
  const oldest = keys.findIndex(({ status }) => status === 'revoked')
  return oldest < 0 ? undefined : [...keys.filter((_, index) => index !== oldest), key]
}
