// One thing at a time: what happens to a replica is taken strictly in order, and a failure stops everything.

export type Task = () => void | Promise<void>

export type Queue = {
  /** Resolves when the task is done, or will not be done any more. */
  readonly push: (task: Task) => Promise<void>
  /** Takes no more tasks; resolves when the one at work is done. */
  readonly stop: () => Promise<void>
}

type Waiting = { readonly task: Task; readonly done: () => void }

export function createQueue(onFailure: (error: unknown) => void): Queue {
  let waiting: Waiting[] = []
  let running: Promise<void> | undefined
  let stopped = false

  const dropAll = (): void => {
    stopped = true
    for (const { done } of waiting) done()
    waiting = []
  }

  const drain = async (): Promise<void> => {
    try {
      for (let next = waiting.shift(); next !== undefined && !stopped; next = waiting.shift()) {
        await next.task()
        next.done()
      }
    } catch (error) {
      dropAll()
      onFailure(error)
    }
    running = undefined
  }

  return {
    push: (task) =>
      new Promise((done) => {
        if (stopped) return done()
        waiting.push({ task, done })
        running ??= Promise.resolve().then(drain)
      }),
    stop: async () => {
      dropAll()
      await running
    },
  }
}
