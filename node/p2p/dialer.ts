// Keeps a connection to every member: who dials first, and how long it waits after a failure.

import type { Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { PublicKey } from '../../vm/types.ts'
import type { Logger } from '../logger.ts'
import type { HostLimits } from './limits.ts'
import { peerIdOf } from './peer-id.ts'
import type { HostCounters, Member } from './types.ts'

/** How often it looks for members to dial; below the shortest wait. */
const lookMs = 50

type Attempt = {
  waitMs: number
  nextMs: number
  dialling: boolean
}

export type DialerConfig = {
  readonly node: Libp2p
  readonly ownKey: PublicKey
  readonly limits: HostLimits
  readonly counters: HostCounters
  readonly log: Logger
  /** Members to dial now: allowed and not linked. */
  readonly missing: () => readonly Member[]
  readonly nowMs: () => number
}

export type Dialer = {
  /** The peer was connected and is no more: its next dial is due soon. */
  readonly onDisconnected: (peerKey: PublicKey, connectedMs: number) => void
  readonly stop: () => void
}

export function createDialer(config: DialerConfig): Dialer {
  const { node, ownKey, limits, counters, log, missing, nowMs } = config
  const attempts = new Map<PublicKey, Attempt>()
  const startedMs = nowMs()

  /** The higher key leaves the first dial to the other side, but not for ever: its way may be the only one. */
  const graceMs = (peerKey: PublicKey): number => (ownKey < peerKey ? 0 : limits.dialGraceMs)
  const attemptOf = (peerKey: PublicKey): Attempt => {
    const known = attempts.get(peerKey)
    if (known !== undefined) return known
    const nextMs = startedMs + graceMs(peerKey)
    const fresh = { waitMs: limits.redialMinMs, nextMs, dialling: false }
    attempts.set(peerKey, fresh)
    return fresh
  }
  /** Doubles the wait, with a little chance in it so that two sides do not meet for ever. */
  const postpone = (attempt: Attempt): void => {
    attempt.nextMs = nowMs() + attempt.waitMs * (1 + Math.random() / 4)
    attempt.waitMs = Math.min(2 * attempt.waitMs, limits.redialMaxMs)
  }
  const dial = async ({ peerKey, addresses }: Member, attempt: Attempt): Promise<void> => {
    attempt.dialling = true
    try {
      const peerId = peerIdOf(peerKey)
      await node.dial(addresses.map((address) => multiaddr(`${address}/p2p/${peerId}`)))
    } catch (error) {
      counters.dialsFailed += 1
      const reason = error instanceof Error ? error.message : String(error)
      log.debug({ peer: peerKey, reason }, 'dial failed')
    } finally {
      // Also after a success: the handshake may fail, and a session resets the wait when it ends.
      postpone(attempt)
      attempt.dialling = false
    }
  }
  const look = (): void => {
    for (const member of missing()) {
      const attempt = attemptOf(member.peerKey)
      if (member.addresses.length === 0 || attempt.dialling || nowMs() < attempt.nextMs) continue
      void dial(member, attempt)
    }
  }
  const timer = setInterval(look, lookMs)
  return {
    onDisconnected: (peerKey, connectedMs) => {
      const attempt = attemptOf(peerKey)
      if (connectedMs > limits.redialMaxMs) attempt.waitMs = limits.redialMinMs
      attempt.nextMs = nowMs() + attempt.waitMs + graceMs(peerKey)
    },
    stop: () => clearInterval(timer),
  }
}
