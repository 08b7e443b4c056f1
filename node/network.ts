// Who may connect and how they prove who they are: the validators of the ledger, at the addresses that settings or genesis give.
import type { GenesisFile } from '../genesis/schema.ts'
import { asciiBytes, concat, fromHex } from '../vm/bytes.ts'
import { hash } from '../vm/hash.ts'
import type { PublicKey } from '../vm/types.ts'
import type { Validator } from '../vm/validator.ts'
import { verifySignature } from './crypto/ed25519.ts'
import type { HandshakePort, Member } from './p2p/types.ts'

export type NetworkParts = {
  readonly file: GenesisFile
  /** The set in force now. */
  readonly validators: () => readonly Validator[]
  /** Addresses by validator name or peer key. */
  readonly peers: Readonly<Record<string, readonly string[]>>
  readonly signDigest: ((digest: Uint8Array) => Uint8Array) | undefined
}

/** The name of a validator where people read it; its key if the genesis does not name it. */
export function nameOf(file: GenesisFile, peerKey: PublicKey): string {
  return file.validators.find((known) => known.peerKey === peerKey)?.name ?? peerKey
}

export function membersOf({ file, validators, peers }: NetworkParts): readonly Member[] {
  const inGenesis = new Map(file.validators.map(({ peerKey, addresses }) => [peerKey, addresses]))
  return validators().map(({ peerKey }) => ({
    peerKey,
    addresses: peers[nameOf(file, peerKey)] ?? peers[peerKey] ?? inGenesis.get(peerKey) ?? [],
  }))
}

/** A handshake signature can be nothing else: no vote and no transaction. */
function handshakeDigest(challenge: Uint8Array): Uint8Array {
  return hash('handshake', concat(asciiBytes('validator'), challenge))
}

export function handshakeOf({ validators, signDigest }: NetworkParts): HandshakePort {
  return {
    sign: (challenge) => signDigest?.(handshakeDigest(challenge)) ?? new Uint8Array(),
    verify: ({ peerKey, challenge, proof }) => {
      const validator = validators().find((member) => member.peerKey === peerKey)
      if (validator === undefined) return false
      return verifySignature(fromHex(validator.consensusKey), handshakeDigest(challenge), proof)
    },
  }
}
