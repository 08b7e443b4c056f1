// Work that can be counted: how often each block of code ran, by V8's own counters. The same input costs the same everywhere.
import { type Profiler, Session } from 'node:inspector'

/** Our own code and the library that decodes for it; mathematics has a fixed cost for each key and proof. */
function ours(url: string): boolean {
  if (url.includes('/node_modules/')) return url.includes('/node_modules/cborg/')
  return /\/(vm|apps|consensus|genesis|node|client)\/|\/fuzz\/canary\.ts$/.test(url)
}

export type WorkCounter = {
  /** Blocks of code that ran while `work` was done. */
  readonly count: (work: () => unknown) => Promise<number>
  readonly stop: () => void
}

/** Code that was loaded before is counted by its functions alone: make the counter first, and import then. */
export function createWorkCounter(): WorkCounter {
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })

  const take = (): number => {
    let blocks = 0
    session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error !== null) throw error
      for (const { url, functions } of answer.result) if (ours(url)) blocks += sumOf(functions)
    })
    return blocks
  }
  return {
    count: async (work) => {
      take()
      await work()
      return take()
    },
    stop: () => {
      session.post('Profiler.stopPreciseCoverage')
      session.disconnect()
    },
  }
}

function sumOf(functions: readonly Profiler.FunctionCoverage[]): number {
  let sum = 0
  for (const { ranges } of functions) for (const { count } of ranges) sum += count
  return sum
}
