// A progress bar on stderr where a person looks at it, nothing where a program does.
import { SingleBar } from 'cli-progress'

export type ProgressLine = {
  readonly update: (done: number, of: number) => void
  readonly stop: () => void
}

export function progressLine(what: string): ProgressLine {
  if (process.stderr.isTTY !== true) return { update: () => undefined, stop: () => undefined }
  const bar = new SingleBar({
    format: `${what} {bar} {value}/{total}, {eta_formatted} left`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
  })
  let started = false
  return {
    update: (done, of) => {
      if (!started) bar.start(of, done)
      else bar.update(done)
      started = true
    },
    stop: () => {
      if (started) bar.stop()
    },
  }
}
