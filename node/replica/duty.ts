// Says when a block is due here: something waits and the minimum interval is over or the block full, or the heartbeat.
import type { Parameters } from '../../vm/rules.ts'
import type { Height, TimeMs } from '../../vm/types.ts'
import type { Cancel, Clock } from '../clock.ts'
import type { Mempool } from '../mempool.ts'

export type DutyPorts = {
  readonly parameters: Parameters
  readonly mempool: Mempool
  readonly parentTimeMs: () => TimeMs
  readonly clock: Clock
  readonly onDue: () => void
}

export type Duty = {
  /** A height begins: what was said to be due before counts no more. */
  readonly begin: () => void
  /** A transaction arrived. */
  readonly rearm: () => void
  readonly stop: () => void
}

/** A clock far behind the chain must not ask for more than a timer holds: it would fire at once, for ever. */
const WAIT_MAX_MS = 60_000

/** Whether something waits that can be in a block now: a proof about unknown facts cannot. */
function hasReady(mempool: Mempool): boolean {
  for (const waiting of mempool.values()) if (waiting.verdicts !== undefined) return true
  return false
}

export function createDuty(ports: DutyPorts): Duty {
  const { parameters, clock } = ports
  let timer: Cancel | undefined
  let dueAt = Number.POSITIVE_INFINITY
  let begunAt: TimeMs = 0
  let fired = false
  let stopped = false

  const fire = (): void => {
    timer = undefined
    if (clock.nowMs() < dueAt) {
      arm()
      return
    }
    fired = true
    ports.onDue()
  }
  const arm = (): void => {
    timer?.()
    if (stopped) return
    timer = clock.after(Math.min(Math.max(0, dueAt - clock.nowMs()), WAIT_MAX_MS), fire)
  }

  const nextDue = (): TimeMs => {
    const parentMs = ports.parentTimeMs()
    if (!hasReady(ports.mempool)) return parentMs + parameters.heartbeatMs
    const isFull = ports.mempool.size().units >= parameters.blockBudget
    // A proposer whose clock is ahead must not make all others wait for its time to come.
    return Math.min(parentMs, begunAt) + (isFull ? 0 : parameters.minIntervalMs)
  }

  const rearm = (): void => {
    const next = nextDue()
    if (next === dueAt && (fired || timer !== undefined)) return
    dueAt = next
    fired = false
    arm()
  }

  return {
    begin: () => {
      fired = false
      begunAt = clock.nowMs()
      rearm()
    },
    rearm,
    stop: () => {
      stopped = true
      timer?.()
    },
  }
}

/**
 * Censorship: whether something that fits waits here through as many heights as there are validators although blocks had room.
 * Then it is sent to all again and counted; the view is not left for it.
 */
export function isPassedOver(
  mempool: Mempool,
  block: { readonly height: Height; readonly isFull: boolean; readonly validators: number },
): boolean {
  if (block.isFull) return false
  const oldest = mempool.values()[Symbol.iterator]().next().value
  if (oldest?.verdicts === undefined) return false
  const heights = block.height - oldest.arrivedAt
  return heights > 0 && heights % block.validators === 0
}
