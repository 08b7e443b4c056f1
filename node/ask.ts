// One question to several peers: one after the other, the next one also when the one before is slow; the first answer counts.
import type { PublicKey } from '../vm/types.ts'
import type { Cancel, Clock } from './clock.ts'

/** After this another peer is asked beside the one that has not answered yet. */
const HEDGE_MS = 400

export type Question<T> = {
  readonly peers: readonly PublicKey[]
  /** Asked when all of those were, as far as they are none of those. */
  readonly others?: readonly PublicKey[]
  /** Undefined if the peer has no answer, or a wrong one. */
  readonly ask: (peerKey: PublicKey) => Promise<T | undefined>
  readonly clock: Clock
}

/** Undefined when every peer was asked and none had an answer. */
export function askInTurn<T>(question: Question<T>): Promise<T | undefined> {
  const { ask, clock } = question
  const peers = [...new Set([...question.peers, ...(question.others ?? [])])]
  const { promise, resolve, reject } = Promise.withResolvers<T | undefined>()
  let asked = 0
  let open = 0
  let done = false
  let hedge: Cancel = () => undefined

  const settle = (act: () => void): void => {
    if (done) return
    done = true
    hedge()
    act()
  }
  const next = (): void => {
    hedge()
    if (done) return
    const peer = peers[asked]
    if (peer === undefined) {
      if (open === 0) settle(() => resolve(undefined))
      return
    }
    asked += 1
    open += 1
    hedge = clock.after(HEDGE_MS, next)
    ask(peer).then(
      (answer) => {
        open -= 1
        if (answer === undefined) next()
        else settle(() => resolve(answer))
      },
      (error: unknown) => settle(() => reject(error)),
    )
  }
  next()
  return promise
}
