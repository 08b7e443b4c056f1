// Beside the fuzzer: says which input is read without an end, and ends the process that cannot end itself.
import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'

type Watched = {
  readonly place: Int32Array
  readonly names: readonly string[]
  readonly limitMs: number
}

const { place, names, limitMs } = workerData as Watched
let before = ''
let since = performance.now()

setInterval(() => {
  const [target, index] = [Atomics.load(place, 0), Atomics.load(place, 1)]
  const here = `${names[target]}, input ${index}`
  if (here !== before) {
    before = here
    since = performance.now()
  } else if (performance.now() - since > limitMs) {
    // Both would wait for the main thread, which does not come back.
    writeSync(2, `${here}: not read after ${limitMs} ms\n`)
    process.kill(process.pid, 'SIGKILL')
  }
}, 1_000)
