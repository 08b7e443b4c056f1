// The network of a simulation: processes, links that lose, repeat, delay and part, and crashes.
import type { CommitCertificate } from '../../consensus/certificate.ts'
import type { Input } from '../../consensus/input.ts'
import type { ProposedBlock } from '../../consensus/types.ts'
import { asciiBytes, concat, toHex } from '../../vm/bytes.ts'
import { sha256Plain } from '../../vm/hash.ts'
import type { Digest, ReplicaIndex } from '../../vm/types.ts'
import type { Checkers } from './checkers.ts'
import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

/** What travels between nodes. */
export type Frame =
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'decided'
      readonly block: ProposedBlock
      readonly certificate: CommitCertificate
    }
  | { readonly kind: 'status'; readonly height: number }
  | { readonly kind: 'get'; readonly blockId: Digest }
  | { readonly kind: 'block'; readonly block: ProposedBlock }

type Without<I> = I extends unknown ? Omit<I, 'nowMs'> : never

/** An input before the loop adds the time. */
export type Untimed = Without<Input>

/** A running node; twins are two of them under one index. */
export type Process = {
  readonly index: ReplicaIndex
  readonly height: () => number
  readonly receive: (from: ReplicaIndex, frame: Frame) => void
  readonly feed: (input: Untimed) => void
  /** Nothing of this process happens after it. */
  readonly stop: () => void
}

/** How bad things are while they are bad. */
export type WorldOptions = {
  readonly loss: number
  readonly repeat: number
  readonly delayMaxMs: number
  readonly fsyncMs: number
  /** How often a backup has a proposal's transactions already. */
  readonly mempoolShare: number
  /** Whether replicas tell each other their heights; without it only rule 7 brings back who is behind. */
  readonly announces: boolean
  /** What is still lost when things are well. */
  readonly calmLoss: number
}

export type World = {
  readonly clock: Clock
  readonly random: Random
  readonly checkers: Checkers
  readonly options: WorldOptions
  /** From a process to every process that runs under the index: twins share one. */
  readonly send: (fromProcess: number, to: ReplicaIndex, frame: Frame) => void
  /** A message that no process sends: an adversary's. */
  readonly sendAs: (from: ReplicaIndex, to: ReplicaIndex, frame: Frame) => void
  readonly onCrash: (process: number, act: (() => void) | null) => void
  readonly note: (line: string) => void
  readonly traceHash: () => string
  readonly processes: Map<number, Process>
  /** Two processes hear each other if their groups are equal. */
  readonly groups: Map<number, number>
  readonly crash: (process: number) => void
  /** Ends the bad time; streams that broke may or may not connect anew. */
  readonly heal: (reconnect: boolean) => void
}

export type WorldPorts = Pick<World, 'clock' | 'random' | 'checkers' | 'options'> & {
  /** Called with every message sent, for an adversary that hears all. */
  readonly overhear?: (frame: Frame) => void
}

export function createWorld(ports: WorldPorts): World {
  const { clock, random } = ports
  const processes = new Map<number, Process>()
  const groups = new Map<number, number>()
  const crashActs = new Map<number, () => void>()
  let calm = false
  const { note, traceHash } = createTrace(clock)
  const deliver = (from: ReplicaIndex, process: number, frame: Frame): void => {
    const { delayMaxMs } = ports.options
    clock.after(random.between(1, calm ? 40 : delayMaxMs), () => {
      note(`${from}>${process} ${frame.kind}`)
      processes.get(process)?.receive(from, frame)
    })
  }
  const send = (fromProcess: number, to: ReplicaIndex, frame: Frame): void => {
    ports.overhear?.(frame)
    const from = processes.get(fromProcess)?.index ?? fromProcess
    for (const [process, replica] of processes) {
      if (replica.index !== to) continue
      if (groups.get(process) !== groups.get(fromProcess)) continue
      if (random.chance(calm ? ports.options.calmLoss : ports.options.loss)) continue
      deliver(from, process, frame)
      if (!calm && random.chance(ports.options.repeat)) deliver(from, process, frame)
    }
  }
  const sendAs = (from: ReplicaIndex, to: ReplicaIndex, frame: Frame): void => {
    for (const [process, replica] of processes) {
      if (replica.index === to) deliver(from, process, frame)
    }
  }
  return {
    ...ports,
    send,
    sendAs,
    note,
    processes,
    groups,
    onCrash: (process, act) => {
      if (act === null) crashActs.delete(process)
      else crashActs.set(process, act)
    },
    crash: (process) => {
      processes.get(process)?.stop()
      processes.delete(process)
      crashActs.get(process)?.()
      crashActs.delete(process)
      note(`crash ${process}`)
    },
    heal: (reconnect) => {
      calm = true
      groups.clear()
      for (const one of processes.values()) {
        for (const other of processes.values()) {
          if (reconnect && one.index !== other.index)
            one.feed({ kind: 'connected', peer: other.index })
        }
      }
    },
    traceHash,
  }
}

/** A hash over all that happened and when: equal for equal runs. */
function createTrace(clock: Clock): Pick<World, 'note' | 'traceHash'> {
  let trace: Uint8Array = new Uint8Array(32)
  let lines: string[] = []
  const fold = (): void => {
    trace = sha256Plain(concat(trace, asciiBytes(lines.join(';'))))
    lines = []
  }
  return {
    note: (line) => {
      lines.push(`${clock.nowMs()} ${line}`)
      if (lines.length >= 256) fold()
    },
    traceHash: () => {
      fold()
      return toHex(trace)
    },
  }
}
