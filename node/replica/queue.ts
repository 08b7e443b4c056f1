// One thing at a time: what happens to a replica is taken strictly in order, and a failure stops everything.

export type Task = () => void | Promise<void>

export type Queue = {
  readonly push: (task: Task) => void
  /** Takes no more tasks; resolves when the one at work is done. */
  readonly stop: () => Promise<void>
}

export function createQueue(onFailure: (error: unknown) => void): Queue {
  const tasks: Task[] = []
  let running: Promise<void> | undefined
  let stopped = false

  const drain = async (): Promise<void> => {
    try {
      for (let task = tasks.shift(); task !== undefined && !stopped; task = tasks.shift()) {
        await task()
      }
    } catch (error) {
      stopped = true
      onFailure(error)
    }
    running = undefined
  }

  return {
    push: (task) => {
      if (stopped) return
      tasks.push(task)
      running ??= Promise.resolve().then(drain)
    },
    stop: async () => {
      stopped = true
      tasks.length = 0
      await running
    },
  }
}
