// A helper's own reading of the chain: what it would answer follows from proven records, consents and pins alone.
import { test } from 'tap'
import { consentGrant } from '../../../apps/vault/consent-grant.ts'
import { consentRevoke } from '../../../apps/vault/consent-revoke.ts'
import { consentId, recordId } from '../../../apps/vault/ids.ts'
import { queryNames, queryOpen } from '../../../apps/vault/query-open.ts'
import { queryRespond } from '../../../apps/vault/query-respond.ts'
import { queryTimeout } from '../../../apps/vault/query-timeout.ts'
import { queryTable } from '../../../apps/vault/state.ts'
import { voidRecord } from '../../../apps/vault/void.ts'
import { act } from '../../../client/transaction.ts'
import type { Hex } from '../../../vm/types.ts'
import {
  createReader,
  HELPER,
  HOSPITAL,
  INSURER,
  id,
  point,
  question,
  records,
} from './vault-blocks.ts'

const committee = id('aa')
const tag = id('11')
const bucket = { tag, policy: INSURER, period: 0 }

function grantOf(scope: Parameters<typeof grant>[0], nonce = `0x${'07'.repeat(16)}` as Hex) {
  const payload = grant(scope, nonce)
  return { act: act(consentGrant, payload), consent: consentId(payload) }
}

function grant(
  scope:
    | { readonly kind: 'buckets'; readonly buckets: readonly (typeof bucket)[] }
    | { readonly kind: 'set'; readonly set: Hex; readonly tags: readonly Hex[] },
  nonce: Hex,
) {
  return {
    account: id('55'),
    nonce,
    committee,
    insurer: INSURER,
    scope,
    purpose: 'accumulator',
    maxUses: 2,
    expiresAt: 1_000_000,
    single: false,
    overlap: false,
    proof: new Uint8Array(64),
  }
}

async function filled(exponents: readonly bigint[]) {
  const reader = await createReader(committee)
  const { act: recorded, payload } = records(committee, { tag, policy: INSURER, exponents })
  const { act: granted, consent } = grantOf({ kind: 'buckets', buckets: [bucket] })
  await reader.take([recorded, granted])
  const ids = payload.records.map(({ nonce }) => recordId({ ...payload, nonce }))
  return { ...reader, consent, ids }
}

const segment = (number: number) => ({ kind: 'segment', bucket, segment: number }) as const

test('a question in order is open, over the sum that the helper made itself', async (t) => {
  const { own, take, consent } = await filled([5n, 6n, 7n])
  const open = question(committee, { target: segment(0), consent })
  const { query } = queryNames(open)
  await take([act(queryOpen, open)])
  t.same(own.openQueries(), [query])
  const asked = queryTable.get(own.reader, query)
  t.same(asked?.sums.ephemeral, point(18n))
  t.match(asked, { count: 3, deadlineMs: 62_000 })
})

test('what the ledger refused changes nothing here', async (t) => {
  const { own, take, consent } = await filled([5n, 6n, 7n])
  const open = question(committee, { target: segment(0), consent })
  await take([act(queryOpen, open)], { code: 'BUSY' })
  t.same(own.openQueries(), [])
  await take([act(queryOpen, question(committee, { target: segment(0), consent }))])
  t.equal(own.openQueries().length, 1, 'the segment was still open')
})

test('a withdrawn record is in no sum', async (t) => {
  const { own, take, consent, ids } = await filled([5n, 6n, 7n, 8n])
  const payload = { account: HOSPITAL, record: ids[1] ?? '0x', reason: 'error' }
  const open = question(committee, { target: segment(0), consent })
  await take([act(voidRecord, payload), act(queryOpen, open)])
  const asked = queryTable.get(own.reader, queryNames(open).query)
  t.match(asked, { count: 3 })
  t.same(asked?.sums.ephemeral, point(20n))
})

test('no question is answered that this helper finds not in order, even if the ledger took it', async (t) => {
  const { own, take, consent, ids } = await filled([5n, 6n, 7n])
  const foreign = { ...question(committee, { target: segment(0), consent }), account: id('66') }
  await take([act(queryOpen, foreign)])
  t.same(own.openQueries(), [], 'a consent for another insurer')
  await take([act(queryOpen, question(committee, { target: segment(0), consent: id('77') }))])
  t.same(own.openQueries(), [], 'no consent')
  await take([act(queryOpen, question(committee, { target: segment(1), consent }))])
  t.same(own.openQueries(), [], 'no such segment')
  await take([act(queryOpen, question(committee, { target: segment(0), consent }))])
  t.equal(own.openQueries().length, 1, 'the right one')

  const [first = '0x', second = '0x'] = [...ids].sort()
  const target = { kind: 'records', records: [first, second] } as const
  const overlapping = question(committee, { target, consent })
  const { set } = queryNames(overlapping)
  const nonce = `0x${'08'.repeat(16)}` as Hex
  const { act: granted, consent: own2 } = grantOf({ kind: 'set', set, tags: [tag] }, nonce)
  await take([granted, act(queryOpen, { ...overlapping, consent: own2 })])
  t.equal(own.openQueries().length, 1, 'a set that overlaps with the one that was asked for')

  await take([act(queryOpen, question(committee, { target: segment(1), consent }))])
  t.equal(own.openQueries().length, 1, 'an empty segment')
  const revoke = { account: id('55'), consent, proof: new Uint8Array(64) }
  await take([act(consentRevoke, revoke)])
  await take([act(queryOpen, question(committee, { target: segment(0), consent }))])
  t.equal(own.openQueries().length, 1, 'a consent that was revoked')
})

test('the same set may be asked for again', async (t) => {
  const { own, take, consent } = await filled([5n, 6n, 7n])
  await take([act(queryOpen, question(committee, { target: segment(0), consent }))])
  await take([act(queryOpen, question(committee, { target: segment(0), consent }))])
  t.equal(own.openQueries().length, 2)
})

test('a question is closed by this helper’s answer or by its end, not by the answers of others', async (t) => {
  const { own, take, consent } = await filled([5n, 6n, 7n])
  const first = question(committee, { target: segment(0), consent })
  const second = question(committee, { target: segment(0), consent })
  await take([act(queryOpen, first), act(queryOpen, second)])
  const { query } = queryNames(first)
  const answer = (account: Hex) =>
    act(queryRespond, {
      account,
      committee,
      query,
      epoch: 1,
      index: 1,
      first: point(1n),
      second: point(2n),
      proof: new Uint8Array(96),
    })
  await take([answer(id('99'))])
  t.equal(own.openQueries().length, 2)
  await take([answer(HELPER)])
  t.same(own.openQueries(), [queryNames(second).query])
  await take([act(queryTimeout, { account: INSURER, query: queryNames(second).query })])
  t.same(own.openQueries(), [])
})

test('acts of other committees are somebody else’s', async (t) => {
  const { own, take, consent } = await filled([5n, 6n])
  const other = records(id('bb'), { tag, policy: INSURER, exponents: [7n] })
  await take([
    other.act,
    act(voidRecord, { account: HOSPITAL, record: id('bc'), reason: 'error' }),
    act(consentRevoke, { account: id('55'), consent: id('bd'), proof: new Uint8Array(64) }),
  ])
  await take([act(queryOpen, question(committee, { target: segment(0), consent }))])
  t.same(own.openQueries(), [], 'two records are too few')
})
