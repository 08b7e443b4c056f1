// The bodies of a proposal: from the mempool, from what this height already fetched, else from those who must hold them.
import { decodeActs } from '../vm/batch.ts'
import { CodecError, decode, encode } from '../vm/codec.ts'
import type { Rules } from '../vm/rules.ts'
import { decodeTransaction } from '../vm/transaction.ts'
import type { Digest, PublicKey } from '../vm/types.ts'
import type { AdmissionPorts } from './admission.ts'
import { askInTurn } from './ask.ts'
import type { Clock } from './clock.ts'
import type { Mempool, Waiting } from './mempool.ts'
import { bodiesAnswerCodec, requestCodec } from './protocol.ts'

/** One transaction of a proposal: its id and the bytes of its envelope. */
export type BodyReference = { readonly id: Digest; readonly length: number }

export type BodiesPorts = {
  readonly rules: Rules
  readonly mempool: Mempool
  readonly check: AdmissionPorts['check']
  readonly clock: Clock
  /** Asks one peer; undefined when it does not answer. */
  readonly request: (peerKey: PublicKey, request: Uint8Array) => Promise<Uint8Array | undefined>
  /** Who may be asked when no source delivers. */
  readonly connected: () => readonly PublicKey[]
}

export type Bodies = {
  /** All bodies in order, or undefined if neither a source nor another peer delivered some of them. */
  readonly resolve: (
    references: readonly BodyReference[],
    sources: readonly PublicKey[],
  ) => Promise<readonly Waiting[] | undefined>
  /** Verifies and holds envelopes that came with a block, as far as they are the ones referred to. */
  readonly provide: (
    references: readonly BodyReference[],
    envelopes: readonly (Uint8Array | null)[],
  ) => Promise<void>
  /** An envelope that this node verified, for a peer that asks. */
  readonly serve: (id: Digest) => Uint8Array | undefined
  /** Keeps verified transactions of this height that the mempool may lose. */
  readonly hold: (transactions: readonly Waiting[]) => void
  /** Forgets what was held for a decided height. */
  readonly clear: () => void
  /** Bodies held beside the mempool. */
  readonly size: () => number
}

/** A peer that talks nonsense has nothing. */
function decodeAnswer(answer: Uint8Array): readonly (Uint8Array | null)[] {
  try {
    return decode(bodiesAnswerCodec, answer)
  } catch (error) {
    if (error instanceof CodecError) return []
    throw error
  }
}

/** Blocks of a height of which most have one: their transactions are mostly the same. */
const WHOLE_MAX = 2

/** What a primary sent just before its proposal is admitted a portion a turn, which is sooner than anybody answers. */
const TURNS_MAX = 4

export function createBodies(ports: BodiesPorts): Bodies {
  // For each height a new one, for the reason of those in `replica/blocks.ts`.
  let held = new Map<Digest, Waiting>()
  /** Of blocks whose bodies were all here: entered in `held` when something is looked for that the mempool lacks, or they are many. */
  let whole: (readonly Waiting[])[] = []
  const enter = (): void => {
    for (const waiting of whole.splice(0).flat()) held.set(waiting.transaction.id, waiting)
  }
  const keep = (block: readonly Waiting[]): void => {
    whole.push(block)
    if (whole.length > WHOLE_MAX) enter()
  }
  const find = (id: Digest): Waiting | undefined => {
    const waiting = ports.mempool.get(id)
    if (waiting !== undefined) return waiting
    enter()
    return held.get(id)
  }
  const findAll = (references: readonly BodyReference[]): readonly Waiting[] | undefined => {
    const found: Waiting[] = []
    for (const { id } of references) {
      const waiting = find(id)
      if (waiting === undefined) return undefined
      found.push(waiting)
    }
    return found
  }

  /** A body whose form or signature is bad proves nothing against the block: another peer is asked. */
  const verified = async (
    envelope: Uint8Array,
    wanted: BodyReference,
  ): Promise<Waiting | undefined> => {
    if (envelope.length !== wanted.length) return undefined
    try {
      const transaction = decodeTransaction(envelope)
      if (transaction.id !== wanted.id) return undefined
      const acts = decodeActs(ports.rules.types, transaction)
      const checked = await ports.check(transaction, acts)
      if (!checked.signatures) return undefined
      return {
        transaction,
        acts,
        verdicts: checked.verdicts,
        arrivedMs: ports.clock.nowMs(),
        arrivedAt: 0,
        own: false,
      }
    } catch (error) {
      if (error instanceof CodecError) return undefined
      throw error
    }
  }

  const provide: Bodies['provide'] = async (references, envelopes) => {
    const checks = references.map(async (wanted, index) => {
      const envelope = envelopes[index]
      if (!envelope || find(wanted.id) !== undefined) return
      const waiting = await verified(envelope, wanted)
      if (waiting !== undefined) held.set(wanted.id, waiting)
    })
    await Promise.all(checks)
  }

  const fetchFrom = async (
    peerKey: PublicKey,
    missing: readonly BodyReference[],
  ): Promise<void> => {
    const request = encode(requestCodec, { kind: 'bodies', ids: missing.map(({ id }) => id) })
    const answer = await ports.request(peerKey, request)
    if (answer !== undefined) await provide(missing, decodeAnswer(answer))
  }

  /** Holds what is missing, as far as anybody has it. */
  const gather = async (
    references: readonly BodyReference[],
    sources: readonly PublicKey[],
  ): Promise<void> => {
    const missing = () => references.filter(({ id }) => find(id) === undefined)
    for (let turn = 0; turn < TURNS_MAX && missing().length > 0; turn++) await ports.clock.turn()
    if (missing().length === 0) return
    await askInTurn({
      peers: sources,
      others: ports.connected(),
      clock: ports.clock,
      ask: async (peerKey) => {
        const wanted = missing()
        if (wanted.length > 0) await fetchFrom(peerKey, wanted)
        return missing().length === 0 ? true : undefined
      },
    })
  }

  return {
    provide,
    resolve: async (references, sources) => {
      let found = findAll(references)
      if (found === undefined) {
        await gather(references, sources)
        found = findAll(references)
      }
      if (found !== undefined) keep(found)
      return found
    },
    serve: (id) => find(id)?.transaction.bytes,
    hold: keep,
    clear: () => {
      held = new Map()
      whole = []
    },
    size: () => whole.reduce((sum, block) => sum + block.length, held.size),
  }
}
