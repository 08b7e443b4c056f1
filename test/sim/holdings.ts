// Who has what on its disk: which loss the others can make up for, beside whoever lies.
import type { Digest } from '../../vm/types.ts'
import { has } from './checkers/traces.ts'
import { onNewVote } from './checkers/votes.ts'
import { durableFiles, type Home, type Part, paths } from './home.ts'
import { journalRecords, lockSlots, newestVote } from './votes-kept.ts'
import type { Watch } from './watch.ts'
import type { Machine, World } from './world.ts'

export type Holdings = {
  readonly watch: Partial<Watch>
  readonly mayLose: (machine: Machine, part: Part) => boolean
}

/** Signatures of those who have prepared a block, by the place of the validator. */
type Prepares = Map<number, Uint8Array>

/** Below the height of its newest vote, in lock or journal, a validator only follows. */
function votedHeight(world: World, home: Home): number {
  const locked = newestVote(lockSlots(home))?.height ?? 0
  return Math.max(locked, ...journalRecords(world, home).map(({ height }) => height))
}

/** A prepare is journaled with every byte of its block. */
function isJournaled(home: Home, signature: Uint8Array | undefined): boolean {
  if (signature === undefined || home.damaged.has('journal')) return false
  return [...durableFiles(home)].some(
    ([path, bytes]) => path.startsWith(`${paths.journal}/`) && has(bytes, signature),
  )
}

/**
 * Design, journal and sync: a block whose every holder lost it ends the height for good, and who has voted at a height votes at no
 * lower one. So a validator may lose its store once another correct one has each decided block below its last vote, if those
 * who lie have used up what may be faulty; and any file once another correct one has each block that may be decided by what it
 * holds, decided or prepared.
 */
export function createHoldings(world: World, liars: number): Holdings {
  const heads = new Map<object, number>()
  const decided = new Map<number, Digest>()
  const prepared = new Map<number, Map<Digest, Prepares>>()

  const prepares = (height: number, id: Digest): Prepares => {
    const blocks = prepared.get(height) ?? new Map<Digest, Prepares>()
    prepared.set(height, blocks)
    const signatures = blocks.get(id) ?? new Map<number, Uint8Array>()
    blocks.set(id, signatures)
    return signatures
  }
  const headOf = ({ home }: Machine): number => heads.get(home.entries) ?? 0
  const soundHeadOf = (machine: Machine): number =>
    machine.home.damaged.has('store') ? 0 : headOf(machine)

  /** Blocks above `height` that are gone here with this part. */
  const lostWith = (part: Part, machine: Machine, height: number): readonly Prepares[] => {
    if (part === 'store') {
      const count = Math.max(0, headOf(machine) - height)
      return Array.from({ length: count }, (_, above) => {
        const id = decided.get(height + 1 + above)
        return id === undefined ? new Map() : prepares(height + 1 + above, id)
      })
    }
    const from = Math.max(height, soundHeadOf(machine))
    // A block that nobody else has prepared is not decided by anybody's votes.
    return [...prepared]
      .filter(([at]) => at > from)
      .flatMap(([, blocks]) => [...blocks.values()])
      .filter((signatures) => signatures.size > 1 && signatures.has(machine.index))
  }
  const { onStart, onVote } = onNewVote(({ index, vote }) => {
    if (vote.kind === 'prepare') prepares(vote.height, vote.blockId).set(index, vote.signature)
  })
  return {
    watch: {
      onVote,
      onStart: (node) => {
        onStart(node)
        heads.set(node.home.entries, node.ledger.head().header.height)
        // It was read as a whole: what is left of it holds.
        node.home.damaged.delete('journal')
      },
      onCommit: ({ home }, { executed: { header, id } }) => {
        heads.set(home.entries, header.height)
        decided.set(header.height, id)
      },
      onAdopt: ({ home, ledger }) => void heads.set(home.entries, ledger.head().header.height),
    },
    mayLose: (machine, part) => {
      const others = world.machines.filter(
        (one) => one.isHonest && !one.isRetired && one !== machine,
      )
      // A slot of the lock that a crash has torn, or a bit, stands in the journal: together they are a lost lock.
      if (part === 'journal' && lockSlots(machine.home)?.length === 1) return false
      const height = Math.max(0, ...others.map(soundHeadOf))
      if (part === 'store' && liars > 0 && votedHeight(world, machine.home) > height + 1)
        return false
      return lostWith(part, machine, height).every((signatures) =>
        others.some(({ home, index }) => isJournaled(home, signatures.get(index))),
      )
    },
  }
}
