// A real WebSocket to a real server: any message has its answer or ends the connection, and the next client is served.
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import { serve } from '../node/rpc/serve.ts'
import { createRandom } from '../sim/random.ts'
import { type Target, utf8 } from './target.ts'

const texts = [
  '{"jsonrpc":"2.0","id":1,"method":"chain_head"}',
  '{"jsonrpc":"2.0","id":"s","method":"chain_subscribe","params":["newBlocks"]}',
  '{"jsonrpc":"2.0","id":2,"method":"chain_unsubscribe","params":["1"]}',
  '{"jsonrpc":"2.0","method":"node_status"}',
  '[{"jsonrpc":"2.0","id":1,"method":"node_status"},{"jsonrpc":"2.0","method":"x"}]',
]

/** Answered after everything that was sent before it on the same connection. */
const marker = '{"jsonrpc":"2.0","id":"marker","method":"chain_head"}'

export async function socketTarget(t: Pick<Test, 'teardown'>): Promise<Target> {
  const { url } = await serve(t)
  let socket: WebSocket | undefined
  t.teardown(() => socket?.terminate())

  const open = async (): Promise<WebSocket> => {
    if (socket?.readyState === WebSocket.OPEN) return socket
    const opening = new WebSocket(url.replace('http', 'ws'))
    await new Promise((resolve, reject) => opening.once('open', resolve).once('error', reject))
    opening.on('error', () => undefined)
    socket = opening
    return opening
  }
  /** Whether the marker came back, and no answer before it spoke of a bug. */
  const served = (connection: WebSocket) =>
    new Promise<boolean>((resolve, reject) => {
      const end = (alive: boolean) => {
        connection.off('message', listen)
        connection.off('close', close)
        resolve(alive)
      }
      const close = () => end(false)
      const listen = (data: Buffer) => {
        const text = data.toString()
        if (text.includes('"INTERNAL"')) reject(new Error(`a bug: ${text.slice(0, 300)}`))
        if (text.includes('"id":"marker"')) end(true)
      }
      connection.on('message', listen)
      connection.on('close', close)
      connection.send(marker)
    })
  return {
    name: 'websocket',
    form: 'json',
    isSlow: true,
    valid: (seed, count) =>
      Array.from({ length: count }, (_, place) => ({
        bytes: utf8(createRandom(seed + place).pick(texts)),
      })),
    read: async (input) => {
      const connection = await open()
      connection.send(input, { binary: input[0] === 0xff })
      return (await served(connection))
        ? { kind: 'accepted', value: null }
        : { kind: 'refused', reason: 'the connection was closed' }
    },
    health: async () => {
      await open()
      return undefined
    },
  }
}
