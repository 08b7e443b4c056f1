// Agents as this process sees them: steps that are asked for, progress, and the word that a step is done.
import { type Report, reportSchema } from '../agents/messages.ts'
import { EpioneError } from '../errors.ts'
import type { Child, Children } from './child.ts'

export type Done = Extract<Report, { kind: 'done' }>

export type Agent = Child & {
  /** Asks for a step without waiting for it. */
  readonly begin: (step: string) => void
  /** Resolves with the report that the step is complete; rejects if the process fails or ends. */
  readonly done: (step: string) => Promise<Done>
  /** Rejects with EpioneError when the process says that it failed, or is gone. */
  readonly failed: Promise<never>
  /** Replaces the listener that was there. */
  readonly onProgress: (listener: (done: number, total: number) => void) => void
}

export type AgentPlan = {
  readonly role: string
  readonly name: string
  readonly home: string
  readonly rpc: readonly string[]
}

export function startAgent(children: Children, { role, name, home, rpc }: AgentPlan): Agent {
  const args = ['agent', role, '--home', home, '--rpc', ...rpc]
  const child = children.start({ name, home, logName: 'output.log', args })
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => undefined)
  const steps = new Map<string, PromiseWithResolvers<Done>>()
  let progress = (_done: number, _total: number): void => undefined
  const stepOf = (step: string) => {
    const known = steps.get(step) ?? Promise.withResolvers<Done>()
    steps.set(step, known)
    return known
  }
  child.onMessage((message) => {
    const parsed = reportSchema.safeParse(message)
    if (!parsed.success) return
    const report = parsed.data
    switch (report.kind) {
      case 'ready':
        return
      case 'progress':
        return progress(report.done, report.total)
      case 'done':
        return stepOf(report.step).resolve(report)
      case 'failed':
        return failed.reject(
          new EpioneError({
            code: 'CHILD_FAILED',
            message: `${name} cannot go on: ${report.line.split('\n')[0]}`,
            hint: `see the log in ${home}`,
          }),
        )
    }
  })
  const lost = Promise.race([failed.promise, child.lost])
  lost.catch(() => undefined)
  return {
    ...child,
    begin: (step) => child.send({ do: step }),
    done: (step) => Promise.race([stepOf(step).promise, lost]),
    failed: lost,
    onProgress: (listener) => {
      progress = listener
    },
  }
}
