// The line of clients' transactions before admission: a portion for each turn of the loop, and short, so that votes never wait long.
import type { Admission } from './admission.ts'
import type { Clock } from './clock.ts'

/** Transactions that are admitted before others have their turn. */
export const PORTION = 32

/** Transactions in the line: what a core checks in a tenth of a second. */
const LINE_MAX = 1_000

export type IntakePorts = {
  readonly clock: Clock
  readonly admit: (envelopes: readonly Uint8Array[]) => Promise<readonly Admission[]>
  /** Whether nothing more can be taken, whatever it is. */
  readonly isFull: () => boolean
  /** How long who is refused is to stay away. */
  readonly retryAfterMs: number
}

export type Intake = {
  /** One admission for each envelope, in their order; BUSY without looking at it when there is no room. */
  readonly take: (envelopes: readonly Uint8Array[]) => Promise<readonly Admission[]>
}

export function createIntake({ clock, admit, isFull, retryAfterMs }: IntakePorts): Intake {
  /** Transactions that are in the line, or whose proofs are being checked. */
  let waiting = 0
  /** Transactions that this turn of the loop has admitted, and the end of the turn. */
  let taken = 0
  let turn: Promise<void> | undefined

  const busy = (detail: string): Admission => {
    return { kind: 'refused', code: 'BUSY', detail, retryAfterMs, id: undefined }
  }

  const takePortion = async (portion: readonly Uint8Array[]): Promise<readonly Admission[]> => {
    while (taken >= PORTION) await turn
    if (isFull()) return portion.map(() => busy('MEMPOOL_FULL'))
    taken += portion.length
    turn ??= clock.turn().then(() => {
      taken = 0
      turn = undefined
    })
    return admit(portion)
  }

  return {
    take: async (envelopes) => {
      if (waiting > 0 && waiting + envelopes.length > LINE_MAX) {
        return envelopes.map(() => busy('INTAKE_FULL'))
      }
      waiting += envelopes.length
      try {
        const admissions: Admission[] = []
        for (let at = 0; at < envelopes.length; at += PORTION) {
          admissions.push(...(await takePortion(envelopes.slice(at, at + PORTION))))
        }
        return admissions
      } finally {
        waiting -= envelopes.length
      }
    },
  }
}
