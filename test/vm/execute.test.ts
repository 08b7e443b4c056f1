// What makes a block invalid, what becomes a receipt, and that a bug of an application stays inside its transaction.
import t from 'tap'
import type { Verdict } from '../../vm/app.ts'
import type { Header } from '../../vm/block.ts'
import {
  type BlockPlan,
  type CheckedTransaction,
  type Execution,
  executeBlock,
} from '../../vm/execute.ts'
import type { Parameters } from '../../vm/rules.ts'
import { createOverlay, emptyState, type Reader } from '../../vm/state.ts'
import {
  accountOf,
  act,
  batch,
  cells,
  clear,
  fail,
  genesisTimeMs,
  idOf,
  prove,
  publicKeyOf,
  put,
  putOf,
  revoke,
  TOY,
  toyGenesis,
  toyRules,
} from '../support/toy-chain.ts'

const parent: Header = {
  version: 1,
  chainId: idOf('chain'),
  height: 6,
  timeMs: genesisTimeMs,
  parent: idOf('p'),
  txRoot: idOf('t'),
  receiptRoot: idOf('r'),
  eventRoot: idOf('e'),
  stateRoot: idOf('s'),
  validatorsRoot: idOf('v'),
  proposer: accountOf('validator-0'),
}
const timeMs = genesisTimeMs + 1000

function stateOf(names: readonly string[] = []): Reader {
  const state = createOverlay(emptyState)
  for (const { app, key, value } of toyGenesis().writes) state.set({ app, key }, value)
  for (const name of names) cells.put(state, new Uint8Array([5]), name)
  return state
}

function run(
  transactions: readonly CheckedTransaction[],
  plan: Partial<BlockPlan> & { readonly parameters?: Partial<Parameters> } = {},
) {
  return executeBlock({
    rules: toyRules(plan.parameters),
    parent,
    state: stateOf(),
    height: 7,
    timeMs,
    proposer: accountOf('validator-1'),
    contains: () => false,
    verdictsOf: () => undefined,
    ...plan,
    transactions,
  })
}

function executed(...parameters: Args<typeof run>): Execution {
  const result = run(...parameters)
  if (!result.ok) throw new Error(`invalid: ${JSON.stringify(result.reason)}`)
  return result.execution
}
type Args<F extends (...args: never[]) => unknown> = F extends (...args: infer P) => unknown
  ? P
  : never

function faultOf(...parameters: Args<typeof run>): string {
  const result = run(...parameters)
  if (result.ok) return 'valid'
  return result.reason.kind === 'invalid' ? result.reason.code : result.reason.kind
}

const codesOf = (execution: Execution) => execution.receipts.map(({ value }) => value.code)
const cellOf = (execution: Execution, name: string) => {
  const value = cells.get(execution.after, name)
  return value && [...value]
}

t.test('a transaction takes effect and leaves a receipt', async (t) => {
  const transaction = act(putOf('a', [1, 2]))
  const execution = executed([transaction])
  t.same(cellOf(execution, 'a'), [1, 2])
  const receipt = execution.receipts[0]?.value
  t.match(receipt, { txId: transaction.transaction.id, tag: put.tag, code: '', items: [], cost: 2 })
  t.equal(execution.cost, 2, 'one signature and one unit')
})

t.test('identity.endBlock writes last, also in an empty block', async (t) => {
  const { writes, receipts } = executed([])
  t.same([writes.length, receipts.length], [1, 0])
  t.equal(writes[0]?.key, `proposed/${accountOf('validator-1')}`)
})

t.test('each of these makes a block invalid', async (t) => {
  const ok = act(putOf('a'))
  const cases: readonly [string, Args<typeof run>][] = [
    ['WRONG_CHAIN', [[act({ ...putOf('a'), chainId: idOf('other') })]]],
    ['EXPIRED', [[act({ ...putOf('a'), validUntil: timeMs - 1 })]]],
    ['TOO_FAR_AHEAD', [[act({ ...putOf('a'), validUntil: timeMs + 600_001 })]]],
    ['REPEATED', [[ok, ok]]],
    ['REPEATED', [[ok], { contains: (id) => id === ok.transaction.id }]],
    ['KEY_INACTIVE', [[act({ ...putOf('a'), signers: ['dan'] })]]],
    ['KEY_INACTIVE', [[act({ ...putOf('a'), signers: ['ann', 'dan'] })]]],
    ['KEY_INACTIVE', [[act({ ...putOf('a'), signers: ['nobody'] })]]],
    ['HEIGHT', [[], { height: 8 }]],
    ['TIME_NOT_AFTER_PARENT', [[], { timeMs: parent.timeMs }]],
    ['PROPOSER', [[], { proposer: accountOf('ann') }]],
  ]
  for (const [code, parameters] of cases) t.equal(faultOf(...parameters), code)
  t.equal(faultOf([act({ ...putOf('a'), validUntil: timeMs })]), 'valid', 'the last moment')
  t.equal(faultOf([act({ ...putOf('a'), validUntil: timeMs + 600_000 })]), 'valid', 'the first')
})

t.test('budgets of envelope, block, account and organization', async (t) => {
  const parameters = { blockBudget: 20, accountShare: 50, organizationShare: 60 }
  const puts = (count: number, signers: readonly string[]) =>
    Array.from({ length: count }, () => act({ ...putOf('a'), signers }))
  const items = (count: number) =>
    batch({ type: put, payload: Array.from({ length: count }, () => putOf('a').payload) }, false)
  t.equal(faultOf([items(8)], { parameters }), 'valid', '1 + 8 + 1 = half of the block')
  t.equal(faultOf([items(9)], { parameters }), 'TOO_HEAVY', 'more than half of the block')
  t.equal(faultOf([items(8)], { parameters: { ...parameters, accountShare: 45 } }), 'TOO_HEAVY')
  t.equal(
    faultOf([items(8)], { parameters: { ...parameters, organizationShare: 45 } }),
    'TOO_HEAVY',
  )
  t.equal(faultOf(puts(5, ['ann']), { parameters }), 'valid')
  t.equal(faultOf(puts(6, ['ann']), { parameters }), 'OVER_BUDGET', 'the account')
  const clinic = [...puts(5, ['ann']), ...puts(1, ['bob'])]
  t.equal(faultOf(clinic, { parameters }), 'valid')
  t.equal(faultOf([...clinic, ...puts(1, ['bob'])], { parameters }), 'OVER_BUDGET', 'the clinic')
  t.equal(faultOf([...clinic, ...puts(4, ['cid'])], { parameters }), 'valid', 'cid has no clinic')
  const whole = { blockBudget: 20, accountShare: 100, organizationShare: 100 }
  t.equal(faultOf(puts(11, ['ann']), { parameters: whole }), 'OVER_BUDGET', 'the block')
  t.equal(faultOf(puts(10, ['ann']), { parameters: whole }), 'valid')
  const paidByCid = Array.from({ length: 3 }, () => act({ ...putOf('a'), signers: ['cid', 'ann'] }))
  t.equal(
    faultOf([...puts(5, ['ann']), ...paidByCid.slice(0, 3)], { parameters }),
    'valid',
    'the first signer pays',
  )
})

t.test('a refusal leaves no trace in the state but its receipt', async (t) => {
  const execution = executed([
    act(putOf('forbidden')),
    act(putOf('late')),
    act({ type: clear, payload: { name: 'x' } }),
  ])
  t.same(codesOf(execution), ['FORBIDDEN', 'LATE', 'NO_CELL'])
  t.equal(cellOf(execution, 'late'), undefined, 'what was written before the refusal is dropped')
  t.equal(execution.writes.length, 1, 'endBlock only')
})

t.test('later transactions see what earlier ones wrote', async (t) => {
  const execution = executed([act(putOf('a')), act({ type: clear, payload: { name: 'a' } })])
  t.same(codesOf(execution), ['', ''])
  t.equal(cellOf(execution, 'a'), undefined)
})

t.test('a key that an earlier transaction of the block revoked is refused', async (t) => {
  const revocation = act({
    type: revoke,
    payload: { account: accountOf('ann'), publicKey: publicKeyOf('ann') },
    signers: ['bob'],
  })
  const execution = executed([act(putOf('before')), revocation, act(putOf('after'))])
  t.same(codesOf(execution), ['', '', 'KEY_REVOKED'])
  t.equal(cellOf(execution, 'after'), undefined)
  t.same(
    codesOf(executed([revocation, batch({ type: put, payload: [putOf('a').payload] }, true)])),
    ['', 'KEY_REVOKED'],
  )
})

t.test('batches: receipts per item, and all or nothing as an option', async (t) => {
  const payload = ['a', 'late', 'b'].map((name) => putOf(name, [1], [idOf('r')]).payload)
  const each = executed([batch({ type: put, payload }, false)])
  t.match(each.receipts[0]?.value, { code: 'ITEMS_REFUSED', items: ['', 'LATE', ''], cost: 5 })
  t.same([cellOf(each, 'a'), cellOf(each, 'late'), cellOf(each, 'b')], [[1], undefined, [1]])
  t.equal(each.events.length, 2)
  const all = executed([batch({ type: put, payload }, true)])
  t.match(all.receipts[0]?.value, {
    code: 'LATE',
    items: ['BATCH_REFUSED', 'LATE', 'BATCH_REFUSED'],
  })
  t.same([cellOf(all, 'a'), all.events.length, all.writes.length], [undefined, 0, 1])
  const fine = executed([batch({ type: put, payload: [payload[0], payload[2]] }, true)])
  t.match(fine.receipts[0]?.value, { code: '', items: ['', ''] })
})

t.test('authorize comes before the verdict, the verdict before execution', async (t) => {
  const proof = (fact: string, value: number) =>
    act({ type: prove, payload: { fact, proof: value } })
  const verdict = (...verdicts: readonly Verdict[]) => ({
    state: stateOf(['f']),
    verdictsOf: () => verdicts,
  })
  const bad: Verdict = { ok: false, code: 'BAD_PROOF' }
  t.same(codesOf(executed([proof('f', 1)], verdict({ ok: true }))), [''])
  t.same(codesOf(executed([proof('f', 2)], verdict(bad))), ['BAD_PROOF'])
  t.same(codesOf(executed([proof('forbidden', 1)], verdict(bad))), ['FORBIDDEN'])
})

t.test('facts count as they are in the parent state', async (t) => {
  const proof = act({ type: prove, payload: { fact: 'f', proof: 1 } })
  const verdictsOf = () => [{ ok: true }] as const
  t.same(codesOf(executed([act(putOf('f')), proof], { verdictsOf })), ['', 'FACT_UNKNOWN'])
  t.equal(faultOf([proof], { state: stateOf(['f']) }), 'unverified', 'no verdict')
  const old = () => [{ ok: false, code: 'FACT_UNKNOWN' }] as const
  t.equal(faultOf([proof], { state: stateOf(['f']), verdictsOf: old }), 'unverified', 'an old one')
})

t.test('a bug of an application is INTERNAL, reported, and harms nobody else', async (t) => {
  for (const how of ['throw', 'invariant', 'event', 'code']) {
    const bug = act({ type: fail, payload: { how } })
    const execution = executed([act(putOf('a')), bug, act(putOf('b'))])
    t.same(codesOf(execution), ['', 'INTERNAL', ''], how)
    t.equal(cellOf(execution, 'harm'), undefined, 'its writes are dropped')
    t.match(execution.bugs, [{ txId: bug.transaction.id, cause: Error }])
    t.equal(execution.bugs.length, 1)
  }
  const items = [{ how: 'code' }, { how: 'throw' }]
  const { receipts } = executed([batch({ type: fail, payload: items }, false)])
  t.match(receipts[0]?.value, { code: 'INTERNAL', items: ['INTERNAL', 'INTERNAL'] })
})

t.test('stack overflows and WASM traps are never INTERNAL', async (t) => {
  for (const how of ['stack', 'wasm']) {
    t.equal(faultOf([act({ type: fail, payload: { how } })]), 'trap', how)
  }
})

t.test('a state that cannot be read is no refusal, even if the application hides it', async (t) => {
  const state: Reader = {
    get: (at) => {
      if (at.app === TOY && at.key === 'damaged') throw new Error('flipped')
      return stateOf().get(at)
    },
  }
  t.throws(() => run([act({ type: fail, payload: { how: 'caught-read' } })], { state }), {
    message: 'flipped',
  })
})

t.test('events are numbered in ledger order and sorted by recipient', async (t) => {
  const [first, second] = [idOf('r', 1), idOf('r', 2)].sort()
  const { events } = executed([
    act(putOf('a', [1], [second as never, first as never])),
    act(putOf('b', [1], [first as never])),
  ])
  t.same(
    events.map(({ value }) => [value.recipient, value.index]),
    [
      [first, 1],
      [first, 2],
      [second, 0],
    ],
  )
})

t.test('the write set hash names what one transaction wrote, whatever the order', async (t) => {
  const hashOf = (execution: Execution, index = 0) => execution.receipts[index]?.value.writeSetHash
  const a = hashOf(executed([act(putOf('a'))]))
  t.equal(a, hashOf(executed([act(putOf('x')), act(putOf('a'))]), 1))
  t.not(a, hashOf(executed([act(putOf('a', [2]))])))
  t.not(a, hashOf(executed([act(putOf('b'))])))
  const refused = hashOf(executed([act(putOf('late'))]))
  t.equal(refused, hashOf(executed([act(putOf('forbidden'))])), 'of a refusal: nothing')
  const removed = executed([act({ type: clear, payload: { name: 'f' } })], {
    state: stateOf(['f']),
  })
  t.not(hashOf(removed), refused, 'a removal is a write')
  const pair = ['a', 'b'].map((name) => putOf(name).payload)
  const both = [pair, pair.toReversed()].map((payload) =>
    hashOf(executed([batch({ type: put, payload }, true)])),
  )
  t.equal(both[0], both[1])
})

t.test('more transactions than a block may have make it invalid', async (t) => {
  const parameters = { blockBudget: 1_000_000 }
  const many = Array.from({ length: 10_001 }, () => act(putOf('a')))
  t.equal(faultOf(many.slice(0, 10_000), { parameters }), 'valid')
  t.equal(faultOf(many, { parameters }), 'TOO_LARGE')
})
