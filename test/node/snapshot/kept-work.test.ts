// The work that a peer makes by asking for a piece of a state again and again.
import t from 'tap'
import { createKeptStates } from '../../../node/snapshot/kept-states.ts'
import { act, genesisTimeMs, putOf, toyList } from '../../support/toy-chain.ts'
import { growPast } from '../../support/toy-history.ts'
import { openToy } from '../../support/toy-ledger.ts'
import { toyClock } from '../../support/toy-validator.ts'

t.test('values that are too many for an answer are read once', async (t) => {
  const ledger = await openToy()
  const validUntil = genesisTimeMs + 500_000
  const value = Array.from({ length: 1_000 }, () => 1)
  const each = (height: number) =>
    Array.from({ length: 100 }, (_, i) => act({ ...putOf(`k-${height}-${i}`, value), validUntil }))
  await growPast(ledger, { blocks: 6, each })
  let reads = 0
  const keep = () => {
    const state = ledger.keep()
    const read: typeof state.value = (at) => {
      reads += 1
      return state.value(at)
    }
    return { ...state, value: read }
  }
  const kept = createKeptStates({ ledger: { keep, head: ledger.head }, clock: toyClock })
  t.teardown(kept.stop)
  kept.offers()
  const app = toyList.apps.find(({ name }) => name === 'toy')?.tag ?? 0
  const ask = () => kept.piece({ kind: 'state', blockId: ledger.head().id, app, prefix: '' })
  t.match(await ask(), { kind: 'node' })
  const first = reads
  t.ok(first > 0)
  t.match(await ask(), { kind: 'node' })
  t.equal(reads, first)
})
