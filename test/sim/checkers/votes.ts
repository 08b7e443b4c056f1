// Checkers of what honest validators sign, across all restarts of theirs: the wire shows it.
import type { Message } from '../../../consensus/message.ts'
import { decidingVote } from '../../../consensus/phases.ts'
import { compareRanks } from '../../../consensus/vote.ts'
import { journalRecordCodec } from '../../../node/replica/promise.ts'
import { decode } from '../../../vm/codec.ts'
import { faults, quorum } from '../../../vm/quorum.ts'
import type { Digest } from '../../../vm/types.ts'
import type { Validator } from '../../../vm/validator.ts'
import { sameBody, type Vote } from '../../../vm/vote.ts'
import { placeOf } from '../chain.ts'
import type { Watch } from '../watch.ts'
import type { Checker } from './checker.ts'

export function nameOf(vote: Vote): string {
  const body =
    vote.kind === 'view-change' ? `${vote.prepared?.view}/${vote.prepared?.blockId}` : vote.blockId
  return `${vote.kind}/${vote.view}/${body}`
}

type Look = {
  readonly index: number
  readonly vote: Message
  /** What the validator signed at this height before. */
  readonly before: readonly Message[]
}

/** Heights above which nobody works any more; what was signed there is forgotten. */
const HEIGHTS_KEPT = 8

/**
 * Calls `look` once for each new vote of a validator, in the order of signing: what a crash kept from leaving stands in the
 * journal when the process starts again.
 */
export function onNewVote(look: (one: Look) => void): Pick<Watch, 'onVote' | 'onStart'> {
  const signed = new Map<number, Map<number, Message[]>>()
  const seen = new Set<string>()
  let newest = 0
  const take = (index: number, vote: Message): void => {
    const name = `${index}/${vote.height}/${nameOf(vote)}`
    if (seen.has(name)) return
    seen.add(name)
    if (vote.height > newest) {
      newest = vote.height
      signed.delete(newest - HEIGHTS_KEPT)
    }
    const here = signed.get(vote.height) ?? new Map<number, Message[]>()
    signed.set(vote.height, here)
    const before = here.get(index) ?? []
    look({ index, vote, before })
    here.set(index, [...before, vote])
  }
  return {
    onVote: ({ index }, vote) => take(index, vote),
    onStart: ({ index, voting }) => {
      for (const { height, bytes } of voting.recovered) {
        if (height > newest - HEIGHTS_KEPT)
          take(index, decode(journalRecordCodec, bytes).entry.message)
      }
    },
  }
}

/** One kind, height and view: one body, whatever crashes. */
const doubleVote: Checker = {
  name: 'double-vote',
  create: ({ find }) =>
    onNewVote(({ index, vote, before }) => {
      const other = before.find((one) => compareRanks(one, vote) === 0 && !sameBody(one, vote))
      if (other !== undefined)
        find(`validator ${index} signed two ${vote.kind}s at ${vote.height} in view ${vote.view}`)
    }),
}

/** Nothing is signed for the first time that comes before what was signed already: nothing below a view-change. */
const voteOrder: Checker = {
  name: 'vote-order',
  create: ({ find }) =>
    onNewVote(({ index, vote, before }) => {
      const later = before.find((one) => compareRanks(vote, one) < 0)
      if (later !== undefined)
        find(`validator ${index} signed ${nameOf(vote)} after ${nameOf(later)} at ${vote.height}`)
    }),
}

/** A view-change after a commit (a seal in PoA) reports at least what was committed. */
const amnesia: Checker = {
  name: 'amnesia',
  create: ({ find, world }) => {
    const deciding = decidingVote[world.chain.genesis.engine]
    return onNewVote(({ index, vote, before }) => {
      if (vote.kind !== 'view-change') return
      const reported = vote.prepared?.view ?? -1
      const forgotten = before.find(
        (one) => one.kind === deciding && one.view < vote.view && one.view > reported,
      )
      if (forgotten !== undefined)
        find(
          `validator ${index} forgot its ${deciding} in view ${forgotten.view} of ${vote.height}`,
        )
    })
  },
}

type Lock = { readonly view: number; readonly blockId: Digest }

/**
 * The heart of agreement, far more sensitive than a fork: once so many honest validators committed A in a view that Byzantine ones
 * could complete the quorum, no honest one prepares anything else in a higher view.
 */
const lockRule: Checker = {
  name: 'lock-rule',
  create: ({ find, world, byzantine }) => {
    const commits = new Map<string, Set<number>>()
    const locks = new Map<number, Lock[]>()
    const { chain } = world
    const { engine, validators: first } = chain.genesis
    const isByzantine = ({ consensusKey }: Validator) => byzantine.has(placeOf(chain, consensusKey))
    const lockSizeOf = (set: readonly Validator[]): number => {
      const n = set.length
      return quorum(n, engine) - Math.min(set.filter(isByzantine).length, faults(n, engine))
    }
    /** By height; a smaller set has thrown out those who were found out. */
    const lockSizes = new Map<number, number>([[1, lockSizeOf(first)]])
    const lockSizeAt = (height: number) => lockSizes.get(height) ?? lockSizeOf(first)
    const judge = onNewVote(({ index, vote }) => {
      const { height, view } = vote
      if (vote.kind === decidingVote[engine]) {
        const name = `${height}/${view}/${vote.blockId}`
        const signers = (commits.get(name) ?? new Set()).add(index)
        commits.set(name, signers)
        if (signers.size === lockSizeAt(height))
          locks.set(height, [...(locks.get(height) ?? []), { view, blockId: vote.blockId }])
      }
      if (vote.kind !== 'prepare') return
      const breach = locks
        .get(height)
        ?.find((lock) => view > lock.view && vote.blockId !== lock.blockId)
      if (breach !== undefined)
        find(`validator ${index} prepared against a lock of view ${breach.view} at ${height}`)
    })
    return {
      ...judge,
      onCommit: (_, { executed: { header, validators } }) => {
        lockSizes.set(header.height + 1, lockSizeOf(validators))
      },
    }
  },
}

/** Nobody honest signs in another's name. */
const ownName: Checker = {
  name: 'own-name',
  create: ({ find }) => ({
    onVote: ({ seat, process, ledger }, { signer, height }) => {
      // The set of a height is in the state before it; older ones are not kept here.
      if (height !== ledger.head().header.height + 1) return
      const set = ledger.rules.list.identity.validators(ledger.state())
      if (set[signer]?.consensusKey !== seat.keys.consensus.publicKey)
        find(`process ${process} sends what ${signer} signed`)
    },
  }),
}

/** What leaves is in the vote lock already: nothing that is sent comes after what the lock holds. */
const lockedFirst: Checker = {
  name: 'locked-first',
  create: ({ find }) => ({
    onVote: ({ process, voting }, vote) => {
      const lock = voting.voter()?.lock.state()
      if (lock === undefined) {
        find(`process ${process} sends a vote and has no vote lock`)
        return
      }
      const { last, floor } = lock
      if (vote.height <= floor) find(`process ${process} sends a vote below the floor of its lock`)
      const isBehind =
        last === null ||
        vote.height > last.height ||
        (vote.height === last.height && compareRanks(vote, last) > 0)
      if (isBehind) find(`process ${process} sends ${nameOf(vote)} before it is in its lock`)
    },
  }),
}

export const voteCheckers = [
  doubleVote,
  voteOrder,
  amnesia,
  lockRule,
  ownName,
  lockedFirst,
] as const
