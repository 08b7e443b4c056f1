// yamux as this project uses it: a stream's window is opened again when half of it is used, not after every frame.
import type { StreamMuxerFactory } from '@libp2p/interface'
import { type FrameHeader, type YamuxMuxerInit, yamux } from '@libp2p/yamux'

/** What a peer may send on a new stream at once. */
const WINDOW_BYTES = 256 * 1024

/** Values of the protocol's header. */
const WINDOW_UPDATE = 1
const FIN_OR_RST = 0x4 | 0x8

/**
 * Holds back updates until they are worth a frame: each costs both sides as much as the data that it answers. The peer always
 * has more than half a window, because what is held back is less than the other half.
 */
function createWindows() {
  const held = new Map<number, number>()
  return {
    /** The header that is to be sent, if any. */
    pass: (header: FrameHeader): FrameHeader | undefined => {
      const { type, flag, streamID, length } = header
      if ((flag & FIN_OR_RST) !== 0) held.delete(streamID)
      if (type !== WINDOW_UPDATE || flag !== 0) return header
      const sum = (held.get(streamID) ?? 0) + length
      if (sum < WINDOW_BYTES / 2) {
        held.set(streamID, sum)
        return undefined
      }
      held.delete(streamID)
      return { ...header, length: sum }
    },
  }
}

/** Every frame of a muxer leaves through this method of it. */
type FrameSender = { sendFrame: (header: FrameHeader, data?: unknown) => boolean }

export function quietYamux({ streamOptions, ...init }: YamuxMuxerInit): () => StreamMuxerFactory {
  const create = yamux({
    ...init,
    streamOptions: { ...streamOptions, initialStreamWindowSize: WINDOW_BYTES },
  })
  return () => {
    const factory = create()
    const { createStreamMuxer } = factory
    return Object.assign(factory, {
      createStreamMuxer: (...connection: Parameters<typeof createStreamMuxer>) => {
        const muxer = createStreamMuxer.apply(factory, connection)
        const sender = muxer as unknown as FrameSender
        const { sendFrame } = sender
        const windows = createWindows()
        sender.sendFrame = (header, data) => {
          const passed = windows.pass(header)
          return passed === undefined || sendFrame.call(muxer, passed, data)
        }
        return muxer
      },
    })
  }
}
