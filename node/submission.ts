// What clients hand in and what this node knows of it until it stands in a block.
import { assert } from '../vm/assert.ts'
import { CodecError } from '../vm/codec.ts'
import type { Digest, PublicKey } from '../vm/types.ts'
import type { Admission, Admit } from './admission.ts'
import { transactionIdOf } from './admission.ts'
import type { Clock } from './clock.ts'
import type { Gossip } from './gossip.ts'
import { createCache } from './ledger/cache.ts'
import type { Mempool } from './mempool.ts'
import type { Undecided } from './rpc/port.ts'

export type SubmissionPorts = {
  readonly admit: Admit
  readonly mempool: Mempool
  readonly clock: Clock
  readonly gossip: Gossip
  readonly onWaiting: () => void
  readonly isProposed: (id: Digest) => boolean
  readonly observe: (outcome: { readonly source: 'client' | 'peer'; readonly code: string }) => void
}

export type Submission = {
  readonly submit: (envelope: Uint8Array) => Promise<Admission>
  /** One admission for each envelope, in their order. */
  readonly submitMany: (envelopes: readonly Uint8Array[]) => Promise<readonly Admission[]>
  /** Envelopes from another validator; rejects with CodecError, upon which the host drops it, if one is a lie. */
  readonly receive: (from: PublicKey, envelopes: readonly Uint8Array[]) => Promise<void>
  readonly undecided: (id: Digest) => Undecided
  /** Ids that left the mempool because their time passed. */
  readonly onExpired: (ids: readonly Digest[]) => void
}

/** What no correct node hands on: the same bytes are judged so everywhere and at any time. */
const LIES: ReadonlySet<string> = new Set(['TX_MALFORMED', 'TX_OTHER_CHAIN', 'TX_BAD_SIGNATURE'])

/** Transactions of a frame or of a call that are checked before others have their turn. */
const PORTION = 16

/** Outcomes remembered for clients that ask later. */
const OUTCOMES_MAX = 50_000

export function createSubmission(ports: SubmissionPorts): Submission {
  const outcomes = createCache<Undecided>(OUTCOMES_MAX)
  const { mempool } = ports

  const note = (envelope: Uint8Array, admission: Admission, source: 'client' | 'peer'): void => {
    const code = admission.kind === 'refused' ? admission.code : admission.kind
    ports.observe({ source, code })
    if (admission.kind !== 'refused') return
    const id = transactionIdOf(envelope)
    if (id !== undefined && source === 'client') {
      outcomes.set(id, { kind: 'rejected', code: admission.code })
    }
  }

  const admitAll = async (envelopes: readonly Uint8Array[], source: 'client' | 'peer') => {
    const own = source === 'client'
    const admissions = await Promise.all(envelopes.map((one) => ports.admit(one, { own })))
    for (const [index, admission] of admissions.entries()) {
      note(envelopes[index] ?? new Uint8Array(), admission, source)
    }
    return admissions
  }

  /** Admits a group that a client gave, and offers to the others what was not known. */
  const submitGroup = async (envelopes: readonly Uint8Array[]): Promise<readonly Admission[]> => {
    const admissions = await admitAll(envelopes, 'client')
    const fresh = admissions.flatMap((one) => (one.kind === 'admitted' ? [one.id] : []))
    if (fresh.length === 0) return admissions
    ports.gossip.offer(fresh)
    ports.onWaiting()
    return admissions
  }

  return {
    submit: async (envelope) => {
      const [admission] = await submitGroup([envelope])
      assert(admission !== undefined, 'one admission for each envelope')
      return admission
    },
    submitMany: async (envelopes) => {
      const admissions: Admission[] = []
      for (let at = 0; at < envelopes.length; at += PORTION) {
        if (at > 0) await ports.clock.turn()
        admissions.push(...(await submitGroup(envelopes.slice(at, at + PORTION))))
      }
      return admissions
    },
    receive: async (from, envelopes) => {
      for (let at = 0; at < envelopes.length; at += PORTION) {
        const admissions = await admitAll(envelopes.slice(at, at + PORTION), 'peer')
        const held = admissions.flatMap((one) => (one.kind === 'refused' ? [] : [one.id]))
        ports.gossip.heard(from, held)
        if (admissions.some(({ kind }) => kind === 'admitted')) ports.onWaiting()
        const lie = admissions.find((one) => one.kind === 'refused' && LIES.has(one.code))
        if (lie?.kind === 'refused') throw new CodecError(lie.code)
        // Votes that arrived meanwhile have their turn before more transactions.
        await ports.clock.turn()
      }
    },
    undecided: (id) => {
      if (ports.isProposed(id)) return { kind: 'pending' }
      if (mempool.get(id) !== undefined) return { kind: 'accepted' }
      return outcomes.get(id) ?? { kind: 'unknown' }
    },
    onExpired: (ids) => {
      for (const id of ids) outcomes.set(id, { kind: 'expired' })
    },
  }
}
