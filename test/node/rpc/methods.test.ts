// The methods over a real chain: what is submitted can be found, waited for, read and proven.
import { test } from 'tap'
import { SUBMIT_MANY_MAX } from '../../../client/answers.ts'
import type { Undecided } from '../../../node/rpc/port.ts'
import { toHex } from '../../../vm/bytes.ts'
import { createTestChain } from './chain.ts'
import { serve } from './serve.ts'

const unknownId = `0x${'ab'.repeat(32)}`

test('a transaction goes through its states, and submitting it again changes nothing', async (t) => {
  const { chain, call } = await serve(t)
  const { id, bytes } = await chain.transfer({ from: 0, to: 1, amount: '250' })
  const envelope = toHex(bytes)
  t.match((await call('tx_status', { id })).result, {
    height: 0,
    id,
    status: 'unknown',
    block: null,
  })
  for (const _ of [1, 2]) {
    t.same((await call('tx_submit', { envelope })).result, { height: 0, id, status: 'accepted' })
  }
  t.equal(chain.mempool.size().count, 1, 'the second is the first')
  t.match((await call('tx_status', [id])).result, { status: 'accepted' })
  t.match((await call('tx_receipt', [id])).error, { code: -32_001, data: { code: 'NOT_FOUND' } })
  await chain.commit()
  t.same((await call('tx_status', [id])).result, {
    height: 1,
    id,
    status: 'committed',
    block: 1,
    code: '',
  })
  t.same((await call('tx_submit', [envelope])).result, { height: 1, id, status: 'committed' })
  t.match((await call('tx_receipt', [id])).result, { block: 1, index: 0, receipt: { code: '' } })
  t.equal((await call('tx_get', [id])).result.envelope, envelope)
  t.match((await call('tx_status', [unknownId])).result, { status: 'unknown' })
})

test('a refusal by the ledger is a receipt with its code', async (t) => {
  const { chain, call } = await serve(t)
  const { id, bytes } = await chain.transfer({ from: 0, to: 1, amount: '99999999999999' })
  await call('tx_submit', [toHex(bytes)])
  await chain.commit()
  const { result } = await call('tx_status', [id])
  t.match(result, { status: 'committed', block: 1 })
  t.not(result.code, '', 'the receipt says why')
})

test('a transaction that cannot be taken says why and what to do', async (t) => {
  const { chain, call } = await serve(t)
  const good = await chain.transfer({ from: 0, to: 1, amount: '1' })
  const broken = Uint8Array.from(good.bytes)
  broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1
  const late = await chain.transfer({ from: 0, to: 1, amount: '1', validUntil: chain.clock.nowMs })
  const early = await chain.transfer({
    from: 0,
    to: 1,
    amount: '1',
    validUntil: chain.clock.nowMs + 86_400_000,
  })
  const table = [
    { bytes: broken, code: 'TX_BAD_SIGNATURE', number: -32_003 },
    { bytes: late.bytes, code: 'TX_EXPIRED', number: -32_003 },
    { bytes: early.bytes, code: 'TX_TOO_FAR_AHEAD', number: -32_003 },
    { bytes: good.bytes.slice(1), code: 'TX_MALFORMED', number: -32_000 },
  ]
  for (const { bytes, code, number } of table) {
    const { error } = await call('tx_submit', [toHex(bytes)])
    t.match(error, { code: number, data: { code, hint: /./ } }, code)
  }
})

test('of many transactions in one call each has its own outcome, in their order', async (t) => {
  const { chain, call } = await serve(t)
  const [first, second] = [
    await chain.transfer({ from: 0, to: 1, amount: '1' }),
    await chain.transfer({ from: 1, to: 0, amount: '2' }),
  ]
  const late = await chain.transfer({ from: 0, to: 1, amount: '1', validUntil: chain.clock.nowMs })
  const submit = async (...all: readonly Uint8Array[]) =>
    (await call('tx_submitMany', { envelopes: all.map((bytes) => toHex(bytes)) })).result
  t.match(await submit(first.bytes, late.bytes, second.bytes.slice(1), second.bytes, first.bytes), {
    height: 0,
    outcomes: [
      { kind: 'accepted', id: first.id },
      { kind: 'refused', code: 'TX_EXPIRED', message: /valid until/, hint: /validUntil/ },
      { kind: 'refused', code: 'TX_MALFORMED', retryAfterMs: null },
      { kind: 'accepted', id: second.id },
      { kind: 'accepted', id: first.id },
    ],
  })
  t.equal(chain.mempool.size().count, 2)
  await chain.commit()
  const committed = [{ kind: 'committed', id: second.id }]
  t.same(await submit(second.bytes), { height: 1, outcomes: committed })
})

test('a call of many transactions is bounded', async (t) => {
  const { chain, call } = await serve(t)
  const { bytes } = await chain.transfer({ from: 0, to: 1, amount: '1' })
  const many = Array.from({ length: SUBMIT_MANY_MAX + 1 }, () => toHex(bytes))
  for (const envelopes of [[], many]) {
    const { error } = await call('tx_submitMany', { envelopes })
    t.match(error, { code: -32_602, data: { code: 'INVALID_PARAMS', path: 'envelopes' } })
  }
  const { error } = await call('tx_submitMany', { envelopes: [toHex(bytes), '0xAB'] })
  t.match(error, { data: { code: 'INVALID_PARAMS', path: 'envelopes[1]' } })
  t.equal(chain.mempool.size().count, 0, 'a call of another form does nothing')
})

test('submit and wait answers with the proven receipt, or after its time', async (t) => {
  const { chain, call } = await serve(t)
  const { id, bytes } = await chain.transfer({ from: 0, to: 1, amount: '1' })
  const slow = await call('tx_submitAndWait', { envelope: toHex(bytes), timeoutMs: 1 })
  t.match(slow.error, { code: -32_002, data: { code: 'TIMEOUT', id } })
  const waiting = call('tx_submitAndWait', { envelope: toHex(bytes) })
  await call('chain_head')
  await chain.commit()
  t.match((await waiting).result, { id, block: 1, receipt: { txId: id } })
})

test('what the node knows of a transaction outside the chain is told by one of the closed words', async (t) => {
  const chain = await createTestChain()
  const { id, bytes } = await chain.transfer({ from: 0, to: 1, amount: '1' })
  const kinds: readonly Undecided[] = [
    { kind: 'accepted' },
    { kind: 'pending' },
    { kind: 'expired' },
    { kind: 'unknown' },
    { kind: 'rejected', code: 'TX_PROOF_REFUSED' },
  ]
  const ends: Partial<Record<Undecided['kind'], string>> = {
    accepted: 'TIMEOUT',
    pending: 'TIMEOUT',
    expired: 'TX_EXPIRED',
  }
  for (const undecided of kinds) {
    const port = { ...chain.port, undecided: () => undecided }
    const { call } = await serve(t, { chain: { ...chain, port } })
    const { result } = await call('tx_status', [id])
    const code = undecided.kind === 'rejected' ? undecided.code : null
    t.match(result, { status: undecided.kind, code, block: null })
    const waited = await call('tx_submitAndWait', { envelope: toHex(bytes), timeoutMs: 1 })
    const end = ends[undecided.kind] ?? 'TX_DROPPED'
    t.equal(waited.error.data.code, end, `${undecided.kind} ends in ${end}`)
  }
})

test('minHeight waits until the node is there', async (t) => {
  const { chain, call } = await serve(t, { limits: { requestTimeoutMs: 50 } })
  const account = chain.account(0)
  const late = await call('chain_head', { minHeight: 1 })
  t.match(late.error, { code: -32_002, data: { code: 'NOT_CAUGHT_UP', height: 0 } })
  const patient = await serve(t, { chain })
  const waiting = patient.call('bank_balance', { account, currency: 'USD', minHeight: 1 })
  await chain.commit()
  t.match((await waiting).result, { height: 1, result: { amount: '1000000000' } })
})

test('blocks, headers and certificates of a height belong together', async (t) => {
  const { chain, call } = await serve(t)
  const { id, bytes } = await chain.transfer({ from: 0, to: 1, amount: '1' })
  await call('tx_submit', [toHex(bytes)])
  await chain.commit()
  const head = (await call('chain_head')).result
  t.match(head, { height: 1, header: { height: 1, chainId: chain.genesis.chainId } })
  t.same((await call('chain_header', [1])).result, head)
  const { receipts, events, envelopes, ...rest } = (await call('chain_block', [1, true])).result
  t.same(rest, head)
  t.match([receipts, events, envelopes], [[{ txId: id }], [{ txId: id }], [toHex(bytes)]])
  t.equal((await call('chain_block', [1])).result.envelopes, null, 'envelopes only on request')
  const certificate = (await call('chain_certificate', [1])).result
  t.match(certificate, { id: head.id, certificate: head.proof.certificate })
  t.match(certificate.content, { height: 1, blockId: head.id, signatures: { length: 3 } })
  t.equal((await call('chain_certificate', [0])).result.content, null, 'block 0 has none')
  const validators = (await call('chain_validators')).result.validators
  t.same((await call('chain_setChain', [0])).result.links[0].validators, validators)
})

test('events come page by page, each once, and their absence is provable', async (t) => {
  const { chain, call } = await serve(t)
  const recipient = chain.account(1)
  for (let block = 0; block < 3; block++) {
    for (const from of [0, 2]) {
      const { bytes } = await chain.transfer({ from, to: 1, amount: '1' })
      await call('tx_submit', [toHex(bytes)])
    }
    await chain.commit()
  }
  const seen: string[] = []
  let cursor: string | null = null
  for (;;) {
    const page: { events: { cursor: string }[]; nextCursor: string; more: boolean } = (
      await call('events_list', { recipient, cursor, limit: 4 })
    ).result
    seen.push(...page.events.map(({ cursor: at }) => at))
    cursor = page.nextCursor
    if (!page.more) break
  }
  t.same(seen, ['1-0', '1-1', '2-0', '2-1', '3-0', '3-1'])
  const none = (await call('events_list', { recipient, cursor })).result
  t.match(none, { events: [], nextCursor: cursor, more: false, blocks: null })
  t.match((await call('events_proveNone', [1, recipient])).error, { data: { code: 'NOT_FOUND' } })
  t.ok((await call('events_proveNone', [1, chain.account(4)])).result.absenceProof)
})

test('a query that refuses gives its code, one that is read between two blocks begins again', async (t) => {
  const chain = await createTestChain()
  const { call } = await serve(t, { chain })
  const refused = await call('bank_balance', { account: unknownId, currency: 'USD' })
  t.match(refused.error, {
    code: -32_003,
    data: { code: 'QUERY_REFUSED', refusal: 'ACCOUNT_UNKNOWN' },
  })
  let reads = 0
  const moving = {
    ...chain.ledger,
    // A block comes while the first read is under way.
    queryState: () => {
      const state = chain.ledger.queryState()
      const list: typeof state.list = async (span) => {
        reads += 1
        if (reads === 1) await chain.commit()
        return state.list(span)
      }
      return { ...state, list }
    },
  }
  const other = await serve(t, { chain: { ...chain, port: { ...chain.port, ledger: moving } } })
  const { result } = await other.call('registry_accounts', { limit: 2 })
  t.equal(result.height, 1, 'the answer is of one height')
  t.equal(reads, 2)
})

test('node_status describes the node', async (t) => {
  const { chain, call } = await serve(t)
  await chain.commit()
  const { header } = chain.ledger.head()
  t.match((await call('node_status')).result, {
    height: 1,
    stateRoot: header.stateRoot,
    validator: 'hospital',
    peers: [{ name: 'authority-1', connected: true }],
    syncing: false,
    mempool: { count: 0, bytes: 0 },
  })
})
