// The steps of replicated shares: a record checked, a complaint judged, a masked answer made and checked; two of three servers.
import { FIRST_EPOCH, recordId } from '../apps/vault/ids.ts'
import { repDealTable, sharesTable } from '../apps/vault/state.ts'
import { buildOffer, planCommittee } from '../client/vault/deal.ts'
import { createTag } from '../client/vault/entropy.ts'
import { buildRepRespond, sumClasses } from '../client/vault/replicated/answer.ts'
import {
  buildRepAck,
  buildRepInit,
  classSecretsOf,
  readClassKeys,
} from '../client/vault/replicated/deal.ts'
import { buildComplainRecord, buildRepRecord } from '../client/vault/replicated/record.ts'
import { assert } from '../vm/assert.ts'
import type { Digest, Hex } from '../vm/types.ts'
import { createScratch, entropyOf, idOf, microsOf, type Scratch, steady } from './scratch.ts'
import { allowAsking, openQuery, type Suite } from './vault-steps.ts'

const SEATS = [1, 2, 3]
const RECORDS = 12
const QUESTIONS = 12

/** Microseconds; an answer is for both classes of a server. */
export type ReplicatedCosts = {
  readonly recordMade: number
  readonly recordChecked: number
  readonly complaintJudged: number
  readonly answerMade: number
  readonly answerChecked: number
}

/** An active committee with what its servers and its owner hold. */
function deal({ group }: Suite, scratch: Scratch) {
  const { chainId, run } = scratch
  const account = idOf('hospital')
  const { nonce, committee } = planCommittee(account, entropyOf('replicated'))
  const servers = SEATS.map((seat) => {
    const name = `server ${seat}`
    run('server.register', { account: idOf(name), bond: 0n }, name)
    const offerer = { chainId, account: idOf(name), committee, entropy: entropyOf(name) }
    const { payload, boxSecret } = buildOffer(group, offerer)
    run('server.offer', payload, name)
    return { ...payload, boxSecret, name }
  })
  const sizes = { threshold: 2, minimum: 2, servers, answers: 'masked' } as const
  const terms = { currency: 'USD', bond: 0n, entropy: entropyOf('class keys') }
  const plan = { chainId, account, nonce, ...sizes, ...terms }
  const init = buildRepInit(group, plan)
  run('rep.init', init, 'hospital')
  const dealt = repDealTable.get(scratch.state(), committee, FIRST_EPOCH)
  assert(dealt !== undefined, 'the deal is there')
  scratch.passComplaints()
  const held = servers.map(({ boxSecret, name }, at) => {
    const place = { committee, epoch: FIRST_EPOCH, index: at + 1, deal: dealt }
    run('rep.ack', buildRepAck(place, idOf(name)), name)
    return readClassKeys(group, { ...place, boxes: init.boxes, boxSecret }).secrets
  })
  return { committee, held, secrets: classSecretsOf(group, plan) }
}

type Dealt = ReturnType<typeof deal>

function measureRecords(suite: Suite, scratch: Scratch, given: Dealt & { readonly tag: Hex }) {
  const { committee, secrets, tag } = given
  const made: number[] = []
  const checked: number[] = []
  const ids: Digest[] = []
  for (let at = 0; at < RECORDS; at++) {
    const writing = {
      ...{ chainId: scratch.chainId, account: idOf('hospital'), committee, epoch: FIRST_EPOCH },
      ...{ secrets, writerSecret: entropyOf('writer'), entropy: entropyOf(`record ${at}`) },
    }
    const place = { tag, policy: idOf('policy'), period: 0, nullifier: idOf(`invoice ${at}`) }
    const tools = { group: suite.group, range: suite }
    const built: ReturnType<typeof buildRepRecord>[] = []
    made.push(
      microsOf(1, () => {
        built.push(buildRepRecord(tools, writing, { amount: BigInt(at), ...place }))
      }),
    )
    const [payload] = built
    assert(payload !== undefined, 'it was built')
    checked.push(scratch.run('rep.record', payload, 'hospital').verify)
    ids.push(recordId(payload))
  }
  return { ids, made: steady(made), checked: steady(checked) }
}

function nonceOf(scratch: Scratch, id: Digest): Hex {
  const shares = sharesTable.get(scratch.state(), id)
  assert(shares !== undefined, 'the record has shares')
  return shares.nonce
}

/** A complaint about each record by the first server, on copies of the state. */
function measureComplaints(
  { group }: Suite,
  scratch: Scratch,
  { committee, held, ids }: Dealt & { readonly ids: readonly Digest[] },
): number {
  const secret = held[0]?.get(1)
  assert(secret !== undefined, 'the first server holds the first class')
  const place = { committee, epoch: FIRST_EPOCH }
  return steady(
    ids.map((id) => {
      const sender = { chainId: scratch.chainId, account: idOf('server 1') }
      const record = { ...place, id, nonce: nonceOf(scratch, id) }
      const seat = { ...sender, entropy: entropyOf(`c ${id}`), index: 1, class: 1, secret }
      const complaint = buildComplainRecord(group, record, seat)
      const spent = scratch.run('rep.complainRecord', complaint, 'server 1', true)
      return spent.verify + spent.execute
    }),
  )
}

export function measureReplicated(suite: Suite): ReplicatedCosts {
  const { group } = suite
  const scratch = createScratch(suite)
  const dealt = deal(suite, scratch)
  const { committee, held } = dealt
  const tag = createTag(group, entropyOf('tag'))
  const consent = allowAsking(suite, scratch, { committee, tag })
  const records = measureRecords(suite, scratch, { ...dealt, tag: tag.publicKey })
  const { ids } = records
  const complaintJudged = measureComplaints(suite, scratch, { ...dealt, ids })
  const [secrets] = held
  assert(secrets !== undefined, 'the first server holds keys')
  const nonces = ids.map((id) => nonceOf(scratch, id))
  const sums = sumClasses(group, { committee, epoch: FIRST_EPOCH, nonces }, secrets)
  const made: number[] = []
  const checked: number[] = []
  for (let at = 0; at < QUESTIONS; at++) {
    const asked = { committee, tag: tag.publicKey, consent, at }
    const { query, answerKey } = openQuery(suite, scratch, asked)
    const place = { chainId: scratch.chainId, account: idOf('server 1'), committee, query }
    const seat = { epoch: FIRST_EPOCH, index: 1, answerKey, sums, entropy: entropyOf(`e ${at}`) }
    let response: unknown
    made.push(
      microsOf(1, () => {
        response = buildRepRespond(group, { ...place, ...seat })
      }),
    )
    checked.push(scratch.run('rep.respond', response, 'server 1').verify)
  }
  return {
    recordMade: records.made,
    recordChecked: records.checked,
    complaintJudged,
    answerMade: steady(made),
    answerChecked: steady(checked),
  }
}
