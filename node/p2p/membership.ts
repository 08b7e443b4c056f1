// The allow list: who may connect now, asked at every gate of libp2p, and who is refused for a while after garbage.
import type { ConnectionGater, PeerId } from '@libp2p/interface'
import type { PublicKey } from '../../vm/types.ts'
import { peerKeyOf } from './peer-id.ts'
import type { HostCounters, Member } from './types.ts'

export type Membership = {
  /** The members but this node itself. */
  readonly others: () => readonly Member[]
  readonly isAllowed: (peerKey: PublicKey) => boolean
  readonly refuseForAWhile: (peerKey: PublicKey) => void
  readonly gater: ConnectionGater
}

export type MembershipConfig = {
  readonly members: () => readonly Member[]
  readonly ownKey: PublicKey
  readonly penaltyMs: number
  readonly counters: HostCounters
  readonly nowMs: () => number
}

export function createMembership(config: MembershipConfig): Membership {
  const { members, ownKey, penaltyMs, counters, nowMs } = config
  const refusedUntil = new Map<PublicKey, number>()

  const others = (): readonly Member[] => members().filter(({ peerKey }) => peerKey !== ownKey)
  const isRefused = (peerKey: PublicKey): boolean => {
    const until = refusedUntil.get(peerKey)
    if (until === undefined) return false
    if (nowMs() < until) return true
    refusedUntil.delete(peerKey)
    return false
  }
  const isAllowed = (peerKey: PublicKey): boolean =>
    !isRefused(peerKey) && others().some((member) => member.peerKey === peerKey)
  const deny = (peerId: PeerId): boolean => {
    const peerKey = peerKeyOf(peerId)
    const allowed = peerKey !== undefined && isAllowed(peerKey)
    if (!allowed) counters.connectionsDenied += 1
    return !allowed
  }
  return {
    others,
    isAllowed,
    refuseForAWhile: (peerKey) => {
      refusedUntil.set(peerKey, nowMs() + penaltyMs)
    },
    gater: {
      denyDialPeer: deny,
      denyInboundEncryptedConnection: deny,
      denyOutboundEncryptedConnection: deny,
    },
  }
}
