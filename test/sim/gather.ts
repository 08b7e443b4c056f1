// Many watchers as one.
import type { Watch } from './watch.ts'

const names: { readonly [Name in keyof Watch]: true } = {
  onStart: true,
  onVote: true,
  onCommit: true,
  onAdopt: true,
  onView: true,
  onEvidence: true,
  onPenalty: true,
  onErrorLog: true,
  onFailure: true,
  onAcknowledged: true,
  onEvent: true,
  onCalm: true,
  onEnd: true,
}

type Hook = (...about: unknown[]) => unknown

export function gather(parts: readonly Partial<Watch>[]): Watch {
  const call = (name: string): Hook => {
    const hooks = parts.flatMap((part) => (part[name as keyof Watch] as Hook | undefined) ?? [])
    return (...about) => {
      const late = hooks.map((hook) => hook(...about)).filter((one) => one instanceof Promise)
      return late.length === 0 ? undefined : Promise.all(late)
    }
  }
  return Object.fromEntries(Object.keys(names).map((name) => [name, call(name)])) as Watch
}
