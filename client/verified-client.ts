// A client that believes proofs only: it keeps the trusted view, walks the set chain by itself, and throws at a lie.
import type { VerifySignature } from '../consensus/certificate.ts'
import type { Receipt } from '../vm/block.ts'
import type { StateKey } from '../vm/state.ts'
import type { Transaction } from '../vm/transaction.ts'
import type { Digest, Height, Hex, TimeMs } from '../vm/types.ts'
import type { Client } from './client.ts'
import { ClientError } from './errors.ts'
import { followSets, type Refused, type TrustedView } from './trusted-view.ts'
import {
  type Fault,
  type ProvenEvent,
  type Question,
  verifyAnswer,
  verifyEvents,
} from './verify.ts'

export type VerifiedClientParameters = {
  readonly client: Client
  /** From startView, or kept from the last run. */
  readonly view: TrustedView
  /** Keeps the view before anything is concluded from it; a journal or localStorage. */
  readonly keep?: (view: TrustedView) => void | Promise<void>
  readonly nowMs: () => TimeMs
  readonly verifySignature?: VerifySignature
}

export type EventPage = {
  readonly events: readonly ProvenEvent[]
  readonly nextCursor: string | null
  readonly more: boolean
}

function lie({ fault, detail }: Refused<Fault>): ClientError {
  return new ClientError({
    code: 'ANSWER_NOT_PROVEN',
    message: `${fault}: ${detail}`,
    hint: 'do not use this answer; ask another node and tell the operator of this one',
    data: { fault },
  })
}

/** Faults that a newer set chain may cure. */
const curable: ReadonlySet<Fault> = new Set(['SET_UNKNOWN', 'NOT_CERTIFIED'])

export type VerifiedClient = ReturnType<typeof createVerifiedClient>

export function createVerifiedClient(parameters: VerifiedClientParameters) {
  const { client, nowMs, verifySignature } = parameters
  let view = parameters.view
  const judgement = () => ({
    nowMs: nowMs(),
    ...(verifySignature === undefined ? {} : { verifySignature }),
  })

  const follow = async (): Promise<void> => {
    const { links } = await client.setChain((view.sets.at(-1)?.from ?? 0) + 1)
    const followed = followSets(view, links, judgement())
    if (!followed.ok) throw lie(followed)
    view = followed.view
  }

  /** Judges; if the set is the trouble, walks the set chain and judges once more. Keeps the view before answering. */
  const settle = async <V extends { readonly ok: true; readonly view: TrustedView }>(
    judge: () => V | Refused<Fault>,
  ): Promise<V> => {
    let verdict = judge()
    if (!verdict.ok && curable.has(verdict.fault)) {
      await follow()
      verdict = judge()
    }
    if (!verdict.ok) throw lie(verdict)
    view = verdict.view
    await parameters.keep?.(view)
    return verdict
  }

  const ask = <Q extends Question>(question: Q) =>
    settle(() => verifyAnswer(view, question, judgement()))

  return {
    view: (): TrustedView => view,
    /** The proven value after a block that is new enough; undefined: the key has none. */
    stateValue: async (at: StateKey, options: { readonly minHeight?: Height } = {}) => {
      const minHeight = Math.max(options.minHeight ?? 0, view.height)
      const answer = await client.stateValue(at, { minHeight })
      const { value, height, header } = await ask({ kind: 'state', at, answer })
      return { value, height, timeMs: header.timeMs }
    },
    receipt: async (
      id: Digest,
    ): Promise<{ readonly receipt: Receipt; readonly height: Height }> => {
      const { value, height } = await ask({ kind: 'receipt', id, answer: await client.receipt(id) })
      return { receipt: value, height }
    },
    transaction: async (
      id: Digest,
    ): Promise<{ readonly transaction: Transaction; readonly height: Height }> => {
      const answer = await client.transaction(id)
      const { value, height } = await ask({ kind: 'transaction', id, answer })
      return { transaction: value, height }
    },
    /** Events behind a cursor, each proven; a node can hold events back, but not invent them. */
    events: async (span: {
      readonly recipient: Hex
      readonly cursor?: string | null
      readonly limit?: number
    }): Promise<EventPage> => {
      const answer = await client.events({ ...span, minHeight: view.height, proofs: true })
      const question = { recipient: span.recipient, cursor: span.cursor ?? null, answer }
      const { events } = await settle(() => verifyEvents(view, question, judgement()))
      const nextCursor = events.at(-1)?.cursor ?? span.cursor ?? null
      return { events, nextCursor, more: answer.more }
    },
    /** Throws unless the block is proven to have no event for the recipient. */
    noEvents: async (at: { readonly block: Height; readonly recipient: Hex }): Promise<void> => {
      await ask({ kind: 'no-events', ...at, answer: await client.noEvents(at) })
    },
  }
}
