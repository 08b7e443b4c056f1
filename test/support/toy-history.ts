// A toy chain that was decided before a test begins, in the stores of its validators.
import type { Test } from 'tap'
import { openLedger } from '../../node/ledger/open.ts'
import type { Ledger } from '../../node/ledger/types.ts'
import { createMemoryStore } from '../../node/store/memory.ts'
import type { Store } from '../../node/store/port.ts'
import type { CheckedTransaction } from '../../vm/execute.ts'
import { accountOf, act, genesisTimeMs, putOf, toyGenesis, toyList } from './toy-chain.ts'
import { build, certify } from './toy-ledger.ts'
import { createDisk, type Disk, toyParameters } from './toy-validator.ts'

/** The store as a range of everything. */
const everything = { from: '', below: '\x7f', limit: 1e9 }

export async function copyStore(store: Store): Promise<Store> {
  const copy = createMemoryStore()
  await copy.write({ put: await store.range(everything), remove: [] })
  return copy
}

/** Something in every block: cells that come, change and are told of. */
function ordinary(height: number): readonly CheckedTransaction[] {
  const validUntil = genesisTimeMs + 500_000
  return [
    act({ ...putOf(`cell-${height % 97}`, [height & 255, height >> 8]), validUntil }),
    act({ ...putOf(`once-${height}`, [1]), validUntil }),
  ]
}

type Growth = {
  readonly blocks: number
  /** Between two blocks; 1 if not given. */
  readonly stepMs?: number
  readonly each?: (height: number) => readonly CheckedTransaction[]
}

/** A chain to be made, or one that is there. */
export type Past = Growth | { readonly on: Store }

/** Blocks decided by all validators of their height. */
export async function growPast(ledger: Ledger, past: Growth): Promise<void> {
  const { blocks, stepMs = 1, each = ordinary } = past
  for (let count = 0; count < blocks; count++) {
    const { header } = ledger.head()
    const { execution, leftOut } = build(ledger, each(header.height + 1), {
      timeMs: header.timeMs + stepMs,
      proposer: accountOf('validator-0'),
    })
    if (leftOut.length > 0) throw new Error(`left out: ${leftOut[0]?.reason.kind}`)
    const validators = ledger.rules.list.identity.validators(ledger.state()).length
    ledger.stage(execution, certify(execution, validators))
  }
  await ledger.flush()
}

export async function createPast(past: Past): Promise<Store> {
  if ('on' in past) return past.on
  const store = createMemoryStore()
  const genesis = toyGenesis(toyParameters)
  await growPast(await openLedger({ store, genesis, list: toyList }), past)
  return store
}

/** The disk of a validator that was there. */
export async function diskWith(t: Test, index: number, store: Store): Promise<Disk> {
  return { ...createDisk(t, index), store: await copyStore(store) }
}
