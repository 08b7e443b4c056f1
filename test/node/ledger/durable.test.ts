// What is written and what is durable: a failed write ends the ledger's work, a block on its way to the disk is not yet decided here.
import t from 'tap'
import { createMemoryStore } from '../../../node/store/memory.ts'
import { act, putOf } from '../../support/toy-chain.ts'
import { build, certificateOf, openToy } from '../../support/toy-ledger.ts'

t.test('after a failed write nothing more is committed', async (t) => {
  const store = createMemoryStore()
  let isBroken = false
  const ledger = await openToy({
    ...store,
    write: (change) => (isBroken ? Promise.reject(new Error('EIO')) : store.write(change)),
  })
  isBroken = true
  const { execution } = build(ledger, [act(putOf('a'))])
  await t.rejects(ledger.commit(execution, certificateOf(1)), { message: 'EIO' })
  isBroken = false
  await t.rejects(ledger.commit(execution, certificateOf(1)), { name: 'AssertionError' })
  t.equal(ledger.head().header.height, 0)
})

t.test(
  'a block that can be read before it is durable is judged on its parent, and is in no place',
  async (t) => {
    const store = createMemoryStore()
    const durable = Promise.withResolvers<void>()
    let isSlow = false
    const write: typeof store.write = async (change) => {
      await store.write(change)
      if (isSlow) await durable.promise
    }
    const ledger = await openToy({ ...store, write })
    const { execution } = build(ledger, [act(putOf('a'))])
    const [first] = execution.transactions
    if (first === undefined) throw new Error('an empty block')
    isSlow = true
    const committed = ledger.commit(execution, certificateOf(1))
    await store.range({ from: 'a', below: 'z', limit: 1 })
    const { headerBytes, transactions } = execution
    const again = ledger.execute({ headerBytes, transactions, verdictsOf: () => undefined })
    t.ok(again.ok, 'by sync and by votes at once, a block comes twice')
    t.equal(ledger.place(first.transaction.id), undefined)
    durable.resolve()
    await committed
    t.match(ledger.place(first.transaction.id), { height: 1 })
  },
)
