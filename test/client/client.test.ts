// The client against a real server: submit, wait, read, follow, and what it says when nothing answers.
import { test } from 'tap'
import { createClient } from '../../client/client.ts'
import type { ClientError } from '../../client/errors.ts'
import { type Topic, watch, watchBlocks } from '../../client/watch.ts'
import type { FetchLike } from '../../client/web.ts'
import { createTestChain, type TestChain } from '../node/rpc/chain.ts'
import { serve } from '../node/rpc/serve.ts'

/** Decides a block as soon as something waits. */
function decideByItself(chain: TestChain): TestChain {
  const submit: TestChain['port']['submit'] = async (envelope) => {
    const admission = await chain.port.submit(envelope)
    setImmediate(() => void chain.commit())
    return admission
  }
  return { ...chain, port: { ...chain.port, submit } }
}

test('a transaction is submitted, waited for and read by a query', async (t) => {
  const { chain, url } = await serve(t, { chain: decideByItself(await createTestChain()) })
  const client = createClient({ url })
  const { chainId } = await client.chain()
  t.equal(chainId, chain.genesis.chainId)
  const signed = await chain.transfer({ from: 0, to: 1, amount: '250' })
  const receipt = await client.submitAndWait(signed)
  t.match(receipt, { id: signed.id, block: 1, receipt: { code: '' } })
  const holding = { account: chain.account(1), currency: 'USD' }
  const answer = await client.query('bank.balance', holding, { minHeight: receipt.block })
  t.match(answer, { result: { amount: '1000000250' } })
  t.match(await client.status(signed.id), { status: 'committed', block: 1 })
  const { events } = await client.events({ recipient: chain.account(1) })
  t.match(events, [{ cursor: '1-0', event: { txId: signed.id, kind: 'bank.received' } }])
  t.match(await client.submit(signed), { id: signed.id, status: 'committed' })
})

test('many transactions go in one call, and a refusal is the outcome of its own', async (t) => {
  const { chain, url } = await serve(t)
  const client = createClient({ url })
  const good = await chain.transfer({ from: 0, to: 1, amount: '250' })
  const late = await chain.transfer({ from: 0, to: 1, amount: '1', validUntil: 1 })
  t.match(await client.submitMany([late, good]), [
    { kind: 'refused', code: 'TX_EXPIRED' },
    { kind: 'accepted', id: good.id },
  ])
})

test("a node's refusal arrives with its code, its facts and what to try", async (t) => {
  const { chain, url } = await serve(t)
  const client = createClient({ url })
  const late = await chain.transfer({ from: 0, to: 1, amount: '1', validUntil: 1 })
  await t.rejects(client.submit(late), {
    name: 'ClientError',
    code: 'TX_EXPIRED',
    hint: /validUntil/,
  })
  await t.rejects(client.receipt(late.id), { code: 'NOT_FOUND' })
  await t.rejects(client.query('bank.balance', {}), { code: 'INVALID_PARAMS' })
})

test('when a node is silent the next is asked, and first the next time', async (t) => {
  const { url } = await serve(t)
  const asked: string[] = []
  const fetchCounted: FetchLike = (target, request) => {
    asked.push(target)
    return fetch(target, request as RequestInit)
  }
  const dead = 'http://127.0.0.1:1'
  const client = createClient({ urls: [dead, url], fetch: fetchCounted })
  t.equal((await client.head()).height, 0)
  t.equal((await client.head()).height, 0)
  t.same(asked, [dead, url, url])
  let alive = 'a'
  const moody: FetchLike = (target, request) => fetchCounted(target === alive ? url : dead, request)
  const patient = createClient({ urls: ['a', 'b'], fetch: moody })
  for (alive of ['a', 'b', 'a', 'b']) t.equal((await patient.head()).height, 0, `${alive} answers`)
  await t.rejects(createClient({ url: dead }).head(), { code: 'NODE_UNREACHABLE', hint: /running/ })
  await t.rejects(createClient({}).head(), { code: 'NODE_UNREACHABLE' })
})

test('BUSY is tried again after the time that the node names, and not for ever', async (t) => {
  const chain = await createTestChain()
  let refusals = 0
  const submit: TestChain['port']['submit'] = async (envelope) => {
    if (refusals > 0) {
      refusals -= 1
      return { kind: 'refused', code: 'BUSY', detail: 'MEMPOOL_FULL', retryAfterMs: 1 }
    }
    return chain.port.submit(envelope)
  }
  const { url } = await serve(t, { chain: { ...chain, port: { ...chain.port, submit } } })
  const client = createClient({ url })
  const signed = await chain.transfer({ from: 0, to: 1, amount: '1' })
  refusals = 2
  const retry = { firstDelayMs: 1, attemptsMax: 3 }
  t.match(await client.submit(signed, { retry }), { id: signed.id, status: 'accepted' })
  refusals = 3
  await t.rejects(client.submit(signed, { retry }), { code: 'BUSY', data: { retryAfterMs: 1 } })
})

test('answers of another form are refused', async (t) => {
  const bodies = [
    'no',
    '[]',
    '{}',
    '{"result":{"height":-1}}',
    '{"result":{"height":1,"extra":true}}',
    '{"result":null}',
  ]
  for (const body of bodies) {
    const answer: FetchLike = async () => ({ ok: true, status: 200, text: async () => body })
    const client = createClient({ url: 'http://node', fetch: answer })
    await t.rejects(client.head(), { code: 'ANSWER_MALFORMED' }, body)
  }
})

test('blocks are followed across a broken connection, each once', async (t) => {
  const chain = await createTestChain()
  const first = await serve(t, { chain })
  await chain.commit()
  const heights: number[] = []
  const breaks: string[] = []
  let more = Promise.withResolvers<void>()
  const until = async (count: number) => {
    while (heights.length < count) await more.promise
  }
  // The second server has another port: the socket that the watcher opens again goes there.
  let url = first.url
  const stop = watch({
    url,
    topic: { topic: 'newBlocks', fromHeight: 1 },
    openSocket: () => new WebSocket(url.replace('http', 'ws')),
    onBreak: (reason) => breaks.push(reason),
    onResult: (result) => {
      heights.push((result as { height: number }).height)
      more.resolve()
      more = Promise.withResolvers<void>()
    },
  })
  await until(1)
  await chain.commit()
  await until(2)
  url = (await serve(t, { chain })).url
  await first.stop()
  await chain.commit()
  await chain.commit()
  await until(4)
  stop()
  t.same(heights, [1, 2, 3, 4])
  t.equal(breaks.length, 1)
})

test('who follows from a height that the node has pruned is told so, once', async (t) => {
  const chain = await createTestChain()
  for (let count = 0; count < 4; count++) await chain.commit()
  const { ledger } = chain.port
  const pruned = (height: number) => (height > 0 && height < 3 ? undefined : ledger.header(height))
  const reads = { ...ledger, lowest: () => 3, header: pruned }
  const { url } = await serve(t, { chain: { ...chain, port: { ...chain.port, ledger: reads } } })
  const recipient = chain.account(0)
  const topics: readonly Topic[] = [
    { topic: 'newBlocks', fromHeight: 0 },
    { topic: 'newBlocks', fromHeight: 2 },
    { topic: 'transactions', fromHeight: 1 },
    { topic: 'events', recipient, fromHeight: 0 },
  ]
  for (const topic of topics) {
    let opened = 0
    const openSocket = (target: string) => {
      opened += 1
      return new WebSocket(target)
    }
    const ended = await new Promise<ClientError>((onEnd) => {
      watch({ url, topic, openSocket, onResult: () => t.fail('nothing comes'), onEnd })
    })
    t.match(ended, { code: 'HEIGHT_PRUNED', hint: /ask a node/, data: { lowest: 3 } })
    t.equal(opened, 1)
  }
  const told = await new Promise<string>((onBreak) => {
    const topic = { topic: 'newBlocks', fromHeight: 1 } as const
    watch({ url, topic, onResult: () => undefined, onBreak })
  })
  t.match(told, /^HEIGHT_PRUNED: .*ask a node/, 'also where nobody asks for the end')
})

test('new blocks are told from now on', async (t) => {
  const { chain, url } = await serve(t)
  await chain.commit()
  const { promise, resolve } = Promise.withResolvers<number>()
  const stop = watchBlocks({ url, fromHeight: 2, onBlock: ({ height }) => resolve(height) })
  await chain.commit()
  t.equal(await promise, 2)
  stop()
})
