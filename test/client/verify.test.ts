// One node's answers against the trusted view: what is true is believed, every lie and every old truth is refused.
import { test } from 'tap'
import { BANK, balances } from '../../apps/bank/state.ts'
import type { Certified } from '../../client/answers.ts'
import { type Client, createClient } from '../../client/client.ts'
import {
  followSets,
  startView,
  type TrustedView,
  verifyHeader,
  viewCodec,
} from '../../client/trusted-view.ts'
import { createVerifiedClient } from '../../client/verified-client.ts'
import { verifyAnswer, verifyEvents } from '../../client/verify.ts'
import { createTestChain, type TestChain } from '../node/rpc/chain.ts'
import { serve } from '../node/rpc/serve.ts'

type World = { readonly chain: TestChain; readonly client: Client; readonly id: `0x${string}` }

async function world(t: Parameters<typeof serve>[0]): Promise<World> {
  const { chain, url } = await serve(t)
  const client = createClient({ url })
  const signed = await chain.transfer({ from: 0, to: 1, amount: '250' })
  await client.submit(signed)
  await chain.commit()
  return { chain, client, id: signed.id }
}

const flip = (bytes: Uint8Array, at: number) =>
  bytes.map((byte, index) => (index === at ? byte ^ 1 : byte))

test('value, absence, receipt, transaction and missing events are proven from the genesis alone', async (t) => {
  const { chain, client, id } = await world(t)
  const judgement = { nowMs: chain.clock.nowMs }
  const view = chain.view()
  const at = balances.key(chain.account(1), 'USD')
  const absent = { app: BANK, key: 'no/such/key' }
  const state = verifyAnswer(
    view,
    { kind: 'state', at, answer: await client.stateValue(at) },
    judgement,
  )
  t.match(state, { ok: true, height: 1, view: { height: 1 } })
  t.ok(state.ok && state.value instanceof Uint8Array)
  const nothing = await client.stateValue(absent)
  t.match(verifyAnswer(view, { kind: 'state', at: absent, answer: nothing }, judgement), {
    ok: true,
    value: undefined,
  })
  const receipt = verifyAnswer(
    view,
    { kind: 'receipt', id, answer: await client.receipt(id) },
    judgement,
  )
  t.match(receipt, { ok: true, value: { txId: id, code: '' } })
  const transaction = verifyAnswer(
    view,
    { kind: 'transaction', id, answer: await client.transaction(id) },
    judgement,
  )
  t.match(transaction, { ok: true, value: { id } })
  const recipient = chain.account(4)
  const answer = await client.noEvents({ block: 1, recipient })
  t.match(verifyAnswer(view, { kind: 'no-events', block: 1, recipient, answer }, judgement), {
    ok: true,
  })
  t.equal(view.height, 0, 'the view that was given is not changed')
})

test('a header is refused for each thing that can be wrong with it', async (t) => {
  const { chain, client } = await world(t)
  const { proof } = await client.head()
  const nowMs = chain.clock.nowMs
  const view = chain.view()
  const other = await createTestChain({ validators: 1 })
  await other.commit()
  const foreign = other.ledger.head()
  const foreignProof = { header: foreign.headerBytes, certificate: foreign.certificateBytes }
  const genesis = (await client.header(0)).proof
  const table: readonly { why: string; proof: Certified; view?: TrustedView; fault: string }[] = [
    {
      why: 'a changed header',
      proof: { ...proof, header: flip(proof.header, 45) },
      fault: 'NOT_CERTIFIED',
    },
    {
      why: 'bytes that are no header',
      proof: { ...proof, header: proof.header.slice(1) },
      fault: 'MALFORMED',
    },
    {
      why: 'no certificate',
      proof: { ...proof, certificate: new Uint8Array() },
      fault: 'MALFORMED',
    },
    {
      why: 'a changed signature',
      proof: { ...proof, certificate: flip(proof.certificate, proof.certificate.length - 1) },
      fault: 'NOT_CERTIFIED',
    },
    { why: 'another chain', proof: foreignProof, fault: 'OTHER_CHAIN' },
    { why: 'block 0', proof: genesis, fault: 'NOT_CERTIFIED' },
    {
      why: 'other validators',
      proof,
      view: startView({ ...chain.view(), validators: other.genesis.validators }),
      fault: 'NOT_CERTIFIED',
    },
    {
      why: 'a set that is not known yet',
      proof,
      view: { ...view, nextSet: foreign.id },
      fault: 'SET_UNKNOWN',
    },
  ]
  for (const { why, proof: shown, view: from = view, fault } of table) {
    t.match(verifyHeader(from, shown, { nowMs }), { ok: false, fault }, why)
  }
  t.match(verifyHeader(view, proof, { nowMs }), { ok: true })
})

test('too few signatures do not certify', async (t) => {
  const { chain } = await world(t)
  const { commitCertificateCodec, decodeCommitCertificate } = await import(
    '../../consensus/certificate.ts'
  )
  const { encode } = await import('../../vm/codec.ts')
  const head = chain.ledger.head()
  const value = decodeCommitCertificate(head.certificateBytes)
  t.equal(value.signatures.length, 3, 'three of four are a quorum')
  const fewer = {
    ...value,
    signers: new Uint8Array([0b11]),
    signatures: value.signatures.slice(0, 2),
  }
  const twice = {
    ...value,
    signatures: value.signatures.map(() => value.signatures[0] ?? new Uint8Array()),
  }
  for (const changed of [fewer, twice]) {
    const proof = { header: head.headerBytes, certificate: encode(commitCertificateCodec, changed) }
    const verdict = verifyHeader(chain.view(), proof, { nowMs: chain.clock.nowMs })
    t.match(verdict, { ok: false, fault: 'NOT_CERTIFIED' })
  }
})

test('an old answer is refused unless its height was asked for', async (t) => {
  const { chain, client } = await world(t)
  const { proof } = await client.head()
  const limit = 2 * chain.genesis.parameters.heartbeatMs + 2_000
  const nowMs = chain.clock.nowMs
  const view = chain.view()
  t.match(verifyHeader(view, proof, { nowMs: nowMs + limit }), { ok: true }, 'just in time')
  const late = { nowMs: nowMs + limit + 1 }
  t.match(verifyHeader(view, proof, late), { ok: false, fault: 'TOO_OLD' })
  t.match(verifyHeader(view, proof, { ...late, height: 1 }), { ok: true }, 'history is asked for')
  t.match(verifyHeader(view, proof, { ...late, height: 2 }), { ok: false, fault: 'WRONG_HEIGHT' })
})

test('a view never goes back, survives as JSON, and sees a fork', async (t) => {
  const { chain, client } = await world(t)
  const older = (await client.head()).proof
  await chain.commit()
  const newer = (await client.head()).proof
  const nowMs = chain.clock.nowMs
  const verified = verifyHeader(chain.view(), newer, { nowMs })
  t.ok(verified.ok)
  if (!verified.ok) return
  const kept = viewCodec.fromJson(JSON.parse(JSON.stringify(viewCodec.toJson(verified.view))))
  t.same(kept, verified.view)
  t.match(verifyHeader(kept, older, { nowMs }), { ok: false, fault: 'TOO_OLD' })
  const history = verifyHeader(kept, older, { nowMs, height: 1 })
  t.match(history, { ok: true, view: { height: 2 } }, 'history does not move the view back')
  // The same validators decide another block 2.
  const twin = await createTestChain()
  await twin.commit()
  twin.clock.nowMs += 500
  const { bytes } = await twin.transfer({ from: 2, to: 3, amount: '1' })
  await twin.port.submit(bytes)
  await twin.commit()
  const { headerBytes: header, certificateBytes: certificate } = twin.ledger.head()
  const fork = verifyHeader(kept, { header, certificate }, { nowMs: twin.clock.nowMs })
  t.match(fork, { ok: false, fault: 'FORK' })
})

test('a proof about something else is refused', async (t) => {
  const { chain, client, id } = await world(t)
  const judgement = { nowMs: chain.clock.nowMs }
  const view = chain.view()
  const mine = balances.key(chain.account(0), 'USD')
  const yours = balances.key(chain.account(1), 'USD')
  const answer = await client.stateValue(mine)
  const notProven = { ok: false, fault: 'NOT_PROVEN' }
  t.match(verifyAnswer(view, { kind: 'state', at: yours, answer }, judgement), notProven)
  const lied = { ...answer, stateProof: { ...answer.stateProof, value: new Uint8Array([1]) } }
  t.match(verifyAnswer(view, { kind: 'state', at: mine, answer: lied }, judgement), notProven)
  const denied = { ...answer, stateProof: { ...answer.stateProof, value: null } }
  t.match(verifyAnswer(view, { kind: 'state', at: mine, answer: denied }, judgement), notProven)
  const receipt = await client.receipt(id)
  const other = `0x${'ab'.repeat(32)}` as const
  t.match(verifyAnswer(view, { kind: 'receipt', id: other, answer: receipt }, judgement), notProven)
  const transaction = await client.transaction(id)
  const swapped = await chain.transfer({ from: 1, to: 0, amount: '9' })
  const forged = { ...transaction, envelope: swapped.bytes }
  t.match(verifyAnswer(view, { kind: 'transaction', id, answer: forged }, judgement), notProven)
  const asForged = { kind: 'transaction', id: swapped.id, answer: forged } as const
  t.match(verifyAnswer(view, asForged, judgement), notProven)
  const recipient = chain.account(4)
  const none = await client.noEvents({ block: 1, recipient })
  const hidden = { kind: 'no-events', block: 1, recipient: chain.account(1), answer: none } as const
  t.match(verifyAnswer(view, hidden, judgement), notProven)
})

test('the events of a page are proven one by one and in order', async (t) => {
  const { chain, client } = await world(t)
  await client.submit(await chain.transfer({ from: 2, to: 1, amount: '1' }))
  await chain.commit()
  const recipient = chain.account(1)
  const judgement = { nowMs: chain.clock.nowMs }
  const answer = await client.events({ recipient, proofs: true })
  const view = chain.view()
  const verified = verifyEvents(view, { recipient, answer }, judgement)
  t.match(verified, { ok: true, view: { height: 2 }, events: [{ block: 1 }, { block: 2 }] })
  const [first, second] = answer.events
  t.ok(first && second)
  if (!first || !second) return
  const lies = {
    'for somebody else': { recipient: chain.account(0), answer },
    'not behind the cursor': { recipient, cursor: '1-0', answer },
    'out of order': { recipient, answer: { ...answer, events: [second, first] } },
    'the same twice': { recipient, answer: { ...answer, events: [first, first] } },
    'without proofs': {
      recipient,
      answer: { ...answer, events: [{ ...first, eventProof: null }] },
    },
    'the proof of another': {
      recipient,
      answer: { ...answer, events: [{ ...first, eventProof: second.eventProof }] },
    },
    'another cursor': { recipient, answer: { ...answer, events: [{ ...first, cursor: '1-7' }] } },
  }
  for (const [why, question] of Object.entries(lies)) {
    t.match(verifyEvents(view, question, judgement), { ok: false, fault: 'NOT_PROVEN' }, why)
  }
})

test('links that are known or lie are passed over or refused', async (t) => {
  const { chain, client } = await world(t)
  const judgement = { nowMs: chain.clock.nowMs }
  const { links } = await client.setChain(0)
  t.match(followSets(chain.view(), links, judgement), { ok: true, view: chain.view() })
  // A node that names its own set at block 1, whose header names the old one.
  const [genesis] = links
  t.ok(genesis)
  if (genesis === undefined) return
  const { header: parent } = genesis.proof
  const validators = genesis.validators.slice(1)
  const lie = [{ proof: (await client.head()).proof, parent, validators }]
  t.match(followSets(chain.view(), lie, judgement), { ok: false, fault: 'NOT_CERTIFIED' })
})

test('the verified client keeps its view before it answers, and throws at a lie', async (t) => {
  const { chain, client, id } = await world(t)
  const kept: TrustedView[] = []
  const parameters = {
    view: chain.view(),
    nowMs: () => chain.clock.nowMs,
    keep: (view: TrustedView) => {
      kept.push(view)
    },
  }
  const verified = createVerifiedClient({ client, ...parameters })
  t.match(await verified.receipt(id), { height: 1, receipt: { txId: id } })
  t.match(await verified.transaction(id), { height: 1, transaction: { id } })
  const recipient = chain.account(1)
  t.match(await verified.events({ recipient }), { events: [{ cursor: '1-0' }], more: false })
  await verified.noEvents({ block: 1, recipient: chain.account(4) })
  const at = balances.key(recipient, 'USD')
  t.match(await verified.stateValue(at), { height: 1 })
  t.equal(kept.at(-1)?.height, 1)
  const liar: Client = {
    ...client,
    stateValue: async () => client.stateValue(balances.key(chain.account(0), 'USD')),
  }
  const deceived = createVerifiedClient({ client: liar, ...parameters })
  await t.rejects(deceived.stateValue(at), { code: 'ANSWER_NOT_PROVEN', message: /NOT_PROVEN/ })
  chain.clock.nowMs += 100_000
  await t.rejects(verified.stateValue(at), { code: 'ANSWER_NOT_PROVEN', message: /TOO_OLD/ })
})
