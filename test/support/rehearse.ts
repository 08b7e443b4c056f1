// Runs epione dev as a process of its own with what only tests may change; the first argument is the plan as JSON.
import { once } from 'node:events'
import type { DevOptions, Rehearsal } from '../../node/dev/options.ts'
import { runDev } from '../../node/dev/run.ts'
import { describeError, exitCodeOf } from '../../node/errors.ts'

export type Plan = Pick<DevOptions, 'data' | 'home'> &
  Partial<DevOptions> &
  Pick<Rehearsal, 'misrecord' | 'sameSignalMs'> & {
    /** A shorter deadline of queries, in the genesis. */
    readonly queryDeadlineMs?: number
    /** Says when everything is recorded, and waits for a word before anybody asks. */
    readonly hold?: boolean
  }

const plan = JSON.parse(process.argv[2] ?? '{}') as Plan
const { hold = false, queryDeadlineMs, misrecord, sameSignalMs, ...options } = plan

async function beforeAsking(): Promise<void> {
  process.send?.('recorded')
  await once(process, 'message')
  process.channel?.unref()
}

try {
  const code = await runDev(
    {
      once: true,
      empty: false,
      validators: 4,
      engine: 'pbft',
      sharing: 'M',
      cheat: undefined,
      json: true,
      ...options,
    },
    {
      ...(queryDeadlineMs === undefined ? {} : { tempo: { queryDeadlineMs } }),
      ...(misrecord === undefined ? {} : { misrecord }),
      ...(sameSignalMs === undefined ? {} : { sameSignalMs }),
      ...(hold ? { beforeAsking } : {}),
    },
  )
  process.exit(code)
} catch (error) {
  // As the command line does it.
  process.stderr.write(`${describeError(error)}\n`)
  process.exit(exitCodeOf(error))
}
