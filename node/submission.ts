// What clients hand in and what this node knows of it until it stands in a block.
import { assert } from '../vm/assert.ts'
import { CodecError } from '../vm/codec.ts'
import type { Digest, PublicKey } from '../vm/types.ts'
import type { Admission, Admit } from './admission.ts'
import type { Clock } from './clock.ts'
import type { Gossip } from './gossip.ts'
import { createIntake, PORTION } from './intake.ts'
import { createCache } from './ledger/cache.ts'
import type { Mempool } from './mempool.ts'
import { createPace } from './pace.ts'
import type { Undecided } from './rpc/port.ts'

export type SubmissionPorts = {
  readonly admit: Admit
  readonly mempool: Mempool
  readonly clock: Clock
  readonly gossip: Gossip
  readonly onWaiting: () => void
  readonly isProposed: (id: Digest) => boolean
  /** Verification units of one block. */
  readonly blockBudget: number
  /** How long a client is to stay away from a full node. */
  readonly retryAfterMs: number
  readonly observe: (outcome: {
    readonly source: 'client' | 'peer'
    readonly code: string
    readonly count: number
  }) => void
}

export type Submission = {
  readonly submit: (envelope: Uint8Array) => Promise<Admission>
  /** One admission for each envelope, in their order. */
  readonly submitMany: (envelopes: readonly Uint8Array[]) => Promise<readonly Admission[]>
  /** Envelopes from another validator; rejects with CodecError, upon which the host drops it, if one is a lie. */
  readonly receive: (from: PublicKey, envelopes: readonly Uint8Array[]) => Promise<void>
  readonly undecided: (id: Digest) => Undecided
  /** A block was decided that cost so many verification units. */
  readonly onDecided: (units: number) => void
  /** Ids that left the mempool because their time passed. */
  readonly onExpired: (ids: readonly Digest[]) => void
}

/** What no correct node hands on: the same bytes are judged so everywhere and at any time. */
const LIES: ReadonlySet<string> = new Set(['TX_MALFORMED', 'TX_OTHER_CHAIN', 'TX_BAD_SIGNATURE'])

/** What clients may let wait, in time until it is decided; one full block may wait always. */
const WAIT_MAX_MS = 2_000

/** Outcomes remembered for clients that ask later. */
const OUTCOMES_MAX = 50_000

function isKnown(judged: Admission | Promise<Admission>): judged is Admission {
  return !(judged instanceof Promise)
}

type Refused = Extract<Admission, { kind: 'refused' }>
type Taken = Exclude<Admission, Refused>

function isTaken(admission: Admission): admission is Taken {
  return admission.kind !== 'refused'
}

function isAdmitted(admission: Admission): admission is Extract<Admission, { kind: 'admitted' }> {
  return admission.kind === 'admitted'
}

function isLie(admission: Admission): admission is Refused {
  return admission.kind === 'refused' && LIES.has(admission.code)
}

function idOf({ id }: Taken): Digest {
  return id
}

export function createSubmission(ports: SubmissionPorts): Submission {
  const outcomes = createCache<Undecided>(OUTCOMES_MAX)
  const { mempool } = ports
  const pace = createPace(ports.clock)

  const admitAll = async (envelopes: readonly Uint8Array[], source: 'client' | 'peer') => {
    const own = source === 'client'
    const judged = ports.admit(envelopes, { own })
    // A promise for each would cost as much as the rest of this.
    const admissions = judged.every(isKnown) ? judged : await Promise.all(judged)
    const counts = new Map<string, number>()
    for (const admission of admissions) {
      const code = admission.kind === 'refused' ? admission.code : admission.kind
      counts.set(code, (counts.get(code) ?? 0) + 1)
      if (own && admission.kind === 'refused' && admission.id !== undefined) {
        outcomes.set(admission.id, { kind: 'rejected', code: admission.code })
      }
    }
    for (const [code, count] of counts) ports.observe({ source, code, count })
    return admissions
  }

  /** Whether who comes now would wait for long: behind more than the chain decides meanwhile, or without room at all. */
  const isFull = (): boolean => {
    if (mempool.clientRoom('0x', { bytes: 1, units: 1 }) === 'MEMPOOL_FULL') return true
    return mempool.size().units > Math.max(ports.blockBudget, pace.countIn(WAIT_MAX_MS))
  }
  const intake = createIntake({
    clock: ports.clock,
    retryAfterMs: ports.retryAfterMs,
    isFull,
    admit: async (envelopes) => {
      const admissions = await admitAll(envelopes, 'client')
      const fresh = admissions.filter(isAdmitted).map(idOf)
      if (fresh.length === 0) return admissions
      ports.gossip.offer(fresh)
      ports.onWaiting()
      return admissions
    },
  })

  return {
    submit: async (envelope) => {
      const [admission] = await intake.take([envelope])
      assert(admission !== undefined, 'one admission for each envelope')
      return admission
    },
    submitMany: intake.take,
    receive: async (from, envelopes) => {
      for (let at = 0; at < envelopes.length; at += PORTION) {
        const admissions = await admitAll(envelopes.slice(at, at + PORTION), 'peer')
        ports.gossip.heard(from, admissions.filter(isTaken).map(idOf))
        if (admissions.some(isAdmitted)) ports.onWaiting()
        const lie = admissions.find(isLie)
        if (lie !== undefined) throw new CodecError(lie.code)
        // Votes that arrived meanwhile have their turn before more transactions.
        await ports.clock.turn()
      }
    },
    undecided: (id) => {
      if (ports.isProposed(id)) return { kind: 'pending' }
      if (mempool.get(id) !== undefined) return { kind: 'accepted' }
      return outcomes.get(id) ?? { kind: 'unknown' }
    },
    onDecided: pace.note,
    onExpired: (ids) => {
      for (const id of ids) outcomes.set(id, { kind: 'expired' })
    },
  }
}
