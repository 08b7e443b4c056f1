// A helper whose only node lies gives no answer; with the truth it answers what it missed, and once. And a false record is found.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { queryOpen } from '../../apps/vault/query-open.ts'
import { queryRespond } from '../../apps/vault/query-respond.ts'
import { fromHex, toHex } from '../../vm/bytes.ts'
import { bodyOf, decodeTransaction, encodeBody, encodeEnvelope } from '../../vm/transaction.ts'
import { temporaryFolder } from '../support/epione.ts'
import { isAlive } from '../support/processes.ts'
import { type Alter, startProxy } from '../support/proxy.ts'
import { readTransactions } from '../support/public-ledger.ts'
import { pidsIn, rehearse } from '../support/rehearsal.ts'
import { expected, invoiceId, writeSmallData } from '../support/small-data.ts'

const main = join(import.meta.dirname, '../../node/cli/main.ts')

/** Asks in the insurer's name under a key of the liar's own: whoever answers that gives the sum away. */
function redirect(envelope: `0x${string}`): string {
  const transaction = decodeTransaction(fromHex(envelope))
  const body = bodyOf(transaction)
  if (body.tag !== queryOpen.tag) return envelope
  const open = queryOpen.payload.fromCbor(body.payload) as unknown as { answerKey: Uint8Array }
  const stolen = { ...open, answerKey: open.answerKey.toReversed() }
  const payload = queryOpen.payload.toCbor(stolen as never)
  return toHex(encodeEnvelope(encodeBody({ ...body, payload }), transaction.signatures))
}

const redirectQueries: Alter = (method, result) =>
  method === 'chain_block'
    ? { ...result, envelopes: (result.envelopes ?? []).map(redirect) }
    : result

/** How many answers of the helper's seat are in the chain. */
async function responses(url: string, account: string): Promise<number> {
  const accepted = (await readTransactions(url)).filter(({ code }) => code === '')
  return accepted.filter(
    ({ body }) => body.tag === queryRespond.tag && body.signers[0]?.account === account,
  ).length
}

function startHelper(t: Test, home: string, rpc: string): ChildProcess {
  const args = [main, 'agent', 'helper', '--home', home, '--rpc', rpc]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  t.teardown(async () => {
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
  })
  return child
}

test('a lying node obtains no response from a helper, and a record a cent off is named', async (t) => {
  const home = join(temporaryFolder(t), 'net')
  const data = writeSmallData(t, { facilities: 1 })
  const misrecord = { invoice: invoiceId(9), byMinorUnits: 1 }
  const run = rehearse(t, { data, home, once: false, validators: 1, hold: true, misrecord })
  await run.recorded
  const helper = join(home, 'agents', 'helper-1')
  const [pid = 0] = pidsIn(helper)
  process.kill(pid, 'SIGTERM')
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20))
  const running = await readFile(join(home, 'validators', 'hospital-1', 'running.json'), 'utf8')
  const url = JSON.parse(running).rpcUrl as string
  const { account } = JSON.parse(await readFile(join(helper, 'agent.json'), 'utf8'))

  const disbelieved = Promise.withResolvers<void>()
  let lies = 0
  const proxy = await startProxy(t, url, (method, result, parameters) => {
    const told = redirectQueries(method, result, parameters)
    if (JSON.stringify(told) !== JSON.stringify(result)) lies += 1
    // Asked again for the block that it was lied to about: it has not believed the lie.
    if (lies === 3) disbelieved.resolve()
    return told
  })
  const restarted = startHelper(t, helper, proxy.url)
  let printed = ''
  const table = Promise.withResolvers<void>()
  run.child.stdout?.on('data', (chunk) => {
    printed += chunk
    if (printed.includes('\n')) table.resolve()
  })
  run.go()
  await table.promise
  const { sums } = JSON.parse(printed)
  t.equal(sums.length, expected.sums.length, 'the others answered')
  t.match(sums[2], { minorUnits: '258248', plainMinorUnits: '258247' })
  await disbelieved.promise
  t.equal(await responses(url, account), 0, 'the helper that was lied to did not')
  t.equal(proxy.calls.get('tx_submitAndWait') ?? 0, 0, 'and sent nothing to anybody')

  proxy.lie(undefined)
  while ((await responses(url, account)) < expected.sums.length)
    await new Promise((resolve) => setTimeout(resolve, 100))
  restarted.kill('SIGTERM')
  await once(restarted, 'exit')
  const calls = proxy.calls.get('tx_submitAndWait')
  const again = startHelper(t, helper, proxy.url)
  const [report] = await once(again, 'message')
  t.same(report, { kind: 'ready' })
  again.kill('SIGTERM')
  await once(again, 'exit')
  t.equal(await responses(url, account), expected.sums.length)
  t.equal(proxy.calls.get('tx_submitAndWait'), calls, 'a restarted helper answers nothing twice')
  run.child.kill('SIGTERM')
  const { code, err } = await run.ended
  t.equal(code, 1, 'a sum was wrong')
  const wrong = expected.sums[2]
  t.match(err, new RegExp(`DIFFERS: patient ${wrong?.patient}, payer ${wrong?.payer}`))
  t.equal(err.match(/DIFFERS/g)?.length, 1, 'and only that one')
})
