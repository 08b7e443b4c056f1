// The names of the protocols, which carry the chain: nodes of two chains have nothing to say to each other.
import type { Digest } from '../../vm/types.ts'

/** One direction each, except that answers come back on the stream of their requests, and control is one stream for both. */
export type FrameProtocol = 'consensus' | 'transactions' | 'requests'
export const frameProtocols = ['consensus', 'transactions', 'requests'] as const

export type ProtocolNames = Readonly<Record<FrameProtocol | 'handshake', string>>

/** Eight bytes of the chain id tell chains apart here; the handshake compares all of it. */
export function protocolNames(chainId: Digest): ProtocolNames {
  const chain = chainId.slice(2, 18)
  return {
    handshake: `/epione/${chain}/handshake/1`,
    consensus: `/epione/${chain}/consensus/1`,
    transactions: `/epione/${chain}/transactions/1`,
    requests: `/epione/${chain}/requests/1`,
  }
}
