// What peers say that they have decided, and how far each is believed: nothing of it is proven before blocks arrive.
import type { Height, PublicKey } from '../../vm/types.ts'
import type { Clock } from '../clock.ts'

/** A peer that lied is left alone for this long, twice as long each time it happens again. */
const DISTRUST_MS = 5_000
const DISTRUST_MAX_MS = 600_000
/** What is left of it after each delivery that held: who lies every other time is left alone ever longer all the same. */
const FORGIVEN = 7 / 8
/** A peer that was slow, or busy, is asked after the others for this long; that is all. */
const SLOW_MS = 20_000

type Distrust = { readonly untilMs: number; readonly lengthMs: number }

/** Which heights a peer says it can deliver: all from `lowest` to `highest`. */
type Claim = { readonly lowest: Height; readonly highest: Height }

export type ClaimsPorts = {
  readonly connected: () => readonly PublicKey[]
  /** The newest height stored here. */
  readonly height: () => Height
  readonly clock: Clock
}

export function createClaims(ports: ClaimsPorts) {
  const claims = new Map<PublicKey, Claim>()
  const distrusted = new Map<PublicKey, Distrust>()
  const slowUntil = new Map<PublicKey, number>()
  const now = () => ports.clock.monotonicMs()

  const lengthOf = (peerKey: PublicKey): number => distrusted.get(peerKey)?.lengthMs ?? 0
  const isSlow = (peerKey: PublicKey): boolean => (slowUntil.get(peerKey) ?? 0) > now()

  /** Those that have more and are not being left alone; who always delivered comes first, then who is quick. */
  const believed = (): readonly (readonly [PublicKey, Claim])[] => {
    const connected = new Set(ports.connected())
    const rank = (peerKey: PublicKey) => lengthOf(peerKey) * 2 + (isSlow(peerKey) ? 1 : 0)
    return [...claims]
      .filter(([peerKey, { highest }]) => highest > ports.height() && connected.has(peerKey))
      .filter(([peerKey]) => (distrusted.get(peerKey)?.untilMs ?? 0) <= now())
      .toSorted(([left], [right]) => rank(left) - rank(right))
  }

  /** From the highest down. */
  const heights = (counts: (peerKey: PublicKey) => boolean): readonly Height[] =>
    believed()
      .filter(([peerKey]) => counts(peerKey))
      .map(([, { highest }]) => highest)
      .toSorted((left, right) => right - left)

  const raise = (peerKey: PublicKey, height: Height): void => {
    const { lowest, highest } = claims.get(peerKey) ?? { lowest: 1, highest: 0 }
    claims.set(peerKey, { lowest, highest: Math.max(height, highest) })
  }

  return {
    isSlow,
    /** Who has reached this height, whatever blocks it has. */
    beyond: (height: Height): readonly PublicKey[] =>
      believed()
        .filter(([, { highest }]) => height <= highest)
        .map(([peerKey]) => peerKey),
    /** Who says that it can deliver the block of this height. */
    holders: (height: Height): readonly PublicKey[] =>
      believed()
        .filter(([, { lowest, highest }]) => lowest <= height && height <= highest)
        .map(([peerKey]) => peerKey),
    highest: (): Height => heights(() => true)[0] ?? 0,
    /** The highest that somebody has who has all from the height after the head on. */
    deliverable: (): Height =>
      believed()
        .filter(([, { lowest }]) => lowest <= ports.height() + 1)
        .reduce((most, [, { highest }]) => Math.max(most, highest), 0),
    /** The height that at least so many of those that count have reached or passed. */
    supported: (count: number, counts: (peerKey: PublicKey) => boolean): Height =>
      heights(counts)[count - 1] ?? 0,
    set: (peerKey: PublicKey, claim: Claim): void => {
      claims.set(peerKey, claim)
    },
    raise,
    /** It may have come back with another disk: what it said before counts no more. */
    forget: (peerKey: PublicKey): void => {
      claims.delete(peerKey)
    },
    /** It says so itself: it has not this height. Nothing is wrong with that. */
    lacks: (peerKey: PublicKey, lowest: Height): void => {
      claims.set(peerKey, { lowest, highest: claims.get(peerKey)?.highest ?? 0 })
    },
    /** It delivered what holds: believed again, and forgiven with time. */
    trust: (peerKey: PublicKey): void => {
      const lengthMs = lengthOf(peerKey) * FORGIVEN
      if (lengthMs < DISTRUST_MS / 2) distrusted.delete(peerKey)
      else distrusted.set(peerKey, { lengthMs, untilMs: now() })
    },
    slow: (peerKey: PublicKey): void => {
      slowUntil.set(peerKey, now() + SLOW_MS)
    },
    quick: (peerKey: PublicKey): void => {
      slowUntil.delete(peerKey)
    },
    /** Answers for how long. */
    distrust: (peerKey: PublicKey): number => {
      const lengthMs = Math.min(DISTRUST_MAX_MS, 2 * lengthOf(peerKey) || DISTRUST_MS)
      distrusted.set(peerKey, { lengthMs, untilMs: now() + lengthMs })
      return lengthMs
    },
  }
}
