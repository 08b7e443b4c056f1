// All that happens in a simulation: a running hash over it, counters, and a readable log when somebody wants to read it.
import { concat, toHex, u32 } from '../../vm/bytes.ts'

export type Trace = {
  /** Folds an event into the hash; the arguments say what it is, who it is about, and more of it. */
  readonly note: (what: string, who: number, more?: string | number) => void
  /** Counts a fault that was put in. */
  readonly fault: (kind: string) => void
  readonly faults: () => ReadonlyMap<string, number>
  /** Folds in what depends on the bytes of signatures too. */
  readonly id: (id: string) => void
  /** Equal for equal runs. */
  readonly hash: () => string
  /** The same without ids: equal with real signatures and with those that stand for them. */
  readonly shape: () => string
  /** A line for readers only. */
  readonly say: (line: () => string) => void
}

export type TraceOptions = {
  readonly nowMs: () => number
  /** Takes the lines of a readable log. */
  readonly print?: ((line: string) => void) | undefined
}

/** Two lanes of multiply-and-rotate: no adversary chooses what happens here. */
function createMixer() {
  let left = 0x243f6a88
  let right = 0x85a308d3
  const number = (value: number): void => {
    left = Math.imul(left ^ value, 0x9e3779b1)
    left = (left << 13) | (left >>> 19)
    right = Math.imul(right + value, 0x85ebca6b) ^ left
    right = (right << 17) | (right >>> 15)
  }
  return {
    number,
    text: (value: string): void => {
      for (let place = 0; place < value.length; place++) number(value.charCodeAt(place))
    },
    digest: (): string => toHex(concat(u32(left >>> 0), u32(right >>> 0))),
  }
}

export function createTrace({ nowMs, print }: TraceOptions): Trace {
  const mixer = createMixer()
  const ids = createMixer()
  const counts = new Map<string, number>()
  const say: Trace['say'] = (line) => print?.(`${nowMs().toFixed(3).padStart(12)} ${line()}`)
  return {
    say,
    note: (what, who, more = 0) => {
      mixer.number(Math.floor(nowMs() * 1_000))
      mixer.text(what)
      mixer.number(who)
      if (typeof more === 'number') mixer.number(more)
      else mixer.text(more)
      say(() => `${what} ${who} ${more}`)
    },
    fault: (kind) => {
      counts.set(kind, (counts.get(kind) ?? 0) + 1)
    },
    faults: () => counts,
    id: ids.text,
    hash: () => mixer.digest() + ids.digest().slice(2),
    shape: mixer.digest,
  }
}
