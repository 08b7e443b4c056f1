// A pool of worker threads that answer tasks in bundles; a worker that dies is replaced and its tasks are done again.
import { Worker } from 'node:worker_threads'
import { assert } from '../../vm/assert.ts'
import { EpioneError } from '../errors.ts'

/** Threads start when tasks come. `run` rejects with an EpioneError when the pool stops or the task killed three threads. */
export type WorkerPool<Task, Answer> = {
  readonly run: (task: Task, cost: number) => Promise<Answer>
  readonly stop: () => Promise<void>
}

export type WorkerPoolOptions = {
  readonly script: URL
  readonly setup: unknown
  readonly threads: number
  /** Told of each worker that died by itself. */
  readonly onCrash: (cause: unknown) => void
}

type Entry<Task, Answer> = {
  readonly task: Task
  readonly cost: number
  attempts: number
  readonly resolve: (answer: Answer) => void
  readonly reject: (cause: unknown) => void
}

/** A worker and what it is working on; not ready until it says so. */
type Thread<Task, Answer> = {
  readonly worker: Worker
  ready: boolean
  bundle: readonly Entry<Task, Answer>[]
}

/** A message costs about as much as a signature check, so that small tasks travel together. */
const BUNDLE_TASKS_MAX = 16
const BUNDLE_COST_MAX = 64
/** How often a task may be with a worker that dies. */
const ATTEMPTS_MAX = 3

/** Starts a worker; its first message says that it is ready, each further one answers a bundle in order. */
function startThread<Task, Answer>(
  options: WorkerPoolOptions,
  on: {
    readonly idle: () => void
    readonly died: (thread: Thread<Task, Answer>, cause: unknown) => void
  },
): Thread<Task, Answer> {
  const worker = new Worker(options.script, { workerData: options.setup })
  const thread: Thread<Task, Answer> = { worker, ready: false, bundle: [] }
  worker.on('message', (message: 'ready' | readonly Answer[]) => {
    if (message === 'ready') thread.ready = true
    else {
      assert(message.length === thread.bundle.length, 'one answer for each task')
      thread.bundle.forEach((entry, index) => {
        entry.resolve(message[index] as Answer)
      })
      thread.bundle = []
    }
    on.idle()
  })
  worker.on('error', (cause) => on.died(thread, cause))
  worker.on('exit', (code) => on.died(thread, new Error(`the worker ended with code ${code}`)))
  return thread
}

export function createWorkerPool<Task, Answer>(
  options: WorkerPoolOptions,
): WorkerPool<Task, Answer> {
  const queue: Entry<Task, Answer>[] = []
  const threads = new Set<Thread<Task, Answer>>()
  let stopped = false

  const lose = (thread: Thread<Task, Answer>, cause: unknown) => {
    if (!threads.delete(thread) || stopped) return
    options.onCrash(cause)
    // A thread that died before it was ready failed all that waited for it.
    for (const entry of thread.ready ? thread.bundle : queue.splice(0)) {
      entry.attempts += 1
      if (entry.attempts < ATTEMPTS_MAX) queue.unshift(entry)
      else entry.reject(crashed(cause))
    }
    dispatch()
  }
  const dispatch = () => {
    const idle = [...threads].filter(({ ready, bundle }) => ready && bundle.length === 0)
    for (const thread of idle) {
      thread.bundle = nextBundle(queue, idle.length)
      if (thread.bundle.length > 0) thread.worker.postMessage(thread.bundle.map(({ task }) => task))
    }
    // A process may end while threads are idle, not while they work.
    for (const { worker, ready, bundle } of threads) {
      if (ready && bundle.length === 0) worker.unref()
      else worker.ref()
    }
    const starting = [...threads].filter(({ ready }) => !ready).length
    if (queue.length > starting && threads.size < options.threads)
      threads.add(startThread(options, { idle: dispatch, died: lose }))
  }

  return {
    run: (task, cost) =>
      new Promise<Answer>((resolve, reject) => {
        if (stopped) return reject(stopping())
        queue.push({ task, cost, attempts: 0, resolve, reject })
        dispatch()
      }),
    stop: async () => {
      stopped = true
      const ending = [...threads]
      threads.clear()
      for (const entry of [...queue.splice(0), ...ending.flatMap(({ bundle }) => bundle)])
        entry.reject(stopping())
      await Promise.all(ending.map(({ worker }) => worker.terminate()))
    },
  }
}

/** Takes what one thread does next; a task whose thread died travels alone, so that it drags no other with it. */
function nextBundle<Task, Answer>(
  queue: Entry<Task, Answer>[],
  idle: number,
): readonly Entry<Task, Answer>[] {
  const share = Math.min(BUNDLE_TASKS_MAX, Math.ceil(queue.length / idle))
  const bundle: Entry<Task, Answer>[] = []
  let cost = 0
  while (bundle.length < share) {
    const next = queue[0]
    if (next === undefined) break
    const joins = cost + next.cost <= BUNDLE_COST_MAX && next.attempts === 0
    if (bundle.length > 0 && !joins) break
    bundle.push(next)
    queue.shift()
    cost += next.cost
    if (next.attempts > 0) break
  }
  return bundle
}

function crashed(cause: unknown): EpioneError {
  return new EpioneError({
    code: 'INTERNAL',
    message: 'a worker thread died three times over one task',
    hint: 'see the log of this node; restart it, and report what the log says',
    cause,
  })
}

function stopping(): EpioneError {
  return new EpioneError({
    code: 'SHUTTING_DOWN',
    message: 'the worker threads of this node are stopping',
    hint: 'ask another node, or this one once it is up again',
  })
}
