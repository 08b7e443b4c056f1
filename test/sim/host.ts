// The host of a simulated process: frames in order of arrival and one at a time from each peer, as the real one hands them over.
import type { Host, HostCounters, RequestResult } from '../../node/p2p/types.ts'
import { CodecError } from '../../vm/codec.ts'
import type { PublicKey } from '../../vm/types.ts'
import { type Connection, type Network, other, type Station } from './network.ts'
import type { Scope } from './scope.ts'

type Handlers = {
  frame: Parameters<Host['onFrame']>[0]
  transactions: Parameters<Host['onTransactions']>[0]
  request: Parameters<Host['onRequest']>[0]
  connected: Parameters<Host['onConnected']>[0]
  disconnected: Parameters<Host['onDisconnected']>[0]
}

/** What one process gives to another. */
export type Letter =
  | { readonly kind: 'frame'; readonly bytes: Uint8Array }
  | { readonly kind: 'transactions'; readonly envelopes: readonly Uint8Array[] }

export type SimHost = Host & {
  readonly station: Station
  /** Hands in what came over a connection. */
  readonly receive: (connection: Connection, letter: Letter) => void
  readonly answer: (from: PublicKey, request: Uint8Array) => Promise<Uint8Array | undefined>
  /** Gives a letter to a process as it is: an adversary's way. */
  readonly post: (to: number, letter: Letter) => void
  /** Requests of its own that have no answer yet. */
  readonly unanswered: () => number
}

export type HostPorts = {
  readonly network: Network
  readonly process: number
  readonly peerKey: PublicKey
  readonly scope: Scope
  readonly hostOf: (station: Station) => SimHost | undefined
  /** Sees every letter before it leaves and says what leaves in its place; an honest host has none. */
  readonly meddle?: ((letter: Letter, to: Station) => readonly Letter[]) | undefined
  /** What is answered in place of what the node answers; an honest host has none. */
  readonly reply?:
    | ((request: Uint8Array, honest: Uint8Array | undefined) => Promise<Uint8Array | undefined>)
    | undefined
  /** A frame that the node wants to leave, whether anybody is connected or not. */
  readonly onFrame: (bytes: Uint8Array) => void
  readonly onLetter: (letter: Letter, to: Station) => void
  readonly onPenalty: (peerKey: PublicKey, reason: string) => void
  /** A handler threw what is not the peer's fault. */
  readonly onBug: (error: unknown) => void
}

/** As the real host's penalty. */
const PENALTY_MS = 5_000
/** Frames that wait while one is handled; the oldest go first. */
const INBOX_MAX = 256

const nothing = () => undefined

/** What arrived from one peer on one protocol. */
type Inbox = { isBusy: boolean; readonly waiting: (() => void | Promise<void>)[] }

export function createSimHost(ports: HostPorts): SimHost {
  const { network, process, peerKey, scope } = ports
  const handlers: Handlers = {
    frame: nothing,
    transactions: nothing,
    request: nothing,
    connected: nothing,
    disconnected: nothing,
  }
  let unanswered = 0
  const inboxes = new Map<string, Inbox>()
  const station: Station = {
    process,
    peerKey,
    scope,
    onConnected: (peer) => handlers.connected(peer),
    onDisconnected: (peer) => handlers.disconnected(peer),
  }

  const penalizeOn = (connection: Connection, reason: string): void => {
    ports.onPenalty(other(connection, station).peerKey, reason)
    network.sever(connection, PENALTY_MS)
  }
  const blame = (connection: Connection, error: unknown): void => {
    if (error instanceof CodecError) penalizeOn(connection, error.message)
    else ports.onBug(error)
  }

  const pump = (inbox: Inbox, connection: Connection): void => {
    for (let next = inbox.waiting.shift(); next !== undefined; next = inbox.waiting.shift()) {
      const work = attempt(next, connection)
      if (work === undefined) continue
      inbox.isBusy = true
      const goOn = (): void => {
        inbox.isBusy = false
        pump(inbox, connection)
      }
      work.then(goOn, (error: unknown) => {
        blame(connection, error)
        goOn()
      })
      return
    }
  }
  const attempt = (
    work: () => void | Promise<void>,
    connection: Connection,
  ): Promise<void> | undefined => {
    try {
      return work() ?? undefined
    } catch (error) {
      blame(connection, error)
      return undefined
    }
  }

  const receive: SimHost['receive'] = (connection, letter) => {
    const { peerKey: from, process: sender } = other(connection, station)
    const name = `${letter.kind}${sender}`
    const inbox = inboxes.get(name) ?? { isBusy: false, waiting: [] }
    inboxes.set(name, inbox)
    inbox.waiting.push(() =>
      letter.kind === 'frame'
        ? handlers.frame(from, letter.bytes)
        : handlers.transactions(from, letter.envelopes),
    )
    if (inbox.waiting.length > INBOX_MAX) inbox.waiting.shift()
    if (!inbox.isBusy) pump(inbox, connection)
  }

  const hand = (connection: Connection, letter: Letter): void => {
    const to = other(connection, station)
    ports.onLetter(letter, to)
    network.carry(connection, station, {
      isFrame: letter.kind === 'frame',
      deliver: () => ports.hostOf(to)?.receive(connection, letter),
    })
  }
  const post = (connection: Connection, letter: Letter): void => {
    const letters = ports.meddle?.(letter, other(connection, station)) ?? [letter]
    for (const one of letters) hand(connection, one)
  }
  const postTo = (to: PublicKey, letter: Letter): boolean => {
    const routes = network.routes(station, to)
    for (const connection of routes) post(connection, letter)
    return routes.length > 0
  }

  const request: Host['request'] = (to, bytes, { timeoutMs = 10_000 } = {}) => {
    const [connection] = network.routes(station, to)
    if (connection === undefined) return Promise.resolve({ ok: false, code: 'NOT_CONNECTED' })
    const { promise, resolve } = Promise.withResolvers<RequestResult>()
    unanswered += 1
    let isOver = false
    const end = (result: RequestResult): void => {
      if (!isOver) unanswered -= 1
      isOver = true
      timer()
      connection.onDown.delete(onDown)
      resolve(result)
    }
    const timer = scope.after(timeoutMs, () => end({ ok: false, code: 'TIMEOUT' }))
    const onDown = (): void => scope.enter(() => end({ ok: false, code: 'NOT_CONNECTED' }))
    connection.onDown.add(onDown)
    const peer = other(connection, station)
    const back = (answer: Uint8Array | undefined): void =>
      network.carry(connection, peer, {
        isFrame: false,
        deliver: () => end(answer ? { ok: true, bytes: answer } : { ok: false, code: 'REFUSED' }),
      })
    network.carry(connection, station, {
      isFrame: false,
      deliver: () => void ports.hostOf(peer)?.answer(peerKey, bytes).then(back),
    })
    return promise
  }

  const answer: SimHost['answer'] = async (from, bytes) => {
    try {
      const honest = await handlers.request(from, bytes)
      return ports.reply === undefined ? honest : await ports.reply(bytes, honest)
    } catch (error) {
      const [connection] = network.routes(station, from)
      if (connection !== undefined) blame(connection, error)
      return undefined
    }
  }

  return {
    ...{ station, receive, answer, peerKey, request },
    unanswered: () => unanswered,
    post: (to, letter) => {
      for (const connection of network.allRoutes(station)) {
        if (other(connection, station).process === to) hand(connection, letter)
      }
    },
    peerId: peerKey,
    start: async () => network.plug(station),
    stop: async () => network.unplug(station),
    addresses: () => [],
    connected: () => network.connected(station),
    send: (to, bytes) => {
      ports.onFrame(bytes)
      return postTo(to, { kind: 'frame', bytes })
    },
    broadcast: (bytes) => {
      ports.onFrame(bytes)
      const routes = network.allRoutes(station)
      for (const connection of routes) post(connection, { kind: 'frame', bytes })
      return routes.length
    },
    sendTransactions: (to, envelopes) =>
      postTo(to, { kind: 'transactions', envelopes }) ? envelopes.length : 0,
    onFrame: (handler) => {
      handlers.frame = handler
    },
    onTransactions: (handler) => {
      handlers.transactions = handler
    },
    onRequest: (handler) => {
      handlers.request = handler
    },
    onConnected: (handler) => {
      handlers.connected = handler
    },
    onDisconnected: (handler) => {
      handlers.disconnected = handler
    },
    penalize: (peer, reason) => {
      for (const connection of network.routes(station, peer)) penalizeOn(connection, reason)
    },
    roundTrips: () => new Map(),
    counters: () => ({}) as HostCounters,
  }
}
