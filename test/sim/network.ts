// The network of a simulation: stations, connections between them, and what may happen to what travels on them.
import type { PublicKey } from '../../vm/types.ts'
import type { Random } from './random.ts'
import type { Scope } from './scope.ts'
import type { Timeline } from './timeline.ts'
import type { Trace } from './trace.ts'

/** How bad the network is just now. */
export type Weather = {
  /** Consensus frames that get lost: a full queue drops them without a word. */
  loss: number
  /** Frames that arrive twice. */
  repeat: number
  delayMinMs: number
  delayMaxMs: number
  /** Frames that take up to a second longer, so that later ones overtake them. */
  stragglers: number
}

/** A process as the network sees it; twins are two with one peer key. */
export type Station = {
  readonly process: number
  readonly peerKey: PublicKey
  readonly scope: Scope
  readonly onConnected: (peerKey: PublicKey) => void
  readonly onDisconnected: (peerKey: PublicKey) => void
}

/** One connection; a broken one that comes back is another. */
export type Connection = {
  readonly ends: readonly [Station, Station]
  isUp: boolean
  /** Requests whose answers will not come when it breaks. */
  readonly onDown: Set<() => void>
}

export type Network = {
  readonly weather: Weather
  readonly plug: (station: Station) => void
  readonly unplug: (station: Station) => void
  readonly connected: (station: Station) => readonly PublicKey[]
  /** The open connections to stations of this key. */
  readonly routes: (from: Station, to: PublicKey) => readonly Connection[]
  readonly allRoutes: (from: Station) => readonly Connection[]
  /** `isFrame`: may get lost; everything else arrives as long as the connection lasts. */
  readonly carry: (
    connection: Connection,
    from: Station,
    parcel: { readonly isFrame: boolean; readonly deliver: () => void },
  ) => void
  /** Ends the connection and keeps both apart for so long. */
  readonly sever: (connection: Connection, apartMs: number) => void
  readonly severAll: (apartMs: number) => void
  /** Nothing gets from one process to the other before then; a connection that is silent for long breaks. */
  readonly mute: (from: number, to: number, durationMs: number) => void
  /** Whether two processes may have a connection at all; undefined: all may. */
  readonly allow: (allowed: ((left: number, right: number) => boolean) | undefined) => void
  readonly clearFaults: () => void
  readonly stations: () => readonly Station[]
}

export type NetworkPorts = {
  readonly timeline: Timeline
  readonly random: Random
  readonly trace: Trace
}

/** A host that hears nothing for so long takes the connection for dead. */
const SILENCE_MAX_MS = 6_000
const STRAGGLE_MS = 1_000

export function other({ ends }: Connection, station: Station): Station {
  return ends[0] === station ? ends[1] : ends[0]
}

function pairOf(left: number, right: number): string {
  return left < right ? `${left}/${right}` : `${right}/${left}`
}

export function createNetwork({ timeline, random, trace }: NetworkPorts): Network {
  const weather: Weather = { loss: 0, repeat: 0, delayMinMs: 1, delayMaxMs: 4, stragglers: 0 }
  const stations: Station[] = []
  const connections = new Map<Station, Connection[]>()
  /** Until when two processes have no connection. */
  const apart = new Map<string, number>()
  /** Until when nothing gets from one process to another. */
  const muted = new Map<string, number>()
  let isAllowed: ((left: number, right: number) => boolean) | undefined

  const linked = (station: Station): readonly Connection[] => connections.get(station) ?? []

  const drop = (connection: Connection): void => {
    if (!connection.isUp) return
    connection.isUp = false
    for (const end of connection.ends) {
      connections.set(
        end,
        linked(end).filter((one) => one !== connection),
      )
    }
    const [left, right] = connection.ends
    trace.note('apart', left.process, right.process)
    left.scope.enter(() => left.onDisconnected(right.peerKey))
    right.scope.enter(() => right.onDisconnected(left.peerKey))
    for (const tell of connection.onDown) tell()
  }

  const mayConnect = (left: Station, right: Station): boolean => {
    if (left.peerKey === right.peerKey) return false
    if (isAllowed?.(left.process, right.process) === false) return false
    if ((apart.get(pairOf(left.process, right.process)) ?? 0) > timeline.nowMs()) return false
    return linked(left).every((one) => other(one, left) !== right)
  }

  const connect = (left: Station, right: Station): void => {
    if (!left.scope.isAlive() || !right.scope.isAlive() || !mayConnect(left, right)) return
    const connection: Connection = { ends: [left, right], isUp: true, onDown: new Set() }
    for (const end of connection.ends) connections.set(end, [...linked(end), connection])
    trace.note('together', left.process, right.process)
    left.scope.enter(() => left.onConnected(right.peerKey))
    right.scope.enter(() => right.onConnected(left.peerKey))
  }

  /** As dialers do: some time after both are there and allowed to. */
  const dial = (left: Station, right: Station, delayMs: number): void => {
    timeline.after(delayMs + random.between(5, 60), () => connect(left, right))
  }

  const sever = (connection: Connection, apartMs: number): void => {
    const [left, right] = connection.ends
    apart.set(pairOf(left.process, right.process), timeline.nowMs() + apartMs)
    drop(connection)
    dial(left, right, apartMs)
  }

  const mutedUntil = (from: Station, to: Station): number =>
    muted.get(`${from.process}>${to.process}`) ?? 0

  const latency = (): number => {
    const { delayMinMs, delayMaxMs, stragglers } = weather
    const usual = delayMinMs + random.fraction() * (delayMaxMs - delayMinMs)
    if (stragglers === 0 || !random.chance(stragglers)) return usual
    trace.fault('straggler')
    return usual + random.fraction() * STRAGGLE_MS
  }

  const carry: Network['carry'] = (connection, from, { isFrame, deliver }) => {
    const to = other(connection, from)
    const silence = mutedUntil(from, to) - timeline.nowMs()
    if (isFrame && (silence > 0 || (weather.loss > 0 && random.chance(weather.loss)))) {
      trace.fault('lost frame')
      return
    }
    const arrive = (): void => {
      if (connection.isUp) to.scope.enter(deliver)
    }
    timeline.after(Math.max(0, silence) + latency(), arrive)
    if (isFrame && weather.repeat > 0 && random.chance(weather.repeat)) {
      trace.fault('repeated frame')
      timeline.after(latency(), arrive)
    }
  }

  const dialAll = (): void => {
    for (const [place, left] of stations.entries()) {
      for (const right of stations.slice(place + 1)) {
        if (mayConnect(left, right)) dial(left, right, 0)
      }
    }
  }

  return {
    weather,
    carry,
    sever,
    stations: () => stations,
    plug: (station) => {
      for (const one of stations) dial(one, station, 0)
      stations.push(station)
    },
    unplug: (station) => {
      const place = stations.indexOf(station)
      if (place >= 0) stations.splice(place, 1)
      for (const connection of linked(station)) drop(connection)
      connections.delete(station)
    },
    connected: (station) => [
      ...new Set(linked(station).map((connection) => other(connection, station).peerKey)),
    ],
    routes: (from, to) => linked(from).filter((one) => other(one, from).peerKey === to),
    allRoutes: linked,
    severAll: (apartMs) => {
      for (const station of [...stations]) for (const one of linked(station)) sever(one, apartMs)
    },
    mute: (from, to, durationMs) => {
      muted.set(`${from}>${to}`, timeline.nowMs() + durationMs)
      if (durationMs <= SILENCE_MAX_MS) return
      timeline.after(SILENCE_MAX_MS, () => {
        const station = stations.find(({ process }) => process === from)
        const connection =
          station && linked(station).find((one) => other(one, station).process === to)
        if (
          connection !== undefined &&
          mutedUntil(station as Station, other(connection, station as Station)) > timeline.nowMs()
        )
          sever(connection, durationMs - SILENCE_MAX_MS)
      })
    },
    allow: (allowed) => {
      isAllowed = allowed
      for (const station of stations) {
        for (const one of linked(station)) {
          if (isAllowed?.(one.ends[0].process, one.ends[1].process) === false) drop(one)
        }
      }
      dialAll()
    },
    clearFaults: () => {
      apart.clear()
      muted.clear()
      isAllowed = undefined
      Object.assign(weather, { loss: 0, repeat: 0, delayMinMs: 1, delayMaxMs: 20, stragglers: 0 })
      dialAll()
    },
  }
}
