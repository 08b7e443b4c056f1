// Says when a block is due here: something waits and the interval is over or the block full, or the heartbeat.
import type { Parameters } from '../../vm/rules.ts'
import type { Height, TimeMs } from '../../vm/types.ts'
import type { Cancel, Clock } from '../clock.ts'
import type { Mempool } from '../mempool.ts'
import type { Pace } from '../pace.ts'

export type DutyPorts = {
  readonly parameters: Parameters
  readonly mempool: Mempool
  readonly parentTimeMs: () => TimeMs
  readonly clock: Clock
  /** Of transactions. */
  readonly pace: Pick<Pace, 'countIn'>
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

/**
 * Every block costs every validator several milliseconds beside its transactions, so a busy chain makes fewer: the more it decides
 * in a second, the longer a block is put off, up to this. A quiet one answers as soon as it can.
 */
const PUT_OFF_MAX_MS = 120
/** The longest delay is reached at 400 transactions a second. */
const PUT_OFF_MS_PER_RATE = 0.3

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
  let intervalMs = 0
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
    return Math.min(parentMs, begunAt) + (isFull ? 0 : intervalMs)
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
      const putOffMs = Math.floor(ports.pace.countIn(1_000) * PUT_OFF_MS_PER_RATE)
      intervalMs = Math.max(parameters.minIntervalMs, Math.min(putOffMs, PUT_OFF_MAX_MS))
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
