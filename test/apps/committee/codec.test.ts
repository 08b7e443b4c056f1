// The bytes of the committee: tags, payloads, state and proofs are those that were frozen, and decoders are strict.
import t from 'tap'
import { codes } from '../../../apps/committee/codes.ts'
import { KEYSET_POINTS_MAX, MEMBERS_MAX, PURPOSES_MAX } from '../../../apps/committee/fields.ts'
import { boxHash, faultId, keysetId } from '../../../apps/committee/ids.ts'
import { committee } from '../../../apps/committee/index.ts'
import {
  barTable,
  committeeTable,
  dealingTable,
  faultTable,
  keysetTable,
  offerTable,
  onceTable,
  planTable,
  progressTable,
} from '../../../apps/committee/state.ts'
import { buildDeal, buildOffer, planKeyset } from '../../../client/committee/deal.ts'
import { buildAck, buildComplain, takeShares } from '../../../client/committee/seat.ts'
import { assert } from '../../../vm/assert.ts'
import { receiptCodec } from '../../../vm/block.ts'
import { encode, type JsonValue } from '../../../vm/codec.ts'
import type { Group, Point } from '../../../vm/crypto/group.ts'
import { ristretto255 } from '../../../vm/crypto/ristretto255.ts'
import { ENVELOPE_BUDGET_SHARE } from '../../../vm/limits.ts'
import { defaultParameters } from '../../../vm/rules.ts'
import type { Hex } from '../../../vm/types.ts'
import { fuzzPayloads } from '../fuzz-payloads.ts'
import { checkGolden, readVector, sample } from '../golden.ts'
import { suite } from '../vault/world.ts'

const x = (byte: string, size = 32): Hex => `0x${byte.repeat(size)}`
const point = (byte: number) => new Uint8Array(32).fill(byte)
const windows = { offerMs: 100, dealMs: 200, complaintMs: 300, ackMs: 2_678_400_000 }
const sizes = { threshold: 2, minimum: 2, members: [x('11'), x('12')] }
const keys = [
  { purpose: 'vault', commitments: [point(1), point(2)], memberKeys: [point(3), point(4)] },
  { purpose: 'trial', commitments: [point(5), point(6)], memberKeys: [point(7), point(0)] },
] as const
const fault = { kind: 'bad-share', object: x('02'), epoch: 1, culprit: x('11'), index: 16 } as const

const samples = [
  sample(keysetTable.key(x('02')), keysetTable.value, {
    sponsor: x('01'),
    epoch: 4_294_967_295,
    active: null,
  }),
  sample(planTable.key(x('02'), 2), planTable.value, {
    previous: 1,
    dealings: 2,
    purposes: ['vault', 'records', 'beacon', 'market', 'password', 'trial'],
    bond: { currency: 'USD', amount: 1_000n },
    ...sizes,
    organizations: [x('21'), x('22')],
    windows,
    startedMs: 1_700_000_000_000,
    txId: x('99'),
  }),
  sample(progressTable.key(x('02'), 2), progressTable.value, {
    offersEndMs: 1_700_000_000_100,
    dealsEndMs: 1_700_000_000_300,
    complaintsEndMs: 1_700_000_000_600,
    acksEndMs: 1_702_678_400_600,
    seats: [x('12'), x('11')],
    dealt: [2, 1],
    opened: [1],
    culprits: [x('12')],
    acks: [2],
  }),
  sample(offerTable.key(x('02'), 2, x('11')), offerTable.value, { boxKey: point(8) }),
  sample(dealingTable.key(x('02'), 2, 1), dealingTable.value, {
    account: x('11'),
    boxPoint: point(9),
    polynomials: [[point(1), point(2)]],
    boxHashes: [x('31'), x('32')],
    txId: x('99'),
  }),
  sample(committeeTable.key(x('02'), 2), committeeTable.value, {
    threshold: 2,
    members: [x('12'), x('11')],
    qualified: [1, 16],
    keys,
  }),
  sample(onceTable.key(x('08')), onceTable.value, x('02')),
  sample(faultTable.key(x('f0')), faultTable.value, { ...fault, txId: x('99') }),
  sample(barTable.key(x('02'), x('11')), barTable.value, x('f0')),
]

t.test('tags, payloads and state values', async (t) => {
  checkGolden(t, committee, samples)
})

type Frozen = {
  readonly ids: Readonly<Record<string, string>>
  readonly proven: Readonly<Record<string, JsonValue>>
}
const frozen = readVector<Frozen>('committee.json')

t.test('identifiers', async (t) => {
  const ids = {
    keyset: keysetId({ account: x('01'), nonce: x('03', 16) }),
    box: boxHash(new Uint8Array(48).fill(3)),
    fault: faultId(fault),
    other: faultId({ ...fault, kind: 'false-complaint' }),
  }
  t.strictSame(ids, frozen.ids)
})

const entropy = new Uint8Array(32).fill(7)
const chainId = x('c0')

/** One payload of each deterministic builder, all from the same fixed inputs. */
function buildAll(group: Group<Point>): Readonly<Record<string, unknown>> {
  const { keyset } = planKeyset(x('01'), entropy)
  const at = { chainId, keyset, epoch: 1 }
  const offers = ['11', '12'].map((byte) =>
    buildOffer(group, { ...at, account: x(byte), entropy: entropy.map((b) => b + Number(byte)) }),
  )
  const recipients = offers.map(({ payload }) => payload)
  const common = { ...at, recipients, threshold: 2, purposes: ['vault', 'password'] as const }
  const deals = ['11', '12'].map((byte, i) => {
    const own = { account: x(byte), index: i + 1, entropy: entropy.map((b) => b ^ Number(byte)) }
    return buildDeal(group, { ...common, ...own })
  })
  const dealt = deals.map(({ index, account, boxPoint, polynomials, boxes }) => ({
    dealer: index,
    box: boxes[0] ?? new Uint8Array(),
    dealing: {
      account,
      boxPoint,
      polynomials: polynomials.map(({ commitments }) => commitments),
      boxHashes: boxes.map(boxHash),
      txId: x('99'),
    },
  }))
  const [offer] = offers
  const [, second] = dealt
  assert(offer && second, 'two members')
  const seat = { ...at, account: x('11'), index: 1, boxSecret: offer.boxSecret }
  const making = { plan: { previous: null, purposes: common.purposes }, dealt }
  const oldShares = takeShares(group, seat, making)
  return {
    'dkg.offer': offer.payload,
    'dkg.deal': deals[0],
    'dkg.complain': buildComplain(group, seat, { ...second, entropy }),
    'dkg.ack': buildAck(group, seat, { ...making, seats: 2 }),
    'dkg.deal of an old share': buildDeal(group, {
      ...common,
      epoch: 2,
      account: x('11'),
      index: 1,
      oldShares,
      entropy,
    }),
  }
}

function toVector(built: ReturnType<typeof buildAll>): Readonly<Record<string, JsonValue>> {
  return Object.fromEntries(
    Object.entries(built).map(([name, payload]) => {
      const tx = committee.txs.find((known) => known.name === name.split(' ')[0])
      assert(tx, `${name} is registered`)
      return [name, tx.payload.toJson(payload as never)]
    }),
  )
}

for (const [name, group] of [
  ['reference', ristretto255],
  ['native', suite.group],
] as const) {
  t.test(`with the ${name} group, fixed entropy gives the frozen payloads`, async (t) => {
    t.strictSame(toVector(buildAll(group)), frozen.proven)
  })
}

t.test('the frozen offer verifies on the frozen chain, with the reference group', async (t) => {
  const tx = committee.txs.find((known) => known.name === 'dkg.offer')
  assert(tx?.verify, 'an offer has a proof')
  const payload = tx.payload.fromJson(frozen.proven['dkg.offer'])
  const crypto = { group: ristretto255, range: suite.range }
  t.strictSame(tx.verify({ chainId, payload, facts: [], crypto }), { ok: true })
  t.notOk(tx.verify({ chainId: x('c1'), payload, facts: [], crypto }).ok)
})

t.test('examples of queries decode and answer', async (t) => {
  const state = { get: () => undefined, list: async () => [] }
  for (const view of committee.queries)
    await t.resolves(view.run(state, view.example, { height: 1, timeMs: 1 }), view.name)
})

t.test('refusal codes fit in a receipt and say what is wrong', async (t) => {
  const receipt = { txId: x('00'), tag: 1, items: [], cost: 1, writeSetHash: x('00') }
  for (const [code, text] of Object.entries(codes)) {
    t.doesNotThrow(() => encode(receiptCodec, { ...receipt, code }))
    t.match(text, /^[A-Z].*\.$/s)
  }
})

t.test('the heaviest acknowledgement that sizes allow fits in half a block', async (t) => {
  const tx = committee.txs.find(({ name }) => name === 'dkg.ack')
  assert(tx, 'it is registered')
  const points = (count: number) => new Array<Uint8Array>(count).fill(point(1))
  let heaviest = 0
  for (let seats = 2; seats <= MEMBERS_MAX; seats++)
    for (let threshold = 2; threshold <= seats; threshold++)
      for (let purposes = 1; purposes <= PURPOSES_MAX; purposes++) {
        if (purposes * threshold * seats > KEYSET_POINTS_MAX) continue
        const key = { purpose: 'vault', commitments: points(threshold), memberKeys: points(seats) }
        // A resharing may take dealings of as many old members as there can be.
        const qualified = Array.from({ length: MEMBERS_MAX }, (_, i) => i + 1)
        const payload = { qualified, keys: new Array<typeof key>(purposes).fill(key) }
        heaviest = Math.max(heaviest, tx.cost(payload as never))
      }
  t.ok(heaviest > 1_000)
  t.ok(heaviest <= defaultParameters.blockBudget * ENVELOPE_BUDGET_SHARE)
})

fuzzPayloads(committee)
