// One WebSocket to a node: texts out as they are, answers and notifications in.
import { WebSocket } from 'ws'

export type NodeSocket = {
  readonly send: (text: Uint8Array | string) => void
  readonly close: () => void
}

/** Resolves when it is open; `onText` gets everything that comes. */
export function openNodeSocket(
  url: string,
  {
    onText,
    onEnd,
  }: {
    readonly onText: (text: string) => void
    /** It was closed by the other side, or broke. */
    readonly onEnd: (reason: string) => void
  },
): Promise<NodeSocket> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), {
    perMessageDeflate: false,
    maxPayload: 64 * 1024 * 1024,
  })
  let closing = false
  socket.on('message', (data: Buffer) => onText(data.toString('latin1')))
  return new Promise((resolve, reject) => {
    socket.once('open', () =>
      resolve({
        send: (text) => socket.send(text, { binary: false }),
        close: () => {
          closing = true
          socket.close()
        },
      }),
    )
    socket.on('error', (error) => {
      reject(error)
      if (!closing) onEnd(error.message)
    })
    socket.on('close', (code, reason) => {
      if (!closing) onEnd(`${code} ${reason.toString()}`)
    })
  })
}
