// The links between validators: every connection goes through here, and each direction can be delayed, cut or reset.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** One direction of a link. Bytes are never lost within a connection: while it is cut they wait, as TCP would repeat them. */
type Direction = { cut: boolean; delayMs: number }

export type Relays = {
  /** Where validator `from` reaches validator `to`. */
  readonly portOf: (from: number, to: number) => number
  readonly delay: (from: number, to: number, delayMs: number) => void
  readonly cut: (from: number, to: number) => void
  /** Breaks every connection of the two. */
  readonly reset: (one: number, other: number) => void
  /** No delay and no cut anywhere. */
  readonly heal: () => void
  readonly stop: () => void
}

type Piece = { readonly dueMs: number; readonly bytes: Uint8Array | undefined }

/** Hands the bytes of one side to the other in order, each when its delay is over and the direction is open. */
class Flow {
  readonly #from: Socket
  readonly #to: Socket
  readonly #direction: Direction
  #waiting: Piece[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(from: Socket, to: Socket, direction: Direction) {
    this.#from = from
    this.#to = to
    this.#direction = direction
    from.on('data', (bytes) => this.#take(bytes))
    // A closed end is news that travels the same way as the bytes.
    from.on('end', () => this.#take(undefined))
    from.on('close', () => this.#take(undefined))
    from.on('error', () => undefined)
    to.on('drain', () => from.resume())
  }

  #take(bytes: Uint8Array | undefined): void {
    this.#waiting.push({ dueMs: performance.now() + this.#direction.delayMs, bytes })
    this.flush()
  }

  flush(): void {
    clearTimeout(this.#timer)
    while (!this.#direction.cut) {
      const [next] = this.#waiting
      if (next === undefined) return
      const early = next.dueMs - performance.now()
      if (early > 0) {
        this.#timer = setTimeout(() => this.flush(), early)
        return
      }
      this.#waiting.shift()
      if (this.#to.destroyed) continue
      if (next.bytes === undefined) this.#to.end()
      else if (!this.#to.write(next.bytes)) this.#from.pause()
    }
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#waiting = []
    this.#from.destroy()
    this.#to.destroy()
  }
}

type Carried = { readonly pair: string; readonly flows: readonly Flow[] }

function pairOf(one: number, other: number): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`
}

/** One listener for each ordered pair; `ports` are where the validators really listen. */
export async function createRelays(ports: readonly number[]): Promise<Relays> {
  const directions = new Map<string, Direction>()
  const servers: Server[] = []
  const carried = new Set<Carried>()
  const listening = new Map<string, number>()
  const direction = (from: number, to: number): Direction => {
    const known = directions.get(`${from} ${to}`)
    if (known !== undefined) return known
    const fresh = { cut: false, delayMs: 0 }
    directions.set(`${from} ${to}`, fresh)
    return fresh
  }
  const carry = (from: number, to: number, near: Socket): void => {
    const far = connect({ host: '127.0.0.1', port: ports[to] ?? 0, allowHalfOpen: true })
    far.setNoDelay(true)
    near.setNoDelay(true)
    const flows = [
      new Flow(near, far, direction(from, to)),
      new Flow(far, near, direction(to, from)),
    ]
    const one = { pair: pairOf(from, to), flows }
    carried.add(one)
    let open = 2
    for (const socket of [near, far])
      socket.on('close', () => {
        open -= 1
        if (open === 0) carried.delete(one)
      })
  }
  for (const from of ports.keys()) {
    for (const to of ports.keys()) {
      if (from === to) continue
      const server = createServer({ allowHalfOpen: true }, (near) => carry(from, to, near))
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      listening.set(`${from} ${to}`, (server.address() as AddressInfo).port)
      servers.push(server)
    }
  }
  const flushAll = (): void => {
    for (const { flows } of carried) for (const flow of flows) flow.flush()
  }
  return {
    portOf: (from, to) => listening.get(`${from} ${to}`) ?? 0,
    delay: (from, to, delayMs) => {
      direction(from, to).delayMs = delayMs
    },
    cut: (from, to) => {
      direction(from, to).cut = true
    },
    reset: (one, other) => {
      for (const { pair, flows } of carried)
        if (pair === pairOf(one, other)) for (const flow of flows) flow.stop()
    },
    heal: () => {
      for (const one of directions.values()) {
        one.cut = false
        one.delayMs = 0
      }
      flushAll()
    },
    stop: () => {
      for (const server of servers) server.close()
      for (const { flows } of carried) for (const flow of flows) flow.stop()
    },
  }
}
