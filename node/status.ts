// What a node says of itself: its seat, its peers, whether it can take part in decisions.
import { quorum } from '../vm/quorum.ts'
import type { OpenedHome } from './opened-home.ts'
import type { NodeStatus } from './rpc/port.ts'
import type { Stack } from './stack.ts'
import { programVersion } from './version.ts'

export function statusOf(home: OpenedHome, stack: Stack, failure: string | null): NodeStatus {
  const { host, replica } = stack
  const { count, bytes } = stack.mempool.size()
  const seat = home.seat()
  const set = home.validators()
  const connected = new Set(host.connected())
  const others = set.filter((member) => member.peerKey !== host.peerKey)
  const reached = others.filter((member) => connected.has(member.peerKey)).length
  return {
    version: programVersion,
    validator: seat === undefined ? null : home.nameOf(seat),
    peers: others.map((member) => ({
      name: home.nameOf(member),
      connected: connected.has(member.peerKey),
    })),
    quorum: reached + (seat === undefined ? 0 : 1) >= quorum(set.length, home.file.engine),
    syncing: replica.isBehind(),
    mempool: { count, bytes },
    failure,
  }
}
