// Sending: a payload is made once, is on disk before it leaves, and counts as done when a proven receipt says what became of it.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { transferMoney } from '../../../apps/bank/transfer.ts'
import { createSeedSigner } from '../../../client/signer.ts'
import { type Act, act } from '../../../client/transaction.ts'
import { createNodes } from '../../../node/agents/nodes.ts'
import { type Outbox, openOutbox } from '../../../node/agents/outbox.ts'
import { createSender } from '../../../node/agents/sender.ts'
import { silentLogger } from '../../../node/logger.ts'
import { fromHex } from '../../../vm/bytes.ts'
import { bodyOf } from '../../../vm/transaction.ts'
import { temporaryFolder } from '../../support/epione.ts'
import { LyingError, startProxy } from '../../support/proxy.ts'
import type { TestChain } from '../rpc/chain.ts'
import { serve } from '../rpc/serve.ts'

function payment(chain: TestChain, amount: bigint): Act {
  return act(transferMoney, { to: chain.account(1), currency: 'USD', amount, memo: null })
}

function senderOf(chain: TestChain, { urls, outbox }: { urls: readonly string[]; outbox: Outbox }) {
  const nowMs = () => chain.clock.nowMs
  const nodes = createNodes({ urls, log: silentLogger(), view: chain.view(), nowMs })
  const { chainId, engine, validators, parameters } = chain.genesis
  const anchor = {
    chainId,
    engine,
    validators,
    parameters,
    vault: undefined as never,
    firstState: undefined,
  }
  return createSender({ anchor, nodes, outbox, nowMs })
}

function payer(chain: TestChain) {
  const keys = chain.accounts[0]
  if (keys === undefined) throw new Error('no account')
  return [createSeedSigner({ account: keys.account, seed: fromHex(keys.seed) })]
}

/** Resolves when the node has something to put into a block. */
async function waiting(chain: TestChain): Promise<void> {
  while (chain.mempool.size().count === 0) await new Promise((resolve) => setImmediate(resolve))
}

async function open(t: Test): Promise<{ readonly path: string; readonly outbox: Outbox }> {
  const path = join(temporaryFolder(t), 'outbox.jsonl')
  return { path, outbox: await openOutbox(path) }
}

test('a payload is made once, also when it is asked for twice and after a restart', async (t) => {
  const { chain, url } = await serve(t)
  const { path, outbox } = await open(t)
  const sender = senderOf(chain, { urls: [url], outbox })
  let made = 0
  const make = () => {
    made += 1
    return payment(chain, 250n)
  }
  const order = { key: 'pay', make, signers: payer(chain) }
  const both = Promise.all([sender.deliver(order), sender.deliver(order)])
  await waiting(chain)
  await chain.commit()
  const [first, second] = await both
  t.same(first, { code: '', items: [], height: 1 })
  t.equal(second, first)
  await outbox.close()
  const again = senderOf(chain, { urls: [url], outbox: await openOutbox(path) })
  t.same(await again.deliver(order), { code: '', items: [], height: 1 })
  t.equal(made, 1)
})

test('a payload that was kept and not sent goes out as it is, in the same envelope', async (t) => {
  const { chain, url } = await serve(t)
  const { path, outbox } = await open(t)
  await outbox.keep('pay', payment(chain, 7n))
  const attempt = await outbox.begin('pay', chain.clock.nowMs + 60_000)
  await outbox.close()
  const reopened = await openOutbox(path)
  t.same(reopened.get('pay')?.attempt, attempt)
  const sender = senderOf(chain, { urls: [url], outbox: reopened })
  const make = () => t.fail('made anew') as unknown as Act
  const delivered = sender.deliver({ key: 'pay', make, signers: payer(chain) })
  await waiting(chain)
  const [one] = chain.mempool.values()
  t.equal(one?.transaction.body.salt, attempt.salt)
  await chain.commit()
  t.equal((await delivered).code, '')
})

test('when a certified block is later than its time, the same payload goes out in a new body', async (t) => {
  const { chain, url } = await serve(t)
  const { outbox } = await open(t)
  await outbox.keep('pay', payment(chain, 7n))
  const old = await outbox.begin('pay', chain.clock.nowMs + 500)
  await chain.commit()
  const sender = senderOf(chain, { urls: [url], outbox })
  const make = () => payment(chain, 8n)
  const delivered = sender.deliver({ key: 'pay', make, signers: payer(chain) })
  await waiting(chain)
  const [one] = chain.mempool.values()
  t.not(one?.transaction.body.salt, old.salt)
  t.same(one && bodyOf(one.transaction).payload, payment(chain, 7n).payload)
  await chain.commit()
  t.equal((await delivered).code, '')
})

test('a node that says expired is not believed before a certified block says so', async (t) => {
  const { chain, url } = await serve(t)
  const { outbox } = await open(t)
  let lies = 0
  const liar = await startProxy(t, url, (method, result) => {
    if (method !== 'tx_submitAndWait' || lies === 2) return result
    lies += 1
    throw new LyingError('TX_EXPIRED')
  })
  const sender = senderOf(chain, { urls: [liar.url], outbox })
  const make = () => payment(chain, 7n)
  await chain.commit()
  const delivered = sender.deliver({ key: 'pay', make, signers: payer(chain) })
  await waiting(chain)
  const first = outbox.get('pay')?.attempt
  await chain.commit()
  t.equal((await delivered).code, '')
  t.equal(lies, 2)
  t.same(outbox.get('pay')?.attempt, first, 'it was one envelope all the time')
})

test('a refusal on the ledger is an outcome', async (t) => {
  const { chain, url } = await serve(t)
  const { outbox } = await open(t)
  const sender = senderOf(chain, { urls: [url], outbox })
  const make = () => payment(chain, 10n ** 15n)
  const delivered = sender.deliver({ key: 'pay', make, signers: payer(chain) })
  await waiting(chain)
  await chain.commit()
  t.same(await delivered, { code: 'BALANCE_TOO_LOW', items: [], height: 1 })
})

test('a last line without its end is dropped, any other damage is refused', async (t) => {
  const { chain } = await serve(t)
  const { path, outbox } = await open(t)
  await outbox.keep('first', payment(chain, 1n))
  await outbox.keep('second', payment(chain, 2n))
  await outbox.close()
  const whole = readFileSync(path, 'utf8')
  appendFileSync(path, '{"key":"third","act":"0x82')
  const torn = await openOutbox(path)
  t.same([...torn.entries().keys()], ['first', 'second'])
  t.equal(readFileSync(path, 'utf8'), whole, 'and is gone from the file')
  await torn.close()
  writeFileSync(path, whole.replace('"key"', '"kye"'))
  await t.rejects(openOutbox(path), { code: 'STORE_DAMAGED', message: /line 1/ })
})
