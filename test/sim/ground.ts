// What all processes of a simulation stand on.
import type { SyncSettings } from '../../node/replica/sync.ts'
import type { Chain } from './chain.ts'
import type { SimHost } from './host.ts'
import type { Network, Station } from './network.ts'
import type { Random } from './random.ts'
import type { Signatures } from './signatures.ts'
import type { Timeline } from './timeline.ts'
import type { Trace } from './trace.ts'

/** How nodes catch up and what they keep, where it is not as usual. */
export type NodeSettings = {
  readonly sync?: Partial<SyncSettings>
  /** By place; undefined keeps every block. */
  readonly keepBlocks?: (index: number) => number | undefined
}

export type Ground = {
  readonly chain: Chain
  readonly signatures: Signatures
  readonly timeline: Timeline
  readonly random: Random
  readonly trace: Trace
  readonly network: Network
  readonly settings: NodeSettings
  readonly hosts: Map<Station, SimHost>
  /** Sees every consensus frame that leaves anywhere. */
  overhear: (process: number, frame: Uint8Array) => void
}
