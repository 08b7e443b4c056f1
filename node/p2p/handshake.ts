// The proof of membership: same chain, same version, and a signature by the validator's consensus key over this very connection.
import { randomBytes } from 'node:crypto'
import { encode } from '../../vm/codec.ts'
import { struct } from '../../vm/codec-compound.ts'
import { bytes, constant, hex } from '../../vm/codec-scalar.ts'
import { hash } from '../../vm/hash.ts'
import type { Digest, PublicKey } from '../../vm/types.ts'
import type { Control, ControlMessage } from './control.ts'
import type { HandshakePort } from './types.ts'

export type HandshakeOutcome =
  | 'ACCEPTED'
  /** The stream ended: a refusal by the other side, or a broken connection. */
  | 'ENDED'
  /** It is of another chain. */
  | 'WRONG_CHAIN'
  /** It does not hold the consensus key of the member that it says it is. */
  | 'WRONG_PROOF'
  /** It said something else than a handshake. */
  | 'OUT_OF_TURN'

const challengeCodec = struct({
  version: constant(1),
  chainId: hex<Digest>(32),
  prover: hex<PublicKey>(32),
  verifier: hex<PublicKey>(32),
  proverNonce: bytes(32),
  verifierNonce: bytes(32),
})

type Party = { readonly peerKey: PublicKey; readonly nonce: Uint8Array }

/**
 * 32 bytes to sign. Noise has shown that both hold their peer keys, which are named here, so a proof is of no use on another
 * connection or in the other direction. The hash has its own domain: it is never the digest of a vote.
 */
function challengeOf(chainId: Digest, prover: Party, verifier: Party): Uint8Array {
  const challenge = encode(challengeCodec, {
    version: 1,
    chainId,
    prover: prover.peerKey,
    verifier: verifier.peerKey,
    proverNonce: prover.nonce,
    verifierNonce: verifier.nonce,
  })
  return hash('handshake', challenge)
}

export type Handshake = {
  readonly control: Control
  readonly chainId: Digest
  readonly ownKey: PublicKey
  /** As Noise has proven it. */
  readonly peerKey: PublicKey
  readonly port: HandshakePort
}

type Expected<K extends ControlMessage['kind']> = Extract<ControlMessage, { kind: K }>

async function expect<K extends ControlMessage['kind']>(
  control: Control,
  kind: K,
): Promise<Expected<K> | 'ENDED' | 'OUT_OF_TURN'> {
  const message = await control.next()
  if (message === undefined) return 'ENDED'
  return message.kind === kind ? (message as Expected<K>) : 'OUT_OF_TURN'
}

/** The same on both sides; ACCEPTED means that each has accepted the other. */
export async function performHandshake(handshake: Handshake): Promise<HandshakeOutcome> {
  const { control, chainId, ownKey, peerKey, port } = handshake
  const own = { peerKey: ownKey, nonce: new Uint8Array(randomBytes(32)) }
  control.send({ kind: 'hello', version: 1, chainId, nonce: own.nonce })
  const hello = await expect(control, 'hello')
  if (typeof hello === 'string') return hello
  if (hello.chainId !== chainId) return 'WRONG_CHAIN'
  const peer = { peerKey, nonce: hello.nonce }
  const signature = await port.sign(challengeOf(chainId, own, peer))
  control.send({ kind: 'proof', proof: new Uint8Array(signature) })
  const proof = await expect(control, 'proof')
  if (typeof proof === 'string') return proof
  const claim = { peerKey, challenge: challengeOf(chainId, peer, own), proof: proof.proof }
  if (!(await port.verify(claim))) return 'WRONG_PROOF'
  control.send({ kind: 'accepted' })
  const accepted = await expect(control, 'accepted')
  return typeof accepted === 'string' ? accepted : 'ACCEPTED'
}
