// Joins a chain by its state instead of its blocks: an offer is chosen and proven, its pieces fetched, and the ledger stands on it.
import type { VerifySignature } from '../../consensus/certificate.ts'
import { assert } from '../../vm/assert.ts'
import { encode } from '../../vm/codec.ts'
import { honest } from '../../vm/quorum.ts'
import type { Digest, Height, PublicKey } from '../../vm/types.ts'
import { askInTurn } from '../ask.ts'
import type { Clock } from '../clock.ts'
import { stateRootOf } from '../ledger/tree.ts'
import type { Adoption, Ledger, SetLink, StateImport } from '../ledger/types.ts'
import type { Logger } from '../logger.ts'
import type { Host } from '../p2p/types.ts'
import { requestCodec } from '../protocol.ts'
import type { Checkpoint } from './checkpoint.ts'
import { beginDownload, downloadState, type Progress } from './download.ts'
import { type Candidate, candidatesOf, type Offered } from './offers.ts'
import { proveOffer } from './origin.ts'
import { fetchWindow } from './window.ts'

/** What a fetched state may come from. */
export type StateSources = {
  /** Peers that have more and did not lie lately. */
  readonly believed: () => readonly PublicKey[]
  /** The height that as many of them have as include a correct one. */
  readonly supported: () => Height
  readonly onLie: (peerKey: PublicKey, reason: string) => void
}

export type SnapshotPorts = {
  readonly ledger: Ledger
  readonly host: Pick<Host, 'request'>
  readonly verifySignature: VerifySignature
  readonly checkpoint: Checkpoint | undefined
  readonly clock: Clock
  readonly log: Logger
  /** Between blocks: the ledger stands on the fetched state, and everything of lower heights is forgotten. */
  readonly adopt: (state: StateImport, adoption: Adoption) => Promise<void>
}

/** An offer that is not there by then is not waited for. */
const OFFER_TIMEOUT_MS = 2_000
const REQUEST_TIMEOUT_MS = 5_000

export function createSnapshot(ports: SnapshotPorts) {
  const { ledger, host, clock, log } = ports
  const end = Promise.withResolvers<undefined>()
  let isStopped = false
  let running: Promise<boolean> | undefined
  /** What was fetched of a state before its sources fell silent: gone on with if it is offered again. */
  let partial: Begun | undefined
  const stopped = (): boolean => isStopped

  const requestWithin =
    (timeoutMs: number) =>
    async (peerKey: PublicKey, bytes: Uint8Array): Promise<Uint8Array | undefined> => {
      const result = await Promise.race([host.request(peerKey, bytes, { timeoutMs }), end.promise])
      return result?.ok ? result.bytes : undefined
    }
  const request = requestWithin(REQUEST_TIMEOUT_MS)

  /** Whether a correct validator holds it: one peer alone could send it as slowly as it likes. */
  const isVouched = ({ holders }: Candidate): boolean => {
    const { list, engine } = ledger.rules
    const validators = list.identity.validators(ledger.state())
    const peerKeys = new Set(holders.map(({ peerKey }) => peerKey))
    const seats = validators.filter(({ peerKey }) => peerKeys.has(peerKey)).length
    return seats >= honest(validators.length, engine)
  }

  /** What can be followed: what correct validators hold before the rest, the newest first. */
  const find = async (from: StateSources): Promise<readonly Candidate[]> => {
    const bytes = encode(requestCodec, { kind: 'snapshots' })
    const answers = await Promise.all(
      from.believed().map(async (peerKey): Promise<Offered> => {
        const answer = await requestWithin(OFFER_TIMEOUT_MS)(peerKey, bytes)
        return { peerKey, answer }
      }),
    )
    const lowest = Math.max(ledger.head().header.height + 1, ports.checkpoint?.height ?? 0)
    const { list, chainId } = ledger.rules
    const { onLie } = from
    const all = candidatesOf(answers, {
      ...{ list, chainId, lowest, highest: from.supported(), onLie },
    })
    // A state of which much is here comes first, unless nobody correct holds it.
    const rank = (candidate: Candidate): number => {
      if (!isVouched(candidate)) return 2
      return candidate.sealed.id === partial?.id ? 0 : 1
    }
    return all.toSorted((left, right) => rank(left) - rank(right))
  }

  /** The links that lead to it, as the first holder with good ones has them. */
  const prove = async (
    candidate: Candidate,
    { onLie }: StateSources,
  ): Promise<Proven | undefined> => {
    for (const { peerKey, offer } of candidate.holders) {
      if (stopped()) return undefined
      const origin = await proveOffer({ ...ports, request }, peerKey, offer)
      if (origin.kind === 'lie') onLie(peerKey, origin.reason)
      if (origin.kind === 'proven') {
        return { ...candidate, links: origin.links, certificateBytes: offer.certificate }
      }
    }
    return undefined
  }

  const windowOf = ({ sealed, holders }: Proven) => {
    const { height, timeMs } = sealed.header
    const sinceMs = timeMs - ledger.rules.parameters.windowMs
    return fetchWindow({ id: sealed.id, height, sinceMs }, (bytes, holds) =>
      askInTurn({
        clock,
        peers: holders.map(({ peerKey }) => peerKey),
        ask: async (peerKey) => {
          const answer = await request(peerKey, bytes)
          return answer !== undefined && holds(answer) ? answer : undefined
        },
      }),
    )
  }

  const begin = async ({ sealed, holders }: Proven): Promise<Begun> => {
    const { id } = sealed
    if (partial?.id === id) return partial
    // Another import clears what this one had.
    partial = undefined
    const state = await ledger.beginImport()
    partial = { id, state, progress: beginDownload(holders[0]?.offer.roots ?? []) }
    return partial
  }

  const fetch = async (proven: Proven, { onLie }: StateSources): Promise<boolean> => {
    const { sealed, holders, links } = proven
    const { height } = sealed.header
    const { state, progress } = await begin(proven)
    const download = {
      ...{ blockId: sealed.id, height, progress },
      sources: holders.map(({ peerKey }) => peerKey),
    }
    const { put } = state
    const [roots, window] = await Promise.all([
      downloadState({ request, onLie, put, stopped }, download),
      windowOf(proven),
    ])
    if (roots === undefined || window === undefined || stopped()) return false
    assert(stateRootOf(roots) === sealed.header.stateRoot, 'every piece was proven')
    const head = { ...sealed, certificateBytes: proven.certificateBytes }
    partial = undefined
    await ports.adopt(state, { head, roots, window, links })
    return true
  }

  const run = async (from: StateSources): Promise<boolean> => {
    for (const candidate of await find(from)) {
      const { height } = candidate.sealed.header
      const proven = await prove(candidate, from)
      if (proven === undefined) continue
      const startMs = clock.monotonicMs()
      log.info({ height, sources: proven.holders.length }, 'fetches the state of a block')
      const isDone = await fetch(proven, from)
      const seconds = (clock.monotonicMs() - startMs) / 1_000
      if (isDone) log.info({ height, seconds }, 'goes on from a fetched state')
      else log.warn({ height, seconds }, 'the state of a block could not be fetched')
      if (isDone || stopped()) return isDone
    }
    return false
  }

  return {
    /** Whether the ledger stands on a fetched state now. One call after the other. */
    run: (from: StateSources): Promise<boolean> => {
      running = run(from)
      return running
    },
    /** Resolves when nothing is written any more. */
    stop: async (): Promise<void> => {
      isStopped = true
      end.resolve(undefined)
      await running?.catch(() => undefined)
    },
  }
}

/** An import that may be gone on with. */
type Begun = {
  readonly id: Digest
  readonly state: StateImport
  readonly progress: Progress
}

type Proven = Candidate & {
  readonly links: readonly SetLink[]
  readonly certificateBytes: Uint8Array
}
