// The ledger: from genesis through proposals and commits to reads, across restarts.
import t from 'tap'
import { openLedger } from '../../../node/ledger/open.ts'
import { eventsKey, inboxKey } from '../../../node/store/keys.ts'
import { openLevelStore } from '../../../node/store/level.ts'
import { createMemoryStore } from '../../../node/store/memory.ts'
import { blockId, encodeHeader, type Header } from '../../../vm/block.ts'
import { validatorsRoot } from '../../../vm/validator.ts'
import {
  accountOf,
  act,
  cells,
  clear,
  elect,
  fail,
  genesisTimeMs,
  idOf,
  prove,
  putOf,
  TOY,
  toyGenesis,
  toyList,
  validatorsOf,
} from '../../support/toy-chain.ts'
import { build, certificateOf, certify, grow, openToy } from '../../support/toy-ledger.ts'

t.test('a new store begins with block 0 of the genesis', async (t) => {
  const ledger = await openToy()
  const { header, id, headerBytes, certificateBytes } = ledger.head()
  t.match(header, { height: 0, chainId: idOf('chain'), timeMs: genesisTimeMs })
  t.equal(header.parent, `0x${'00'.repeat(32)}`)
  t.equal(header.validatorsRoot, validatorsRoot(validatorsOf(4)))
  t.equal(id, blockId(headerBytes))
  t.equal(certificateBytes.length, 0)
  t.same(
    (await ledger.setChain(0)).map(({ validators }) => validators.length),
    [4],
  )
})

t.test('what one builds another executes to the same block, and both commit', async (t) => {
  const [primary, backup] = [await openToy(), await openToy()]
  for (let i = 0; i < 30; i++) {
    const candidates = [act(putOf(`n${i % 7}`, [i], [idOf('r', i % 3)])), act(putOf('late'))]
    if (i > 7) candidates.push(act({ type: clear, payload: { name: `n${(i + 1) % 7}` } }))
    const { execution } = build(primary, candidates)
    const { headerBytes, transactions } = execution
    const again = backup.execute({ headerBytes, transactions, verdictsOf: () => undefined })
    if (!again.ok) throw new Error(JSON.stringify(again.reason))
    t.equal(again.executed.id, execution.id)
    await primary.commit(execution, certificateOf(i + 1))
    await backup.commit(again.executed, certificateOf(i + 1))
    t.equal(primary.head().id, execution.id)
  }
  t.equal(primary.head().header.stateRoot, backup.head().header.stateRoot)
})

t.test('a proposal whose header is off by anything is refused, with what is wrong', async (t) => {
  const ledger = await openToy()
  await grow(ledger, [act(putOf('a'))])
  const { execution } = build(ledger, [act(putOf('b', [1], [idOf('r')]))])
  const { header, transactions } = execution
  const codeOf = (changes: Partial<Header>) => {
    const headerBytes = encodeHeader({ ...header, ...changes })
    const result = ledger.execute({ headerBytes, transactions, verdictsOf: () => undefined })
    return result.ok ? 'ok' : result.reason.kind === 'invalid' ? result.reason.code : 'other'
  }
  t.equal(codeOf({}), 'ok')
  t.equal(codeOf({ timeMs: header.timeMs + 1 }), 'ok', 'another time is another block')
  const wrong = idOf('wrong')
  t.equal(codeOf({ chainId: wrong }), 'WRONG_CHAIN')
  t.equal(codeOf({ parent: wrong }), 'PARENT')
  t.equal(codeOf({ height: 3 }), 'HEIGHT')
  t.equal(codeOf({ timeMs: ledger.head().header.timeMs }), 'TIME_NOT_AFTER_PARENT')
  t.equal(codeOf({ txRoot: wrong }), 'TX_ROOT')
  t.equal(codeOf({ receiptRoot: wrong }), 'RECEIPT_ROOT')
  t.equal(codeOf({ eventRoot: wrong }), 'EVENT_ROOT')
  t.equal(codeOf({ stateRoot: wrong }), 'STATE_ROOT')
  t.equal(codeOf({ validatorsRoot: wrong }), 'VALIDATORS_ROOT')
  t.equal(codeOf({ proposer: wrong }), 'PROPOSER')
  t.equal(codeOf({ proposer: accountOf('validator-2') }), 'STATE_ROOT', 'who proposed is recorded')
  const headerBytes = Uint8Array.from([...execution.headerBytes, 0])
  const result = ledger.execute({ headerBytes, transactions, verdictsOf: () => undefined })
  t.match(result, { ok: false, reason: { code: 'NOT_CANONICAL' } })
})

t.test('a primary leaves out what cannot be in its block, and says why', async (t) => {
  const ledger = await openToy()
  await grow(ledger, [act(putOf('fact'))])
  const once = act(putOf('a'))
  const candidates = [
    once,
    act({ type: fail, payload: { how: 'throw' } }),
    act({ type: fail, payload: { how: 'stack' } }),
    act({ type: prove, payload: { fact: 'unknown', proof: 1 } }),
    act({ type: prove, payload: { fact: 'fact', proof: 1 } }),
    once,
    act({ ...putOf('b'), validUntil: genesisTimeMs }),
    act({ ...putOf('b'), signers: ['dan'] }),
    act(putOf('late')),
    act(putOf('z')),
  ]
  // 2 for `a`, 11 for the proof, 2 for `late`: nothing is left for `z`.
  const { execution, leftOut } = build(ledger, candidates, { budget: 15 })
  t.same(
    execution.receipts.map(({ value }) => value.code),
    ['', '', 'LATE'],
  )
  t.same(
    leftOut.map(({ reason }) => (reason.kind === 'invalid' ? reason.code : reason.kind)),
    ['internal', 'trap', 'fact-unknown', 'REPEATED', 'EXPIRED', 'KEY_INACTIVE', 'no-room'],
  )
  t.equal(leftOut[0]?.id, candidates[1]?.transaction.id)
  t.same(execution.bugs, [])
  const { headerBytes, transactions } = execution
  const verdictsOf = () => [{ ok: true }] as const
  t.match(ledger.execute({ headerBytes, transactions, verdictsOf }), { ok: true })
})

t.test('a transaction is executed once, also after a restart', async (t) => {
  const store = createMemoryStore()
  const first = await openToy(store)
  const once = act(putOf('a'))
  await grow(first, [once])
  const again = await openToy(store)
  for (const ledger of [first, again]) {
    t.ok(ledger.contains(once.transaction.id))
    t.match(build(ledger, [once]).leftOut, [{ reason: { code: 'REPEATED' } }])
  }
})

t.test('everything about a decided block can be read back, also from disk', async (t) => {
  const folder = `${t.testdir()}/data`
  const store = await openLevelStore(folder)
  const ledger = await openToy(store)
  const [a, b] = [act(putOf('a', [1], [idOf('r', 1), idOf('r', 0)])), act(putOf('late'))]
  const executed = await grow(ledger, [a, b])
  for (let i = 0; i < 20; i++) await grow(ledger, [act(putOf(`n${i}`, [i], [idOf('r', 1)]))])
  await store.close()
  const reopened = await openLevelStore(folder)
  const again = await openToy(reopened)
  t.same(again.head(), ledger.head())
  t.same(again.header(1), {
    header: executed.header,
    headerBytes: executed.headerBytes,
    id: executed.id,
  })
  t.same(again.certificate(1), certify(executed, 4))
  t.same(
    again.block(1)?.transactions.map((bytes) => [...bytes]),
    [a, b].map(({ transaction }) => [...transaction.bytes]),
  )
  t.same(again.place(b.transaction.id), { height: 1, index: 1 })
  t.match(again.receipt(b.transaction.id), { height: 1, index: 1, receipt: { code: 'LATE' } })
  t.same(
    again.receipts(1)?.map(({ code }) => code),
    ['', 'LATE'],
  )
  t.equal(again.blockEvents(1)?.length, 2)
  t.same([...(cells.get(again.state(), 'n3') ?? [])], [3])
  t.same(
    [again.header(99), again.block(99), again.place(idOf('x')), again.receipts(99)],
    [undefined, undefined, undefined, undefined],
  )
  await reopened.close()
})

t.test('events of a recipient are listed in ledger order from a cursor', async (t) => {
  const ledger = await openToy()
  const me = idOf('me')
  for (let i = 0; i < 5; i++)
    await grow(ledger, [act(putOf(`n${i}`, [i], [me, idOf('r'), me, me]))])
  const all = await ledger.events({ recipient: me, limit: 100 })
  t.same(
    all.map(({ height, event }) => [height, event.index]),
    [1, 2, 3, 4, 5].flatMap((height) => [0, 2, 3].map((index) => [height, index])),
  )
  let after: { height: number; index: number } | undefined
  const paged: unknown[] = []
  for (;;) {
    const page = await ledger.events({ recipient: me, limit: 2, ...(after && { after }) })
    const last = page.at(-1)
    if (last === undefined) break
    paged.push(...page)
    after = { height: last.height, index: last.event.index }
  }
  t.same(paged, all)
  t.same(await ledger.events({ recipient: idOf('nobody'), limit: 5 }), [])
})

t.test(
  'a block that is forgotten while its events are listed is no damage, one without them is',
  async (t) => {
    const me = idOf('me')
    const listed = async (keysOf: (height: number) => string[]) => {
      const store = createMemoryStore()
      const forgetful = {
        ...store,
        range: async (span: Parameters<typeof store.range>[0]) => {
          const found = await store.range(span)
          if (span.from.startsWith('n/')) await store.write({ put: [], remove: keysOf(2) })
          return found
        },
      }
      await grow(await openToy(store), [act(putOf('a', [1], [me]))])
      await grow(await openToy(store), [act(putOf('b', [2], [me]))])
      return (await openToy(forgetful)).events({ recipient: me, limit: 5 })
    }
    t.equal((await listed(() => [])).length, 2)
    const forgotten = (height: number) => [eventsKey(height), inboxKey(me, height)]
    await t.rejects(listed(forgotten), { code: 'HEIGHT_PRUNED', data: { lowest: 3 } })
    await t.rejects(
      listed((height) => [eventsKey(height)]),
      { code: 'STORE_DAMAGED' },
    )
  },
)

t.test('the set chain holds the first header of each set', async (t) => {
  const ledger = await openToy()
  await grow(ledger, [])
  await grow(ledger, [act({ type: elect, payload: { count: 7 } })])
  await grow(ledger, [])
  await grow(ledger, [act({ type: elect, payload: { count: 5 } })])
  const links = await ledger.setChain(0)
  t.same(
    links.map(({ header, validators }) => [header.height, validators.length]),
    [
      [0, 4],
      [2, 7],
      [4, 5],
    ],
  )
  for (const link of links) t.equal(link.header.validatorsRoot, validatorsRoot(link.validators))
  t.same(
    (await ledger.setChain(3)).map(({ header }) => header.height),
    [4],
  )
  t.same(links[1]?.certificateBytes, links[1] && certify(links[1], 4), 'by the set before it')
})

t.test(
  'a reader keeps its height while blocks are committed, then says that it is too old',
  async (t) => {
    const ledger = await openToy()
    const name = (i: number) => `n${i}`
    await grow(
      ledger,
      [0, 1, 2, 3, 4].map((i) => act(putOf(name(i), [7]))),
    )
    const before = ledger.queryState()
    const keysOf = async () =>
      (await before.list({ app: TOY, prefix: 'cell/n', limit: 10 })).map(({ key }) => key)
    const keys = await keysOf()
    t.equal(keys.length, 5)
    for (let i = 0; i < 8; i++) {
      const { execution } = build(ledger, [
        act(putOf(name(i + 3), [8])),
        ...(i === 0 ? [act({ type: clear, payload: { name: name(1) } })] : []),
      ])
      const committed = ledger.commit(execution, certificateOf(0))
      t.same([...(cells.get(before, name(1)) ?? [])], [7], 'while the block is written')
      await committed
      t.same(await keysOf(), keys)
      t.same([...(cells.get(before, name(4)) ?? [])], [7])
      t.equal(cells.get(before, name(9)), undefined)
    }
    t.same([...(cells.get(ledger.state(), name(4)) ?? [])], [8])
    await grow(ledger, [])
    t.throws(() => before.get(cells.key('n1')), { code: 'HEAD_MOVING' })
  },
)

t.test('keys are listed by prefix, after a key, up to a limit', async (t) => {
  const ledger = await openToy()
  await grow(
    ledger,
    ['b', 'a', 'ab', 'c'].map((name) => act(putOf(name))),
  )
  const listed = async (span: object) =>
    (await ledger.queryState().list({ app: TOY, prefix: 'cell/', limit: 10, ...span })).map(
      ({ key }) => key,
    )
  t.same(await listed({}), ['cell/a', 'cell/ab', 'cell/b', 'cell/c'])
  t.same(await listed({ after: 'cell/a', limit: 2 }), ['cell/ab', 'cell/b'])
  t.same(await listed({ prefix: 'cell/a' }), ['cell/a', 'cell/ab'])
  t.same(await listed({ prefix: 'none/' }), [])
})

t.test('the data of another genesis is refused by name', async (t) => {
  const store = createMemoryStore()
  await openToy(store)
  const genesis = { ...toyGenesis(), chainId: idOf('other chain') }
  await t.rejects(openLedger({ store, genesis, list: toyList }), { code: 'GENESIS_MISMATCH' })
  const changed = { ...toyGenesis(), timeMs: 5 }
  await t.rejects(openLedger({ store, genesis: changed, list: toyList }), { code: 'STORE_DAMAGED' })
})
