// Checkers of what votes leave behind: on the disk before they are sent, and in certificates only if somebody signed them.
import {
  decodeCommitCertificate,
  type PreparedCertificate,
  signersOf,
} from '../../../consensus/certificate.ts'
import type { Message } from '../../../consensus/message.ts'
import { decidingVote } from '../../../consensus/phases.ts'
import { compareRanks } from '../../../consensus/vote.ts'
import type { VoteSlot } from '../../../node/vote-slots.ts'
import type { PublicKey } from '../../../vm/types.ts'
import type { Vote } from '../../../vm/vote.ts'
import { placeOf } from '../chain.ts'
import { paths } from '../home.ts'
import type { Running } from '../running.ts'
import { lockSlots, newestVote } from '../votes-kept.ts'
import type { Checker } from './checker.ts'
import { nameOf, onNewVote } from './votes.ts'

type Certificate = Pick<PreparedCertificate, 'height' | 'view' | 'blockId' | 'signers'>

/** What the message rests on, attached or in the lock of its signer. */
function certificateUnder({ voting }: Running, message: Message): PreparedCertificate | null {
  switch (message.kind) {
    case 'view-change':
      return message.certificate
    case 'pre-prepare':
      return message.justification?.certificate ?? null
    case 'commit': {
      const prepared = voting.voter()?.lock.state().prepared ?? null
      return prepared?.height === message.height ? prepared : null
    }
    case 'prepare':
      return null
  }
}

/** Whoever is counted in a certificate has signed just that: nobody votes in an honest validator's name. */
const ownSignature: Checker = {
  name: 'own-signature',
  create: ({ find, world, byzantine }) => {
    const keysOf = (set: readonly { readonly consensusKey: PublicKey }[]) =>
      set.map(({ consensusKey }) => consensusKey)
    const sets = new Map([[1, keysOf(world.chain.genesis.validators)]])
    const deciding = decidingVote[world.chain.genesis.engine]
    const signed = new Set<string>()
    const nameFor = (place: number, vote: Vote) => `${place}/${vote.height}/${nameOf(vote)}`
    const check = (process: number, kind: 'prepare' | 'commit', value: Certificate) => {
      const { height, view, blockId } = value
      const set = sets.get(height) ?? []
      for (const signer of signersOf(value, set.length) ?? []) {
        const place = placeOf(world.chain, set[signer] as PublicKey)
        const isSigned = signed.has(nameFor(place, { kind, height, view, blockId }))
        if (place >= 0 && !byzantine.has(place) && !isSigned)
          find(`process ${process} counts a ${kind} that validator ${place} never signed`)
      }
    }
    const { onStart, onVote } = onNewVote(({ index, vote }) => signed.add(nameFor(index, vote)))
    return {
      onStart,
      onVote: (node, message) => {
        onVote(node, message)
        const certificate = certificateUnder(node, message)
        if (certificate !== null) check(node.process, 'prepare', certificate)
      },
      onCommit: ({ process, ledger }, { executed: { header, validators } }) => {
        const { height } = header
        sets.set(height + 1, keysOf(validators))
        const bytes = ledger.certificate(height)
        if (bytes !== undefined) check(process, deciding, decodeCommitCertificate(bytes))
      },
    }
  },
}

function isIn(lock: VoteSlot['last'], vote: Vote): boolean {
  if (lock === null || lock.height < vote.height) return false
  return lock.height > vote.height || compareRanks(vote, lock) <= 0
}

export function has(bytes: Uint8Array, part: Uint8Array): boolean {
  return Buffer.from(bytes.buffer).includes(Buffer.from(part))
}

/** What leaves for the first time is in journal and lock, and would be after a crash: both were synced. */
const durableFirst: Checker = {
  name: 'durable-first',
  create: ({ find }) => {
    const seen = new Set<string>()
    /** What a process found in its lock: all that it may send without its journal. */
    const found = new WeakMap<Running['scope'], string>()
    return {
      onStart: ({ scope, voting }) => {
        const last = voting.voter()?.lock.state().last
        if (last) found.set(scope, `${last.height}/${nameOf(last)}`)
      },
      onVote: ({ index, process, scope, home }, vote) => {
        const name = `${vote.height}/${nameOf(vote)}`
        if (seen.has(`${index}/${name}`)) return
        seen.add(`${index}/${name}`)
        const files = [...(home.disk?.durable() ?? [])]
        const journal = files.filter(([path]) => path.startsWith(`${paths.journal}/`))
        const isJournaled = journal.some(([, bytes]) => has(bytes, vote.signature))
        if (!isJournaled && found.get(scope) !== name)
          find(`process ${process} sends ${name} before its journal has it`)
        if (!isIn(newestVote(lockSlots(home)), vote))
          find(`process ${process} sends ${name} before its lock has it`)
      },
    }
  },
}

export const traceCheckers = [ownSignature, durableFirst] as const
