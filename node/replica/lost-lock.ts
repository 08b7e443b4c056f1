// A validator whose vote lock is lost may have voted anything: it waits until its old votes cannot matter (consensus.md, Journal).
import {
  decodeCommitCertificate,
  type VerifySignature,
  verifyCommitCertificate,
} from '../../consensus/certificate.ts'
import { blockId, decodeHeader } from '../../vm/block.ts'
import { CodecError, decode, encode } from '../../vm/codec.ts'
import { quorum } from '../../vm/quorum.ts'
import type { Height, PublicKey } from '../../vm/types.ts'
import type { Ledger } from '../ledger/types.ts'
import { headAnswerCodec, requestCodec } from '../protocol.ts'
import { certifyingSet } from './certified.ts'

/** The chain must be decided this far above the newest height that q others have shown. */
const SAFE_HEIGHTS = 2

export type LostLockPorts = {
  readonly ledger: Ledger
  readonly verifySignature: VerifySignature
  readonly request: (peerKey: PublicKey, request: Uint8Array) => Promise<Uint8Array | undefined>
}

export type LostLock = {
  /** Asks a validator for its newest commit certificate. */
  readonly ask: (peerKey: PublicKey) => Promise<void>
  /** The height at or below which nothing may be signed, once it is safe to sign above it. */
  readonly floor: () => Height | undefined
}

export function createLostLock(ports: LostLockPorts): LostLock {
  const { ledger, verifySignature } = ports
  /** The first certified height that each peer has shown; later ones would only delay. Validators' count. */
  const shown = new Map<PublicKey, Height>()
  /** Each is asked one thing at a time: blocks that are fetched come by hundreds, and each of them asks again. */
  const asking = new Map<PublicKey, Promise<void>>()

  const certifiedHeight = (answer: Uint8Array): Height | undefined => {
    const { header: headerBytes, certificate } = decode(headAnswerCodec, answer)
    const header = decodeHeader(headerBytes)
    if (header.height === 0) return 0
    const fault = verifyCommitCertificate({
      set: certifyingSet(ledger),
      value: decodeCommitCertificate(certificate),
      about: { height: header.height, blockId: blockId(headerBytes) },
      verifySignature,
    })
    return fault === undefined ? header.height : undefined
  }

  const inquire = async (peerKey: PublicKey): Promise<void> => {
    const answer = await ports.request(peerKey, encode(requestCodec, { kind: 'head' }))
    if (answer === undefined) return
    try {
      const height = certifiedHeight(answer)
      if (height !== undefined) shown.set(peerKey, height)
    } catch (error) {
      if (!(error instanceof CodecError)) throw error
    }
  }

  return {
    ask: async (peerKey) => {
      if (shown.has(peerKey)) return
      const question = asking.get(peerKey) ?? inquire(peerKey)
      asking.set(peerKey, question)
      await question.finally(() => asking.delete(peerKey))
    },
    floor: () => {
      const set = ledger.rules.list.identity.validators(ledger.state())
      const heights = set.flatMap(({ peerKey }) => shown.get(peerKey) ?? [])
      const { height } = ledger.head().header
      if (heights.length < quorum(set.length, ledger.rules.engine)) return undefined
      return height < Math.max(...heights) + SAFE_HEIGHTS ? undefined : height
    },
  }
}
