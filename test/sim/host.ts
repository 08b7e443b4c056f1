// The application side of a simulated replica: builds, completes and judges blocks, some time after it is asked.
import type { Effect } from '../../consensus/effect.ts'
import { type HeightConfig, type ProposedBlock, primaryOf } from '../../consensus/types.ts'
import type { Digest } from '../../vm/types.ts'
import { buildBlock, isValidBlock } from './application.ts'
import type { Frame, Untimed, World } from './world.ts'

type Asked<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>

export type Host = {
  readonly propose: (effect: Asked<'propose'>) => void
  readonly execute: (effect: Asked<'execute'>) => void
  readonly fetch: (effect: Asked<'fetch'>) => void
  readonly held: (blockId: Digest) => ProposedBlock | undefined
  /** A block whose bytes came from a peer or from the journal. */
  readonly add: (block: ProposedBlock) => void
  /** Forgets everything of the height before. */
  readonly clear: () => void
}

export type HostPorts = {
  readonly world: World
  readonly config: () => HeightConfig
  readonly parent: () => Digest
  readonly feed: (input: Untimed) => void
  readonly after: (delayMs: number, run: () => void) => void
  readonly send: (to: number, frame: Frame) => void
  /** How often an own proposal is invalid: a Byzantine habit. */
  readonly invalidShare: number
}

const patienceMs = 3_000

export function createHost(ports: HostPorts): Host {
  const { world, config, parent, feed, after, send } = ports
  const { random } = world
  const bodies = new Map<Digest, ProposedBlock>()
  let executing: Asked<'execute'> | null = null

  const judge = (block: ProposedBlock): void => {
    const effect = executing
    if (effect === null || effect.block.blockId !== block.blockId) return
    executing = null
    const { view, fresh } = effect
    const proposer = fresh ? primaryOf(config(), view) : undefined
    const { height } = config()
    const valid = isValidBlock(block, { height, parent: parent(), proposer })
    const judgement = valid ? 'valid' : 'invalid'
    after(random.between(1, 20), () =>
      feed({ kind: 'executed', view, blockId: block.blockId, judgement }),
    )
  }
  const ask = (effect: { blockId: Digest; sources: readonly number[] }): void => {
    for (const source of effect.sources) send(source, { kind: 'get', blockId: effect.blockId })
  }
  return {
    propose: (effect) => {
      after(random.between(1, 10), () => {
        const block = draftBlock(ports, effect)
        bodies.set(block.blockId, block)
        feed({ kind: 'proposal', view: effect.view, block })
      })
    },
    execute: (effect) => {
      const { block, view, sources } = effect
      const { blockId } = block
      executing = effect
      if (block.transactions.length === 0 || random.chance(world.options.mempoolShare)) {
        bodies.set(blockId, block)
      }
      const held = bodies.get(blockId)
      if (held !== undefined) {
        judge(held)
        return
      }
      ask({ blockId, sources })
      after(patienceMs, () => {
        if (executing !== effect) return
        executing = null
        feed({ kind: 'executed', view, blockId, judgement: 'unavailable' })
      })
    },
    fetch: (effect) => {
      const held = bodies.get(effect.blockId)
      if (held === undefined || executing?.block.blockId === effect.blockId) {
        ask(effect)
        return
      }
      after(0, () => feed({ kind: 'fetched', block: held }))
    },
    held: (blockId) => bodies.get(blockId),
    add: (block) => {
      if (bodies.has(block.blockId)) return
      bodies.set(block.blockId, block)
      if (executing?.block.blockId === block.blockId) {
        judge(block)
        return
      }
      feed({ kind: 'fetched', block })
    },
    clear: () => {
      bodies.clear()
      executing = null
    },
  }
}

/** Some transactions, or none where that is allowed; invalid now and then if that is this replica's habit. */
function draftBlock(ports: HostPorts, { mayBeEmpty, share }: Asked<'propose'>): ProposedBlock {
  const { random } = ports.world
  const { height, self } = ports.config()
  const isEmpty = mayBeEmpty && (share === 0 || random.chance(0.5))
  const draft = {
    height,
    parent: ports.parent(),
    proposer: self ?? 0,
    honest: !random.chance(ports.invalidShare),
    size: isEmpty ? 0 : random.between(1, 3),
  }
  return buildBlock(draft, random)
}
