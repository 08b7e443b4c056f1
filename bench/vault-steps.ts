// What answering and reading a sum costs, and judging a complaint, under a key that a hospital dealt to three of five servers.
import { consentId, FIRST_EPOCH } from '../apps/vault/ids.ts'
import { dealTable, queryTable, resultTable } from '../apps/vault/state.ts'
import { buildConsentGrant, buildConsentWriter } from '../client/vault/consent.ts'
import {
  buildAck,
  buildComplain,
  buildInit,
  buildOffer,
  planCommittee,
  readShare,
} from '../client/vault/deal.ts'
import { createTag } from '../client/vault/entropy.ts'
import { buildQueryOpen, buildResponse, readResult } from '../client/vault/query.ts'
import { buildRecordBatch } from '../client/vault/record.ts'
import { assert } from '../vm/assert.ts'
import type { DiscreteLog } from '../vm/crypto/discrete-log.ts'
import type { CryptoSuite, RangeProver } from '../vm/crypto/suite.ts'
import type { Digest, Hex } from '../vm/types.ts'
import { createScratch, entropyOf, idOf, microsOf, type Scratch, steady } from './scratch.ts'

export type Suite = CryptoSuite & RangeProver

const SEATS = [1, 2, 3, 4, 5]
const THRESHOLD = 3
/** Queries answered one after the other. */
const QUESTIONS = 12
/** Their sum is the largest below 2^32. */
const AMOUNTS = [2n ** 31n, 2n ** 30n, 2n ** 30n - 1n]

/** Microseconds. */
export type StepCosts = {
  readonly responseMade: number
  readonly responseChecked: number
  readonly combined: number
  readonly complaintJudged: number
  readonly decrypted: number
}

/** Everything of one deal up to its boxes. */
function deal({ group }: Suite, scratch: Scratch, word: string) {
  const { chainId, run } = scratch
  const account = idOf('hospital')
  const { nonce, committee } = planCommittee(account, entropyOf(word))
  const offers = SEATS.map((seat) => {
    const server = { account: idOf(`server ${seat}`), entropy: entropyOf(`${word} ${seat}`) }
    const offer = buildOffer(group, { chainId, committee, ...server })
    run('server.offer', offer.payload, `server ${seat}`)
    return { ...offer.payload, boxSecret: offer.boxSecret }
  })
  const plan = { chainId, account, nonce, threshold: THRESHOLD, minimum: 4, currency: 'USD' }
  const terms = { servers: offers, bond: 0n, entropy: entropyOf(`${word} key`) }
  const init = buildInit(group, { ...plan, ...terms })
  run('vault.init', init, 'hospital')
  const dealt = dealTable.get(scratch.state(), committee, FIRST_EPOCH)
  assert(dealt !== undefined, 'the deal is there')
  const seats = offers.map(({ boxSecret }, at) => {
    const box = init.boxes[at]
    assert(box !== undefined, 'a box for each seat')
    return { committee, epoch: FIRST_EPOCH, index: at + 1, deal: dealt, box, boxSecret }
  })
  return { committee, key: init.commitments[0] ?? new Uint8Array(), seats }
}

type Dealt = ReturnType<typeof deal>

/** Every complaint is tried on a copy, so that the deal stands for the next one. */
function measureComplaint({ group }: Suite, scratch: Scratch, { seats }: Dealt): number {
  const { chainId, run } = scratch
  return steady(
    [...seats, ...seats, ...seats].map((seat, at) => {
      const server = { account: idOf(`server ${seat.index}`), entropy: entropyOf(`c ${at}`) }
      const complaint = buildComplain(group, seat, { chainId, ...server })
      const { verify, execute } = run('vault.complain', complaint, `server ${seat.index}`, true)
      return verify + execute
    }),
  )
}

/** The patient's consents and three records; the consent to ask. */
export function allowAsking(
  { group }: Suite,
  { chainId, run, now }: Scratch,
  { committee, tag }: { readonly committee: Digest; readonly tag: ReturnType<typeof createTag> },
): Hex {
  const expiresAt = now() + 86_400_000
  const account = idOf('patient')
  const proving = { chainId, entropy: entropyOf('consents') }
  const writers = { writers: [idOf('organization of hospital')], policies: null }
  const writer = { account, tag: tag.publicKey, ...writers, expiresAt }
  const signed = { ...proving, tagSecret: tag.secret }
  run('consent.writer', buildConsentWriter(group, writer, signed), 'patient')
  const bucket = { tag: tag.publicKey, policy: idOf('policy'), period: 0 }
  const scope = { kind: 'buckets', buckets: [bucket] } as const
  const limits = { maxUses: 1_000, expiresAt, minimum: 0, single: false, overlap: false }
  const terms = { committee, insurer: idOf('insurer'), scope, purpose: 'accumulator', ...limits }
  const grant = buildConsentGrant(
    group,
    { account, nonce: idOf('grant').slice(0, 34) as Hex, ...terms },
    { ...proving, tagSecrets: new Map([[tag.publicKey, tag.secret]]) },
  )
  run('consent.grant', grant, 'patient')
  return consentId(grant)
}

/** Opens a query for the first segment, by its number again and again. */
export function openQuery(
  { group }: Suite,
  { chainId, run }: Scratch,
  asked: {
    readonly committee: Digest
    readonly tag: Hex
    readonly consent: Hex
    readonly at: number
  },
) {
  const { committee, tag, consent, at } = asked
  const bucket = { tag, policy: idOf('policy'), period: 0 }
  const { payload, query, answerSecret } = buildQueryOpen(group, {
    ...{ chainId, account: idOf('insurer'), committee, epoch: FIRST_EPOCH, consent, fee: 0n },
    ...{ target: { kind: 'segment', bucket, segment: 0 }, entropy: entropyOf(`query ${at}`) },
  })
  run('query.open', payload, 'insurer')
  return { query, answerSecret, answerKey: payload.answerKey }
}

function record(suite: Suite, { chainId, run }: Scratch, dealt: Dealt, tag: Hex): void {
  const { committee, key } = dealt
  const writing = {
    ...{ chainId, account: idOf('hospital'), committee, epoch: FIRST_EPOCH, key },
    ...{ writerSecret: entropyOf('writer'), entropy: entropyOf('records') },
  }
  const invoices = AMOUNTS.map((amount, at) => ({
    ...{ amount, tag, policy: idOf('policy'), period: 0, nullifier: idOf(`invoice ${at}`) },
  }))
  const batch = buildRecordBatch({ group: suite.group, range: suite }, writing, invoices)
  run('vault.recordBatch', batch, 'hospital')
}

export function measureSteps(suite: Suite, log: DiscreteLog): StepCosts {
  const { group } = suite
  const scratch = createScratch(suite)
  const { chainId, run } = scratch
  for (const seat of SEATS)
    run('server.register', { account: idOf(`server ${seat}`), bond: 0n }, `server ${seat}`)
  const complaintJudged = measureComplaint(suite, scratch, deal(suite, scratch, 'disputed'))
  const dealt = deal(suite, scratch, 'deal')
  const { committee, seats } = dealt
  scratch.passComplaints()
  for (const seat of seats)
    run('vault.ack', buildAck(group, seat, idOf(`server ${seat.index}`)), `server ${seat.index}`)
  const tag = createTag(group, entropyOf('tag'))
  const consent = allowAsking(suite, scratch, { committee, tag })
  record(suite, scratch, dealt, tag.publicKey)
  const made: number[] = []
  const checked: number[] = []
  const combined: number[] = []
  const decrypted: number[] = []
  for (let at = 0; at < QUESTIONS; at++) {
    const question = openQuery(suite, scratch, { committee, tag: tag.publicKey, consent, at })
    const { query, answerKey, answerSecret } = question
    const ephemeral = queryTable.get(scratch.state(), query)?.sums.ephemeral
    assert(ephemeral !== undefined, 'the query is open')
    for (const seat of seats.slice(0, THRESHOLD)) {
      const { index } = seat
      const share = readShare(group, seat)
      assert(share !== undefined, 'an honest box opens')
      const account = idOf(`server ${index}`)
      const place = { chainId, account, committee, epoch: FIRST_EPOCH, index, query }
      const answering = { ...place, share, ephemeral, answerKey, entropy: entropyOf(`e ${at}`) }
      let response: unknown
      const micros = microsOf(1, () => {
        response = buildResponse(group, answering)
      })
      const spent = run('query.respond', response, `server ${index}`)
      made.push(micros)
      checked.push(spent.verify)
      if (index === THRESHOLD) combined.push(spent.execute)
    }
    const result = resultTable.get(scratch.state(), query)
    assert(result !== undefined, 'the third answer makes the result')
    let sum: bigint | undefined
    decrypted.push(
      microsOf(1, () => {
        sum = readResult({ group, log }, result, { answerSecret, count: AMOUNTS.length })
      }),
    )
    assert(sum === AMOUNTS.reduce((total, amount) => total + amount), 'the sum is right')
  }
  return {
    complaintJudged,
    responseMade: steady(made),
    responseChecked: steady(checked),
    combined: steady(combined),
    decrypted: steady(decrypted),
  }
}
