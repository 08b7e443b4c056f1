// Who may connect and how they prove who they are: the validators of the ledger, at the addresses that settings or genesis give.
import { getOrganization } from '../apps/registry/state.ts'
import type { GenesisFile } from '../genesis/schema.ts'
import { asciiBytes, concat, fromHex } from '../vm/bytes.ts'
import { hash } from '../vm/hash.ts'
import type { Reader } from '../vm/state.ts'
import type { PublicKey } from '../vm/types.ts'
import type { Validator } from '../vm/validator.ts'
import { verifySignature } from './crypto/ed25519.ts'
import type { HandshakePort, Member } from './p2p/types.ts'

export type NetworkParts = {
  readonly file: GenesisFile
  /** Everybody on the ledger whose node may connect. */
  readonly members: () => readonly Validator[]
  /** Addresses by the name in the genesis or by network key. */
  readonly peers: Readonly<Record<string, readonly string[]>>
  readonly signDigest: ((digest: Uint8Array) => Uint8Array) | undefined
}

/** The name of a validator where people read it: that of the genesis, else its organization's. */
export function nameOf(file: GenesisFile, validator: Validator, state: Reader): string {
  const { peerKey, organization } = validator
  const first = file.validators.find((known) => known.peerKey === peerKey)
  return first?.name ?? getOrganization(state, organization)?.name ?? peerKey
}

/** Settings come first: the addresses of the genesis may be old. */
export function membersOf({ file, members, peers }: NetworkParts): readonly Member[] {
  const inGenesis = new Map(file.validators.map((known) => [known.peerKey, known]))
  const peerKeys = new Set(members().map(({ peerKey }) => peerKey))
  const onLedger = [...peerKeys].map((peerKey) => {
    const known = inGenesis.get(peerKey)
    const byName = known === undefined ? undefined : peers[known.name]
    return { peerKey, addresses: byName ?? peers[peerKey] ?? known?.addresses ?? [] }
  })
  const strangers = followers(peers).filter(
    ({ peerKey }) => !onLedger.some((member) => member.peerKey === peerKey),
  )
  return [...onLedger, ...strangers]
}

/** Peers that only the settings know, by network key: they may ask for blocks, and nothing else of theirs counts. */
function followers(peers: NetworkParts['peers']): readonly Member[] {
  return Object.entries(peers).flatMap(([name, addresses]) =>
    isPublicKey(name) ? [{ peerKey: name, addresses }] : [],
  )
}

function isPublicKey(text: string): text is PublicKey {
  return /^0x[0-9a-f]{64}$/.test(text)
}

/** A handshake signature can be nothing else: no vote and no transaction. */
function handshakeDigest(challenge: Uint8Array): Uint8Array {
  return hash('handshake', concat(asciiBytes('validator'), challenge))
}

export function handshakeOf({ members, peers, signDigest }: NetworkParts): HandshakePort {
  return {
    sign: (challenge) => signDigest?.(handshakeDigest(challenge)) ?? new Uint8Array(),
    verify: ({ peerKey, challenge, proof }) => {
      // While a change of its key is pending a member stands there twice.
      const seats = members().filter((member) => member.peerKey === peerKey)
      const digest = handshakeDigest(challenge)
      if (seats.length === 0) return peers[peerKey] !== undefined
      return seats.some(({ consensusKey }) => verifySignature(fromHex(consensusKey), digest, proof))
    },
  }
}
