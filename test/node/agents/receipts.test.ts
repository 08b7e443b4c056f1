// Patients that read their receipts: nothing is said about right ones, wrong ones are disputed once, and taken back where they stay.
import { type Test, test } from 'tap'
import { recordId } from '../../../apps/vault/ids.ts'
import { badRecordTable, disputedTable, reversalTable } from '../../../apps/vault/state.ts'
import { createSeedSigner } from '../../../client/signer.ts'
import { acceptedActs } from '../../../node/agents/block.ts'
import { wrongReceipt } from '../../../node/agents/hospital/cheats.ts'
import { createReceipts } from '../../../node/agents/patients/receipts.ts'
import {
  ask,
  invoiceOf,
  letAskBucket,
  letWrite,
  recordAmounts,
  segmentOf,
  tagOf,
} from '../../apps/vault/cast.ts'
import { deal, type Ready } from '../../apps/vault/dealing.ts'
import { repBatchOf } from '../../apps/vault/replicated/batches.ts'
import { dealRep, recordRep } from '../../apps/vault/replicated/scene.ts'
import { createWorld, entropyOf, idOf, must, suite, type World } from '../../apps/vault/world.ts'
import { contextFor, type Said } from './stage.ts'

const seed = new Uint8Array(32).fill(7)

/** A patient that reads all blocks of the world, from the first one or after the last. */
async function patient(t: Test, world: World) {
  const said: Said[] = []
  const context = await contextFor(t, world, { name: 'pat', said })
  const signer = createSeedSigner({ account: idOf('pat'), seed })
  const { publicKey, secret: tagSecret } = tagOf('pat')
  const receipts = createReceipts(context, (tag) =>
    tag === publicKey ? { signer, tagSecret } : undefined,
  )
  const look = async (from = 0) => {
    for (const one of world.blocks.slice(from))
      await receipts.look(acceptedActs(world.rules.types, one))
  }
  return { said, look, receipts }
}

/** A record of one hospital that tells the patient more than it holds. */
function lie(world: World, { committee, epoch, key, init }: Ready, word: string) {
  const writing = {
    chainId: world.chainId,
    account: init.account,
    committee,
    epoch,
    key,
    writerSecret: entropyOf('writer'),
    entropy: entropyOf(word),
  }
  const tools = { group: suite.group, range: suite }
  const payload = wrongReceipt(tools, writing, invoiceOf('pat', 70n, word))
  must(world, 'vault.record', payload, 'hospital desk')
  return recordId(payload)
}

test('right receipts of both sharings are read, and nobody says anything', async (t) => {
  const world = await createWorld()
  const ready = deal(world)
  const rep = dealRep(world)
  letWrite(world, 'pat', 'sam')
  recordAmounts(world, ready, { name: 'pat', amounts: [1n, 2n] })
  recordAmounts(world, ready, { name: 'sam', amounts: [3n] })
  recordRep(world, rep, { name: 'pat', amounts: [4n] })
  const batched = (['pat', 'sam', 'pat'] as const).map((name, at) => invoiceOf(name, 5n, `b ${at}`))
  must(world, 'rep.recordBatch', repBatchOf(world, rep, batched), 'hospital desk')
  const { said, look, receipts } = await patient(t, world)
  await look()
  t.same(receipts.counts(), { read: 5, disputed: 0 })
  t.same(said, [])
})

test('a wrong receipt is disputed, once, and the record is out', async (t) => {
  const world = await createWorld()
  const ready = deal(world)
  letWrite(world, 'pat')
  recordAmounts(world, ready, { name: 'pat', amounts: [1n, 2n, 3n] })
  const id = lie(world, ready, 'a lie')
  const { said, look } = await patient(t, world)
  await look()
  t.match(said, [{ type: 'receipt.dispute', code: '' }])
  t.ok(badRecordTable.get(world.state(), id))
  await look()
  t.equal(said.length, 1, 'blocks that are read again change nothing')
})

test('a wrong receipt in a set that was asked for is disputed and taken back', async (t) => {
  const world = await createWorld()
  const ready = deal(world)
  letWrite(world, 'pat')
  recordAmounts(world, ready, { name: 'pat', amounts: [1n, 2n, 3n] })
  const id = lie(world, ready, 'a late lie')
  const consent = letAskBucket(world, ready.committee, 'pat')
  t.equal(ask(world, ready, { target: segmentOf('pat', 0), consent }).code, '')
  const { said, look } = await patient(t, world)
  await look()
  t.match(said, [
    { type: 'receipt.dispute', code: '' },
    { type: 'vault.reverse', code: '' },
  ])
  t.ok(disputedTable.get(world.state(), id))
  t.ok(reversalTable.get(world.state(), id))
})
