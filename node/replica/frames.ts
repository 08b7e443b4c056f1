// Between the consensus stream and the engine: decoding, triage, verification; messages that come a height too early.
import type { Engine } from '../../consensus/engine.ts'
import type { Message } from '../../consensus/message.ts'
import type { Verified } from '../../consensus/verified.ts'
import { type VerifyContext, verifyMessage } from '../../consensus/verify.ts'
import { decodeHeader } from '../../vm/block.ts'
import { CodecError, decode, encode } from '../../vm/codec.ts'
import type { Height, PublicKey, ReplicaIndex } from '../../vm/types.ts'
import { type ConsensusFrame, consensusFrameCodec } from '../protocol.ts'

export type Arrival =
  | { readonly kind: 'message'; readonly from: ReplicaIndex; readonly message: Verified }
  | { readonly kind: 'stale'; readonly from: ReplicaIndex; readonly message: Message }
  /** The peer has decided this height, or says so. */
  | { readonly kind: 'claim'; readonly height: Height }
  | { readonly kind: 'fault'; readonly reason: string }
  | { readonly kind: 'nothing' }

/** Throws CodecError, upon which the host drops the peer. */
export function decodeFrame(frame: Uint8Array): ConsensusFrame {
  return decode(consensusFrameCodec, frame)
}

export function encodeMessageFrame(message: Message): Uint8Array {
  return encode(consensusFrameCodec, { kind: 'message', message })
}

export function encodeDecidedFrame(decided: {
  readonly header: Uint8Array
  readonly certificate: Uint8Array
}): Uint8Array {
  return encode(consensusFrameCodec, { kind: 'decided', ...decided })
}

type Early = ReadonlyMap<Message['kind'], Message>

/** The newest message of each kind and peer for heights not begun: bounded by the number of validators. */
export function createEarlyMessages() {
  const early = new Map<PublicKey, Early>()
  return {
    keep: (from: PublicKey, message: Message): void => {
      const kept = early.get(from) ?? new Map()
      const before = kept.get(message.kind)
      const newer =
        before === undefined ||
        message.height > before.height ||
        (message.height === before.height && message.view >= before.view)
      if (newer) early.set(from, new Map([...kept, [message.kind, message]]))
    },
    /** Those of a height that now begins; the rest of lower ones is forgotten. */
    take: (height: Height): readonly { readonly from: PublicKey; readonly message: Message }[] => {
      const taken: { from: PublicKey; message: Message }[] = []
      for (const [from, kept] of early) {
        const later = [...kept].filter(([, message]) => message.height > height)
        for (const message of kept.values()) {
          if (message.height === height) taken.push({ from, message })
        }
        early.set(from, new Map(later))
      }
      return taken
    },
  }
}

export type EarlyMessages = ReturnType<typeof createEarlyMessages>

export type FrameContext<State> = {
  readonly engine: Engine<State>
  readonly state: State
  readonly verify: VerifyContext
  readonly early: EarlyMessages
  /** The connection that the frame came by. */
  readonly peerKey: PublicKey
  readonly from: ReplicaIndex
}

export function sortMessage<State>(context: FrameContext<State>, message: Message): Arrival {
  const { engine, state, from } = context
  const triage = engine.triage(state, message)
  switch (triage) {
    case 'take': {
      const verified = verifyMessage(context.verify, message)
      if (!verified.ok) return { kind: 'fault', reason: verified.reason }
      return { kind: 'message', from, message: verified.message }
    }
    case 'answer':
      return { kind: 'stale', from, message }
    case 'later':
      context.early.keep(context.peerKey, message)
      return { kind: 'claim', height: message.height - 1 }
    case 'drop':
      return { kind: 'nothing' }
  }
}

export function sortFrame<State>(context: FrameContext<State>, frame: ConsensusFrame): Arrival {
  if (frame.kind === 'message') return sortMessage(context, frame.message)
  try {
    return { kind: 'claim', height: decodeHeader(frame.header).height }
  } catch (error) {
    if (error instanceof CodecError) return { kind: 'fault', reason: error.message }
    throw error
  }
}
