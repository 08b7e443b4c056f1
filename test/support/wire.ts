// The network inside one process: hosts that deliver in order and hold back as the real ones do, and a test that may meddle.
import type { Host, HostCounters, RequestOptions, RequestResult } from '../../node/p2p/types.ts'
import { CodecError } from '../../vm/codec.ts'
import type { PublicKey } from '../../vm/types.ts'

/** What travels between two hosts. An answer goes from the one that was asked. */
export type Letter = {
  readonly kind: 'frame' | 'transaction' | 'request' | 'answer'
  readonly from: PublicKey
  readonly to: PublicKey
  readonly bytes: Uint8Array
  /** What an answer answers: answers come in any order. */
  readonly request?: Uint8Array
}

/** What arrives in place of a letter: itself, others, copies, nothing; later if it is a promise. */
export type Meddler = (letter: Letter) => readonly Uint8Array[] | Promise<readonly Uint8Array[]>

type Handlers = {
  frame: Parameters<Host['onFrame']>[0]
  transactions: Parameters<Host['onTransactions']>[0]
  request: Parameters<Host['onRequest']>[0]
  connected: Parameters<Host['onConnected']>[0]
  disconnected: Parameters<Host['onDisconnected']>[0]
}

type Station = {
  readonly handlers: Handlers
  readonly linked: Set<PublicKey>
  /** The end of what is being delivered from each peer and protocol. */
  readonly inbox: Map<string, Promise<void>>
}

export type Wire = {
  /** A new host under this key; the one before it is unplugged. */
  readonly host: (peerKey: PublicKey) => Host
  /** Both sides see the connection, as after a handshake. */
  readonly connect: (left: PublicKey, right: PublicKey) => void
  readonly cut: (left: PublicKey, right: PublicKey) => void
  /** Everybody with everybody. */
  readonly mesh: (peerKeys: readonly PublicKey[]) => void
  /** Replaces what was set before. */
  readonly meddle: (meddler: Meddler) => void
  /** The next letter that is sent and fits. */
  readonly next: (fits: (letter: Letter) => boolean) => Promise<Letter>
  /** Who was dropped for what it sent. */
  readonly penalties: { readonly peerKey: PublicKey; readonly reason: string }[]
  /** The next penalty of this peer. */
  readonly penalized: (peerKey: PublicKey) => Promise<string>
}

const nothing = () => undefined

function createStation(): Station {
  const handlers: Handlers = {
    frame: nothing,
    transactions: nothing,
    request: nothing,
    connected: nothing,
    disconnected: nothing,
  }
  return { handlers, linked: new Set(), inbox: new Map() }
}

/** Things that somebody waits for, by a test of their own. */
function createWatch<T>() {
  const watchers = new Set<(item: T) => void>()
  return {
    tell: (item: T): void => {
      for (const watcher of watchers) watcher(item)
    },
    next: (fits: (item: T) => boolean): Promise<T> =>
      new Promise((resolve) => {
        const watcher = (item: T): void => {
          if (!fits(item)) return
          watchers.delete(watcher)
          resolve(item)
        }
        watchers.add(watcher)
      }),
  }
}

function resultOf(bytes: Uint8Array | undefined): RequestResult {
  return bytes === undefined ? { ok: false, code: 'REFUSED' } : { ok: true, bytes }
}

export function createWire(): Wire {
  const stations = new Map<PublicKey, Station>()
  const letters = createWatch<Letter>()
  const sentences = createWatch<Wire['penalties'][number]>()
  const penalties: Wire['penalties'] = []
  let meddler: Meddler = ({ bytes }) => [bytes]

  const areLinked = (left: PublicKey, right: PublicKey): boolean =>
    stations.get(left)?.linked.has(right) === true
  const cut: Wire['cut'] = (left, right) => {
    if (!areLinked(left, right)) return
    stations.get(left)?.linked.delete(right)
    stations.get(right)?.linked.delete(left)
    stations.get(left)?.handlers.disconnected(right)
    stations.get(right)?.handlers.disconnected(left)
  }
  const penalize = (by: PublicKey, peerKey: PublicKey, reason: string): void => {
    penalties.push({ peerKey, reason })
    cut(by, peerKey)
    sentences.tell({ peerKey, reason })
  }
  const passOn = async (letter: Letter): Promise<readonly Uint8Array[]> => {
    letters.tell(letter)
    return meddler(letter)
  }

  /** One after the other from each peer; a handler's promise holds back the next. */
  const post = (letter: Letter): boolean => {
    const { from, to, kind } = letter
    const station = stations.get(to)
    if (station === undefined || !areLinked(from, to)) return false
    const before = station.inbox.get(`${kind}${from}`) ?? Promise.resolve()
    const arriving = passOn(letter)
    const done = before.then(async () => {
      for (const bytes of await arriving) {
        await new Promise(setImmediate)
        if (!areLinked(from, to)) return
        if (kind === 'frame') await station.handlers.frame(from, bytes)
        else await station.handlers.transactions(from, [bytes])
      }
    })
    const safe = done.catch((error: unknown) => {
      if (!(error instanceof CodecError)) throw error
      penalize(to, from, error.message)
    })
    station.inbox.set(`${kind}${from}`, safe)
    return true
  }

  const answerOf = async (from: PublicKey, to: PublicKey, bytes: Uint8Array) => {
    const station = stations.get(to)
    const [request] = await passOn({ kind: 'request', from, to, bytes })
    if (request === undefined || station === undefined) return undefined
    await new Promise(setImmediate)
    try {
      const answer = await station.handlers.request(from, request)
      if (answer === undefined) return undefined
      const letter: Letter = { kind: 'answer', from: to, to: from, bytes: answer, request }
      return (await passOn(letter))[0]
    } catch (error) {
      if (!(error instanceof CodecError)) throw error
      penalize(to, from, error.message)
      return undefined
    }
  }
  const request =
    (from: PublicKey) =>
    async (to: PublicKey, bytes: Uint8Array, { timeoutMs = 10_000 }: RequestOptions = {}) => {
      if (!areLinked(from, to)) return { ok: false, code: 'NOT_CONNECTED' } as const
      const { promise: timeout, resolve } = Promise.withResolvers<RequestResult>()
      const timer = setTimeout(resolve, timeoutMs, { ok: false, code: 'TIMEOUT' }).unref()
      const answered = answerOf(from, to, bytes).then(resultOf)
      return Promise.race([answered, timeout]).finally(() => clearTimeout(timer))
    }

  const unplug = (peerKey: PublicKey): void => {
    for (const other of stations.keys()) cut(peerKey, other)
  }

  const host = (peerKey: PublicKey): Host => {
    unplug(peerKey)
    const station = createStation()
    const { handlers, linked } = station
    stations.set(peerKey, station)
    const isPlugged = () => stations.get(peerKey) === station
    const send: Host['send'] = (to, bytes) =>
      isPlugged() && post({ kind: 'frame', from: peerKey, to, bytes })
    return {
      peerKey,
      peerId: peerKey,
      start: async () => undefined,
      stop: async () => {
        if (isPlugged()) unplug(peerKey)
      },
      addresses: () => [],
      connected: () => [...linked],
      send,
      broadcast: (frame) => [...linked].filter((to) => send(to, frame)).length,
      sendTransactions: (to, envelopes) =>
        envelopes.filter((bytes) => post({ kind: 'transaction', from: peerKey, to, bytes })).length,
      request: request(peerKey),
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
      penalize: (peer, reason) => penalize(peerKey, peer, reason),
      roundTrips: () => new Map(),
      counters: () => ({ peersConnected: linked.size }) as HostCounters,
    }
  }

  const connect: Wire['connect'] = (left, right) => {
    if (areLinked(left, right)) return
    stations.get(left)?.linked.add(right)
    stations.get(right)?.linked.add(left)
    stations.get(left)?.handlers.connected(right)
    stations.get(right)?.handlers.connected(left)
  }

  return {
    host,
    connect,
    cut,
    mesh: (peerKeys) => {
      for (const [place, left] of peerKeys.entries()) {
        for (const right of peerKeys.slice(place + 1)) connect(left, right)
      }
    },
    meddle: (next) => {
      meddler = next
    },
    next: letters.next,
    penalties,
    penalized: async (peerKey) =>
      (await sentences.next((sentence) => sentence.peerKey === peerKey)).reason,
  }
}
