// A helper's own reading of the chain: its copy of the ledger follows from proven blocks, and a chain that breaks the rules is left.
import { test } from 'tap'
import { keysetTable } from '../../../apps/committee/state.ts'
import { committeeTable, queryTable, recordTable } from '../../../apps/vault/state.ts'
import { openOwnState } from '../../../node/agents/helper/own-state.ts'
import { readBlock } from '../../../node/agents/helper/reading.ts'
import { createMemoryStore } from '../../../node/store/memory.ts'
import type { Receipt } from '../../../vm/block.ts'
import type { Hex } from '../../../vm/types.ts'
import {
  ask,
  grantOf,
  letAsk,
  letAskBucket,
  letWrite,
  openOf,
  recordAmounts,
  segmentOf,
} from '../../apps/vault/cast.ts'
import { deal } from '../../apps/vault/dealing.ts'
import { createWorld, type World } from '../../apps/vault/world.ts'
import { blockAt, tipAt } from './stage.ts'

const id = (byte: string): Hex => `0x${byte.repeat(32)}` as Hex

/** A reader at the chain's start; `take` hands it the next block, as the world made it or altered. */
async function readerOf(world: World) {
  const own = openOwnState(createMemoryStore())
  await own.commit(world.first, tipAt(world, 0))
  const take = async (alter: (receipt: Receipt) => Receipt = (receipt) => receipt) => {
    const height = (own.tip()?.height ?? 0) + 1
    const { block, tip } = blockAt(world, height)
    const transactions = block.transactions.map(({ transaction, receipt }) => ({
      transaction,
      receipt: alter(receipt),
    }))
    const overlay = own.overlay()
    const acts = readBlock(
      world.rules,
      { state: overlay, before: own.reader },
      { ...block, transactions },
    )
    await own.commit(overlay.writes(), tip)
    return acts
  }
  const takeAll = async () => {
    while ((own.tip()?.height ?? 0) < world.blocks.length) await take()
  }
  return { own, take, takeAll }
}

async function filled() {
  const world = await createWorld()
  const ready = deal(world)
  letWrite(world, 'pat')
  const records = recordAmounts(world, ready, { name: 'pat', amounts: [5n, 6n, 7n] })
  return { world, ready, records }
}

test('the copy says what the ledger says', async (t) => {
  const { world, ready, records } = await filled()
  const consent = letAskBucket(world, ready.committee, 'pat')
  const { query } = ask(world, ready, { target: segmentOf('pat', 0), consent })
  const { own, takeAll } = await readerOf(world)
  await takeAll()
  const ledger = world.state()
  for (const id of records)
    t.same(recordTable.get(own.reader, id), recordTable.get(ledger, id) ?? 'missing')
  t.same(queryTable.get(own.reader, query), queryTable.get(ledger, query) ?? 'missing')
  const { committee } = ready
  t.same(committeeTable.get(own.reader, committee), committeeTable.get(ledger, committee) ?? 'no')
  t.equal(keysetTable.get(own.reader, committee), undefined)
})

test('what the ledger refused changes nothing here', async (t) => {
  const { world, ready } = await filled()
  const { code } = ask(world, ready, {
    target: segmentOf('pat', 0),
    consent: id('00'),
  })
  t.not(code, '')
  const { own, take, takeAll } = await readerOf(world)
  const height = world.blocks.length
  while ((own.tip()?.height ?? 0) < height - 1) await take()
  t.same(await take(), [])
  await takeAll()
})

test('a question that the rules forbid is not answered, whoever certified it', async (t) => {
  const { world, ready } = await filled()
  const { committee } = ready
  const consent = letAskBucket(world, committee, 'pat')
  const foreign = letAsk(world, committee, {
    ...{ names: ['pat'], scope: grantOf(world, committee, scopeOf()).scope },
    insurer: id('77'),
  })
  const forbidden = [
    { target: segmentOf('pat', 0), consent: foreign },
    { target: segmentOf('pat', 9), consent },
    { target: segmentOf('sam', 0), consent },
  ]
  for (const terms of forbidden) {
    const { payload } = openOf(world, ready, terms)
    t.not(world.send('query.open', payload, 'payer a').code, '')
    const { own, take } = await readerOf(world)
    while ((own.tip()?.height ?? 0) < world.blocks.length - 1) await take()
    const before = own.tip()
    await t.rejects(
      take((receipt) => ({ ...receipt, code: '' })),
      { code: 'DIVERGED' },
    )
    t.same(own.tip(), before, 'it stays where it was')
  }
})

test('a receipt that promises other changes is not believed', async (t) => {
  const { world } = await filled()
  const { own, take } = await readerOf(world)
  const lie = (receipt: Receipt): Receipt => ({ ...receipt, writeSetHash: id('11') })
  await t.rejects(take(lie), { code: 'DIVERGED' })
  t.equal(own.tip()?.height, 0)
  await take()
  t.equal(own.tip()?.height, 1)
})

function scopeOf() {
  const { target } = { target: segmentOf('pat', 0) }
  if (target.kind !== 'segment') throw new Error('a segment')
  return { names: ['pat'], scope: { kind: 'buckets', buckets: [target.bucket] } } as const
}
