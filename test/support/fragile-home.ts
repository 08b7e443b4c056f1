// What a validator of the toy chain keeps on disk, with every write of it in the hand of a test: its disk and its store fail as told.
import { homePaths } from '../../node/home.ts'
import { createMemoryStore } from '../../node/store/memory.ts'
import type { Store } from '../../node/store/port.ts'
import { createRandom, type Random } from '../sim/random.ts'
import {
  createMemoryDisk,
  type DiskFault,
  type DiskImage,
  type DiskOperation,
} from './memory-disk.ts'
import { publicKeyOf } from './toy-chain.ts'
import type { Disk } from './toy-validator.ts'

/** A write of the store is all or nothing, and synced when it resolves. */
export type HomeOperation = DiskOperation | { readonly kind: 'store'; readonly path: 'store' }

export type FragileHome = {
  /** For one life of the process; the power goes for those before it. */
  readonly open: () => Disk
  /** Called before each operation that could be the last; set by the test. */
  fault: (operation: HomeOperation) => DiskFault | undefined
}

const folder = '/home'

function fragileStore(medium: Store, random: Random, judge: FragileHome['fault']): Store {
  let isOff = false
  return {
    ...medium,
    write: async (change) => {
      const trouble = isOff ? undefined : judge({ kind: 'store', path: 'store' })
      const kept = isOff ? 'nothing' : (trouble?.kept ?? 'all')
      if (kept === 'all' || (kept === 'some' && random.chance(0.5))) await medium.write(change)
      isOff ||= trouble?.code === 'POWER'
      if (isOff || trouble !== undefined) {
        throw Object.assign(new Error('the store fails'), { code: trouble?.code ?? 'POWER' })
      }
    },
    close: async () => {
      isOff = true
    },
  }
}

/** Seeded. `segmentBytes`: small, so that a short run seals and drops segments of the journal. */
export function createFragileHome(index: number, seed: number, segmentBytes = 4_096): FragileHome {
  const random = createRandom(seed)
  const medium = createMemoryStore()
  const { keys, unusedKey } = homePaths(folder)
  let image: DiskImage = {
    files: new Map([[unusedKey, new TextEncoder().encode(publicKeyOf(`consensus-${index}`))]]),
    folders: new Set([folder, keys]),
  }
  let end = (): DiskImage => image
  const home: FragileHome = {
    open: () => {
      image = end()
      let isOff = false
      const fault: FragileHome['fault'] = (operation) => {
        if (isOff) return { code: 'POWER', kept: 'nothing' }
        const trouble = home.fault(operation)
        isOff = trouble?.code === 'POWER'
        return trouble
      }
      const files = createMemoryDisk({ image, random, fault })
      end = files.crash
      return { store: fragileStore(medium, random, fault), folder, files, segmentBytes }
    },
    fault: () => undefined,
  }
  return home
}
