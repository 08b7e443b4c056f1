// How far the job is, on stderr: a bar with rate and time left on a terminal, now and then a line elsewhere.
import { SingleBar } from 'cli-progress'

export type Progress = {
  /** A line about a new phase. */
  readonly say: (line: string) => void
  /** Starts to count; answers how to go on counting. */
  readonly count: (unit: string) => Counter
}

export type Counter = {
  readonly update: (done: number, total: number) => void
  readonly stop: () => void
}

const LINE_EVERY_MS = 2_000

function describeRate(done: number, total: number, startedMs: number): string {
  const seconds = (performance.now() - startedMs) / 1_000
  const rate = done / Math.max(seconds, 0.001)
  const left = rate === 0 ? '?' : Math.ceil((total - done) / rate)
  return `${rate.toFixed(0)}/s, ${left} s left`
}

function lineCounter(unit: string, say: (line: string) => void): Counter {
  const startedMs = performance.now()
  let lastMs = startedMs
  return {
    update: (done, total) => {
      const nowMs = performance.now()
      if (nowMs - lastMs < LINE_EVERY_MS && done < total) return
      lastMs = nowMs
      say(`  ${done} of ${total} ${unit}, ${describeRate(done, total, startedMs)}`)
    },
    stop: () => undefined,
  }
}

function barCounter(unit: string): Counter {
  const startedMs = performance.now()
  const format = `  {bar} {value}/{total} ${unit} | {rate}`
  const bar = new SingleBar({
    format,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: false,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
  })
  let started = false
  return {
    update: (done, total) => {
      const rate = describeRate(done, total, startedMs)
      if (started) bar.update(done, { rate })
      else bar.start(total, done, { rate })
      started = true
    },
    stop: () => {
      if (started) bar.stop()
    },
  }
}

export function createProgress(): Progress {
  const say = (line: string): void => {
    process.stderr.write(`${line}\n`)
  }
  return {
    say,
    count: (unit) => (process.stderr.isTTY ? barCounter(unit) : lineCounter(unit, say)),
  }
}
