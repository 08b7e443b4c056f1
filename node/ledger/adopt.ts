// Takes over a state that was fetched: it grows beside the one in use, and one write makes it the newest.
import { assert } from '../../vm/assert.ts'
import { validatorsCodec } from '../../vm/validator.ts'
import { changeInArea, clearArea, otherArea } from '../store/areas.ts'
import { certificateKey, headerKey, idsKey, setKey } from '../store/keys.ts'
import type { Store, StorePut } from '../store/port.ts'
import { type Base, baseEntry } from './base.ts'
import { headRecord, places } from './commit.ts'
import { idsCodec, seal, sealed } from './records.ts'
import type { Adoption, SealedHeader, SetLink, WindowBlock } from './types.ts'

function headerEntry({ header, headerBytes }: SealedHeader): StorePut {
  const key = headerKey(header.height)
  return { key, value: seal(key, headerBytes) }
}

/** The header below a link, which shows whose certificate it has: it may be older than the window. */
function parentEntry({ header, parentBytes }: SetLink): StorePut {
  const key = headerKey(header.height - 1)
  return { key, value: seal(key, parentBytes) }
}

/** What is left of a block in which a transaction may not be executed again. */
function windowEntries({ sealed: header, ids }: WindowBlock): StorePut[] {
  const { height } = header.header
  return [headerEntry(header), sealed(idsKey(height), idsCodec, ids), ...places(height, ids)]
}

function adoptionEntries({ head, roots, window, links }: Adoption): StorePut[] {
  const { height } = head.header
  const certified = [head, ...links].map((one) => {
    const key = certificateKey(one.header.height)
    return { key, value: seal(key, one.certificateBytes) }
  })
  return [
    ...window.flatMap(windowEntries),
    ...links.map(parentEntry),
    ...[head, ...links].map(headerEntry),
    ...certified,
    ...links.map(({ header, validators }) =>
      sealed(setKey(header.height), validatorsCodec, validators),
    ),
    headRecord(height, head.id, roots),
  ]
}

export type AreaImport = {
  /** State values, under the keys that the ledger knows. */
  readonly put: (entries: readonly StorePut[]) => Promise<void>
  /** The one write after which the fetched state is the newest; answers where the ledger stands then. */
  readonly finish: (adoption: Adoption) => Promise<Base>
}

/** What an import that did not end has left goes first: a crash on the way leaves the ledger as it was. */
export async function createAreaImport(store: Store, base: Base): Promise<AreaImport> {
  const area = otherArea(base.area)
  await clearArea(store, area)
  let isFinished = false
  return {
    put: (put) => {
      assert(!isFinished, 'the state is complete')
      return store.write(changeInArea(area, { put, remove: [] }))
    },
    finish: async (adoption) => {
      isFinished = true
      const next = { lowest: adoption.head.header.height + 1, area }
      await store.write({ put: [...adoptionEntries(adoption), baseEntry(next)], remove: [] })
      return next
    },
  }
}
