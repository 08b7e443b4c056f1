// What peers say that they have decided, and how far each is believed: nothing of it is proven before blocks arrive.
import type { Height, PublicKey } from '../../vm/types.ts'
import type { Clock } from '../clock.ts'

/** A peer that did not deliver is left alone for this long, twice as long each time it happens again. */
const DISTRUST_MS = 5_000
const DISTRUST_MAX_MS = 600_000

type Distrust = { readonly untilMs: number; readonly lengthMs: number }

export type ClaimsPorts = {
  readonly connected: () => readonly PublicKey[]
  /** The newest height stored here. */
  readonly height: () => Height
  readonly clock: Clock
}

export function createClaims(ports: ClaimsPorts) {
  const claims = new Map<PublicKey, Height>()
  const distrusted = new Map<PublicKey, Distrust>()

  const lengthOf = (peerKey: PublicKey): number => distrusted.get(peerKey)?.lengthMs ?? 0

  /** Those that have more and are not being left alone; who always delivered comes first, then who claims most. */
  const candidates = (): readonly PublicKey[] => {
    const connected = new Set(ports.connected())
    const now = ports.clock.monotonicMs()
    return [...claims]
      .filter(([peerKey, height]) => height > ports.height() && connected.has(peerKey))
      .filter(([peerKey]) => (distrusted.get(peerKey)?.untilMs ?? 0) <= now)
      .toSorted(([left, low], [right, high]) => lengthOf(left) - lengthOf(right) || high - low)
      .map(([peerKey]) => peerKey)
  }

  /** From the highest down. */
  const heights = (): readonly Height[] =>
    candidates()
      .map((peerKey) => claims.get(peerKey) ?? 0)
      .toSorted((left, right) => right - left)

  return {
    candidates,
    highest: (): Height => heights()[0] ?? 0,
    /** The height that at least so many have reached or passed. */
    supported: (count: number): Height => heights()[count - 1] ?? 0,
    set: (peerKey: PublicKey, height: Height): void => {
      claims.set(peerKey, height)
    },
    raise: (peerKey: PublicKey, height: Height): void => {
      claims.set(peerKey, Math.max(height, claims.get(peerKey) ?? 0))
    },
    trust: (peerKey: PublicKey): void => {
      distrusted.delete(peerKey)
    },
    /** Answers for how long. */
    distrust: (peerKey: PublicKey): number => {
      const lengthMs = Math.min(DISTRUST_MAX_MS, 2 * lengthOf(peerKey) || DISTRUST_MS)
      distrusted.set(peerKey, { lengthMs, untilMs: ports.clock.monotonicMs() + lengthMs })
      return lengthMs
    },
  }
}
