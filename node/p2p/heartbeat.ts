// Pings over the control stream: a connection that has gone half open is noticed within seconds.
import type { Control } from './control.ts'
import type { HostLimits } from './limits.ts'
import { FramingError } from './stream-reader.ts'
import type { HostCounters } from './types.ts'

export type Heartbeat = {
  /** Something of the peer arrived. */
  readonly onBytes: (count: number) => void
  readonly roundTripMs: () => number | undefined
  readonly stop: () => void
}

export type HeartbeatConfig = {
  readonly control: Control
  readonly limits: HostLimits
  readonly counters: HostCounters
  readonly onEnd: (reason: string) => void
  readonly onError: (error: unknown) => void
}

/** Counts intervals, not time, so that a pause of this very process is not held against the peer. */
export function createHeartbeat(config: HeartbeatConfig): Heartbeat {
  const { control, limits, counters, onEnd, onError } = config
  let heard = true
  let silent = 0
  let number = 0
  let sentMs = 0
  let roundTrip: number | undefined

  const beat = (): void => {
    silent = heard ? 0 : silent + 1
    heard = false
    if (silent > 0) counters.pingsMissed += 1
    if (silent >= limits.pingsMissedMax) {
      onEnd('the peer is silent')
      return
    }
    number += 1
    sentMs = performance.now()
    control.send({ kind: 'ping', number })
  }
  const timer = setInterval(beat, limits.pingMs)
  control.listen((message) => {
    heard = true
    if (message.kind === 'ping') control.send({ kind: 'pong', number: message.number })
    else if (message.kind !== 'pong') onError(new FramingError('a second handshake'))
    else if (message.number === number) roundTrip = performance.now() - sentMs
  })
  beat()
  return {
    onBytes: (count) => {
      heard = true
      counters.bytesReceived += count
    },
    roundTripMs: () => roundTrip,
    stop: () => clearInterval(timer),
  }
}
