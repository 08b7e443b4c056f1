// The two names of a peer: the Ed25519 key of the ledger, and libp2p's PeerId made from it.
import { generateKeyPairFromSeed, publicKeyFromRaw } from '@libp2p/crypto/keys'
import type { PeerId, PrivateKey } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { fromHex, toHex } from '../../vm/bytes.ts'
import type { PublicKey } from '../../vm/types.ts'

export type PeerIdentity = {
  readonly privateKey: PrivateKey
  readonly peerKey: PublicKey
  readonly peerId: string
}

export async function identityFromSeed(seed: Uint8Array): Promise<PeerIdentity> {
  const privateKey = await generateKeyPairFromSeed('Ed25519', seed)
  const { raw } = privateKey.publicKey
  return { privateKey, peerKey: toHex(raw), peerId: peerIdOf(toHex(raw)) }
}

/** The PeerId of a peer key; throws for bytes that are no Ed25519 key. */
export function peerIdOf(peerKey: PublicKey): string {
  return peerIdFromPublicKey(publicKeyFromRaw(fromHex(peerKey))).toString()
}

/** Undefined for a PeerId of another kind of key, which no member has. */
export function peerKeyOf(peerId: PeerId): PublicKey | undefined {
  return peerId.type === 'Ed25519' ? toHex(peerId.publicKey.raw) : undefined
}
