// What goes on while a host runs: the allow list is asked again, members that are missing are dialled, others are let go.
import type { Libp2p } from '@libp2p/interface'
import type { PublicKey } from '../../vm/types.ts'
import type { Logger } from '../logger.ts'
import { createDialer } from './dialer.ts'
import type { HostLimits } from './limits.ts'
import type { Links } from './links.ts'
import type { Membership } from './membership.ts'
import type { HostCounters } from './types.ts'

export type MeshConfig = {
  readonly node: Libp2p
  readonly ownKey: PublicKey
  readonly links: Links
  readonly membership: Membership
  readonly limits: HostLimits
  readonly counters: HostCounters
  readonly log: Logger
}

export type Mesh = {
  readonly onConnected: (peerKey: PublicKey) => void
  readonly onDisconnected: (peerKey: PublicKey) => void
  readonly stop: () => void
}

export function keepMesh(config: MeshConfig): Mesh {
  const { node, ownKey, links, membership, limits, counters, log } = config
  const nowMs = () => performance.now()
  const sinceMs = new Map<PublicKey, number>()
  let members = membership.others()

  const dialer = createDialer({
    ...{ node, ownKey, limits, counters, log, nowMs },
    missing: () =>
      members.filter(({ peerKey }) => !links.isLinked(peerKey) && membership.isAllowed(peerKey)),
  })
  const timer = setInterval(() => {
    members = membership.others()
    links.prune(membership.isAllowed)
  }, limits.membersMs)
  return {
    onConnected: (peerKey) => {
      sinceMs.set(peerKey, nowMs())
    },
    onDisconnected: (peerKey) => {
      dialer.onDisconnected(peerKey, nowMs() - (sinceMs.get(peerKey) ?? nowMs()))
    },
    stop: () => {
      clearInterval(timer)
      dialer.stop()
    },
  }
}
