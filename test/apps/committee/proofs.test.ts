// Proofs bind everything: no part of a transaction, no fact and no place can be exchanged under one.
import t from 'tap'
import { committee } from '../../../apps/committee/index.ts'
import { complainSession, dealSession, offerSession } from '../../../apps/committee/statements.ts'
import { buildDeal } from '../../../client/committee/deal.ts'
import type { Payload, TxType, Verdict } from '../../../vm/app.ts'
import { assert } from '../../../vm/assert.ts'
import { toHex } from '../../../vm/bytes.ts'
import { CodecError, type JsonValue } from '../../../vm/codec.ts'
import type { Digest } from '../../../vm/types.ts'
import { mutations } from '../mutations.ts'
import { createWorld, idOf, must, suite, type World } from '../vault/world.ts'
import {
  complaintOf,
  dealPlanOf,
  dealtTo,
  epochOf,
  keysetOf,
  memberNames,
  offerAll,
  offerOf,
  reshareOf,
  startOf,
} from './cast.ts'
import { make } from './conversation.ts'
import { hexOf } from './spoiled.ts'

const { group } = suite

type Sample = {
  readonly why: string
  readonly tx: TxType
  readonly payload: Payload
  readonly facts: readonly Uint8Array[]
}

function sampleOf(world: World, why: string, [type, built]: readonly [string, unknown]): Sample {
  const tx = committee.txs.find(({ name }) => name === type)
  assert(tx, `${type} is registered`)
  const payload = tx.payload.fromCbor(tx.payload.toCbor(built as never))
  const facts = (tx.facts?.(payload) ?? []).map((key) => {
    const fact = world.state().get(key)
    assert(fact, 'the fact is on the ledger')
    return fact
  })
  return { why, tx, payload, facts }
}

function verdictOf(chainId: Digest, { tx, payload, facts }: Sample): Verdict {
  assert(tx.verify, `${tx.name} has proofs`)
  return tx.verify({ chainId, payload, facts, crypto: suite })
}

/** Every type with proofs, each valid, in worlds that differ by the word of the keyset and by who has which seat. */
async function samplesOf(word: string, names: readonly string[]) {
  const world = await createWorld()
  const terms = { word, members: names, threshold: 2, purposes: ['vault', 'records'] as const }
  must(world, 'dkg.start', startOf(terms), 'hospital desk')
  const place = { keyset: keysetOf(word), epoch: 1 }
  const offer = offerOf(world, place, names[0] ?? '').payload
  const seats = offerAll(world, place, names)
  const [dealer, member] = seats
  assert(dealer && member, 'two seats')
  const payload = buildDeal(group, dealPlanOf(world, place, dealer))
  must(world, 'dkg.deal', payload, dealer.name)
  const complaint = complaintOf(member, dealtTo(world, place, payload, member.index))
  const old = make(world, { ...terms, word: `${word} old` })
  must(world, 'dkg.reshare', reshareOf(old, terms), 'hospital desk')
  const next = { keyset: old.keyset, epoch: 2 }
  offerAll(world, next, names)
  const oldShares = old.shares.get(2) ?? []
  const handing = dealPlanOf(world, next, { name: names[1] ?? '', index: 2, oldShares })
  return {
    chainId: world.chainId,
    world,
    samples: [
      sampleOf(world, 'an offer', ['dkg.offer', offer]),
      sampleOf(world, 'a dealing', ['dkg.deal', payload]),
      sampleOf(world, 'a complaint', ['dkg.complain', complaint]),
      sampleOf(world, 'a dealing of an old share', ['dkg.deal', buildDeal(group, handing)]),
    ],
  }
}

const { chainId, samples, world } = await samplesOf('one', memberNames(3))
const { samples: others } = await samplesOf('two', memberNames(3).toReversed())

/** The payload of a changed JSON; undefined where no payload has that form. */
function payloadOf(tx: TxType, json: JsonValue): Payload | undefined {
  try {
    return tx.payload.fromJson(json)
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}

for (const [place, sample] of samples.entries()) {
  const { why, tx, payload, facts } = sample
  t.test(`${why}: nothing can be exchanged under its proofs`, async (t) => {
    t.same(verdictOf(chainId, sample), { ok: true })
    t.same(verdictOf(idOf('another chain'), sample).ok, false, 'another chain')
    let forgeries = 0
    for (const changed of mutations(tx.payload.toJson(payload))) {
      const forged = payloadOf(tx, changed.json)
      if (forged === undefined) continue
      t.same(verdictOf(chainId, { ...sample, payload: forged }).ok, false, changed.path)
      forgeries++
    }
    t.ok(forgeries >= Object.keys(tx.payload.toJson(payload) as object).length)
    const foreign = others[place]?.facts ?? []
    facts.forEach((_, position) => {
      const exchanged = facts.map((fact, i) => (i === position ? (foreign[i] ?? fact) : fact))
      t.same(verdictOf(chainId, { ...sample, facts: exchanged }).ok, false, `fact ${position}`)
    })
  })

  t.test(`${why}: it does not fit another keyset, sender, epoch or seat`, async (t) => {
    const json = tx.payload.toJson(payload) as Readonly<Record<string, JsonValue>>
    for (const change of [
      { keyset: keysetOf('two') },
      { account: idOf('server 3') },
      { epoch: 7 },
      ...('index' in json ? [{ index: 3 }] : []),
    ]) {
      const forged = payloadOf(tx, { ...json, ...change })
      assert(forged, 'it has the form')
      t.same(verdictOf(chainId, { ...sample, payload: forged }).ok, false, JSON.stringify(change))
    }
  })

  t.test(`${why}: a proof of another one does not fit`, async (t) => {
    const other = others[place]
    assert(other, 'the same type')
    t.same(verdictOf(chainId, other), { ok: true })
    const [mine, theirs] = [tx.payload.toJson(payload), tx.payload.toJson(other.payload)]
    const proofs = Object.keys(mine as object).filter((key) => /proof|polynomials/i.test(key))
    t.ok(proofs.length > 0)
    for (const key of proofs) {
      const swapped = { ...(mine as object), [key]: (theirs as Record<string, JsonValue>)[key] }
      const forged = payloadOf(tx, swapped as JsonValue)
      assert(forged, 'it has the form')
      t.same(verdictOf(chainId, { ...sample, payload: forged }).ok, false, key)
    }
  })
}

t.test(
  'the proof of one purpose does not serve another, though the secret is the same',
  async (t) => {
    const world = await createWorld()
    const terms = { members: memberNames(3), threshold: 2, purposes: ['vault', 'records'] as const }
    must(world, 'dkg.start', startOf(terms), 'hospital desk')
    const place = { keyset: keysetOf(), epoch: 1 }
    const [dealer] = offerAll(world, place, terms.members)
    assert(dealer, 'a seat')
    const oldShares = [hexOf(5n), hexOf(5n)]
    const honest = buildDeal(group, dealPlanOf(world, place, { ...dealer, oldShares }))
    const [first, second] = honest.polynomials
    assert(first && second, 'two purposes')
    t.same(verdictOf(chainId, sampleOf(world, 'honest', ['dkg.deal', honest])), { ok: true })
    const swapped = [
      { ...first, proof: second.proof },
      { ...second, proof: first.proof },
    ]
    const forged = sampleOf(world, 'swapped', ['dkg.deal', { ...honest, polynomials: swapped }])
    t.same(verdictOf(chainId, forged), { ok: false, code: 'PROOF_SECRET' })
  },
)

t.test('sessions differ by slot, type and everything in the payload', async (t) => {
  const [offer, deal, complaint] = samples.map(({ payload }) => payload as never)
  assert(offer && deal && complaint, 'three payloads')
  const sessions = [
    offerSession(chainId, offer),
    dealSession(chainId, deal, 'boxes'),
    dealSession(chainId, deal, 'secret-vault'),
    dealSession(chainId, deal, 'secret-records'),
    complainSession(chainId, complaint),
    complainSession(idOf('another chain'), complaint),
  ].map(toHex)
  t.equal(new Set(sessions).size, sessions.length)
})

t.test('an acknowledgement holds for the keys that the dealings make, and no others', async (t) => {
  const made = make(world, { word: 'acked', members: memberNames(4), threshold: 3 })
  const { keyset, committee: keys } = made
  const { qualified } = epochOf(world, made)
  assert(keys && qualified, 'the keys are made')
  const ack = { account: idOf('server 1'), keyset, epoch: 1, index: 1, qualified, keys: keys.keys }
  const sample = sampleOf(world, 'an acknowledgement', ['dkg.ack', ack])
  t.same(verdictOf(chainId, sample), { ok: true })
  const json = sample.tx.payload.toJson(sample.payload) as Readonly<Record<string, JsonValue>>
  let forgeries = 0
  for (const changed of mutations(json['keys'] ?? null)) {
    const forged = payloadOf(sample.tx, { ...json, keys: changed.json })
    if (forged === undefined) continue
    const verdict = verdictOf(chainId, { ...sample, payload: forged })
    t.same(verdict, { ok: false, code: 'KEYS_DIFFER' }, changed.path)
    forgeries++
  }
  t.equal(forgeries, 3 + 4)
  const [first, ...rest] = sample.facts
  assert(first, 'the plan')
  const exchanged = [first, ...rest.toReversed()]
  t.same(verdictOf(chainId, { ...sample, facts: exchanged }), { ok: true }, 'a sum has no order')
  for (const order of [
    [2, 1, 3, 4],
    [1, 1, 2, 3],
  ]) {
    const forged = payloadOf(sample.tx, { ...json, qualified: order })
    assert(forged, 'it has the form')
    const verdict = verdictOf(chainId, { ...sample, payload: forged })
    t.same(verdict, { ok: false, code: 'QUALIFIED_DIFFER' })
  }
})
