// Replicated committees of the vault's tests: an owner that deals, holders that check and answer, records and questions.
import { FIRST_EPOCH, recordId } from '../../../../apps/vault/ids.ts'
import type { RepInit, RepRecord } from '../../../../apps/vault/replicated/payloads.ts'
import type { Share } from '../../../../apps/vault/replicated/statements.ts'
import type { RepDealState } from '../../../../apps/vault/replicated/values.ts'
import {
  askedSharesTable,
  queryTable,
  recordTable,
  repDealTable,
  sharesTable,
} from '../../../../apps/vault/state.ts'
import { buildOffer, planCommittee } from '../../../../client/vault/deal.ts'
import type { SecretScalar } from '../../../../client/vault/entropy.ts'
import type { Invoice } from '../../../../client/vault/record.ts'
import {
  buildRepRespond,
  buildRespondScalar,
  type RepAnswering,
  sumClasses,
} from '../../../../client/vault/replicated/answer.ts'
import {
  buildRepAck,
  buildRepInit,
  type ClassSecrets,
  classSecretsOf,
  type RepDealPlan,
  type RepSeat,
  readClassKeys,
} from '../../../../client/vault/replicated/deal.ts'
import { buildComplainRecord, buildRepRecord } from '../../../../client/vault/replicated/record.ts'
import { assert } from '../../../../vm/assert.ts'
import type { Digest, Hex } from '../../../../vm/types.ts'
import { invoiceOf } from '../cast.ts'
import { entropyOf, idOf, must, type Sent, suite, type World } from '../world.ts'

const { group } = suite
export const OWNER = 'hospital desk'

export type RepOptions = {
  readonly threshold?: number
  readonly seats?: number
  readonly answers?: RepInit['answers']
  readonly word?: string
  readonly bond?: bigint
}

export type RepDealing = {
  readonly committee: Digest
  readonly epoch: number
  readonly servers: readonly string[]
  readonly boxSecrets: readonly SecretScalar[]
  readonly plan: RepDealPlan
  readonly init: RepInit
}

/** Registers servers that are not yet, lets them offer, and builds the deal without sending it. */
export function prepareRep(world: World, options: RepOptions = {}): RepDealing {
  const { threshold = 2, seats = 3, answers = 'masked', word = 'rep deal', bond = 0n } = options
  const servers = Array.from({ length: seats }, (_, seat) => `server ${seat + 1}`)
  const account = idOf(OWNER)
  const { nonce, committee } = planCommittee(account, entropyOf(`${word} id`))
  const offers = servers.map((server) => {
    world.send('server.register', { account: idOf(server), bond: 1_000n }, server)
    const { payload, boxSecret } = buildOffer(group, {
      chainId: world.chainId,
      account: idOf(server),
      committee,
      entropy: entropyOf(`${word} offer of ${server}`),
    })
    must(world, 'server.offer', payload, server)
    return { account: idOf(server), boxKey: payload.boxKey, boxSecret }
  })
  const minimum = threshold + Math.floor((seats - 1) / 3)
  const sizes = { threshold, minimum, servers: offers, answers }
  const plan = {
    chainId: world.chainId,
    account,
    nonce,
    ...sizes,
    currency: 'USD',
    bond,
    entropy: entropyOf(word),
  }
  return {
    committee,
    epoch: FIRST_EPOCH,
    servers,
    boxSecrets: offers.map(({ boxSecret }) => boxSecret),
    plan,
    init: buildRepInit(group, plan),
  }
}

function repDealOf(world: World, committee: Digest): RepDealState {
  const found = repDealTable.get(world.state(), committee, FIRST_EPOCH)
  assert(found !== undefined, 'the committee was dealt')
  return found
}

export function repSeatOf(world: World, dealing: RepDealing, index: number): RepSeat {
  const { committee, epoch, init, boxSecrets } = dealing
  const boxSecret = boxSecrets[index - 1]
  assert(boxSecret, 'the seat exists')
  const deal = repDealOf(world, committee)
  return { committee, epoch, index, deal, boxes: init.boxes, boxSecret }
}

export type RepReady = RepDealing & {
  /** What each seat holds. */
  readonly held: readonly ClassSecrets[]
  /** What the owner holds. */
  readonly secrets: ClassSecrets
}

/** An active committee; `silent` seats never acknowledge. */
export function dealRep(
  world: World,
  options: RepOptions & { readonly silent?: readonly number[] } = {},
): RepReady {
  const dealing = prepareRep(world, options)
  must(world, 'rep.init', dealing.init, OWNER)
  world.wait(2_000)
  const held = dealing.servers.map((server, seat) => {
    const own = repSeatOf(world, dealing, seat + 1)
    if (!options.silent?.includes(seat + 1))
      must(world, 'rep.ack', buildRepAck(own, idOf(server)), server)
    const { secrets, bad } = readClassKeys(group, own)
    assert(bad.length === 0, 'honest boxes open')
    return secrets
  })
  if (options.silent) world.wait(60_000)
  return { ...dealing, held, secrets: classSecretsOf(group, dealing.plan) }
}

let entries = 0

export function repWritingOf(world: World, ready: RepReady, word = `rep record ${entries++}`) {
  const { committee, epoch, secrets } = ready
  return {
    chainId: world.chainId,
    account: idOf(OWNER),
    committee,
    epoch,
    secrets,
    writerSecret: entropyOf('writer secret'),
    entropy: entropyOf(word),
  }
}

export function repRecordOf(world: World, ready: RepReady, invoice: Invoice): RepRecord {
  return buildRepRecord({ group, range: suite }, repWritingOf(world, ready), invoice)
}

/** Sends the record of a built payload; its id. */
export function sendRecord(world: World, payload: RepRecord): Digest {
  must(world, 'rep.record', payload, OWNER)
  return recordId(payload)
}

let invoices = 0

/** Records amounts of one patient; the ids of the records. */
export function recordRep(
  world: World,
  ready: RepReady,
  { name, amounts }: { readonly name: string; readonly amounts: readonly bigint[] },
): readonly Digest[] {
  return amounts.map((amount) =>
    sendRecord(world, repRecordOf(world, ready, invoiceOf(name, amount, `rep ${invoices++}`))),
  )
}

/** A record whose share of the class was made with another key: everything else about it is right. */
export function badRecordOf(
  world: World,
  ready: RepReady,
  spoiled: { readonly name: string; readonly amount: bigint; readonly class: number },
): RepRecord {
  const other = prepareKey(`bad key ${invoices}`)
  const secrets = new Map([...ready.secrets, [spoiled.class, other] as const])
  const invoice = invoiceOf(spoiled.name, spoiled.amount, `rep ${invoices++}`)
  return repRecordOf(world, { ...ready, secrets }, invoice)
}

function prepareKey(word: string): Hex {
  const scalar = group.reduceScalar(new Uint8Array([...entropyOf(word), ...entropyOf(`${word} 2`)]))
  return `0x${Buffer.from(group.encodeScalar(scalar)).toString('hex')}`
}

export function noncesOf(world: World, records: readonly Digest[]): readonly Hex[] {
  return records.map((id) => {
    const found = sharesTable.get(world.state(), id)
    assert(found, 'the record has shares')
    return found.nonce
  })
}

export type RepAnswer = {
  readonly query: Digest
  readonly index: number
  /** What the query sums. */
  readonly records: readonly Digest[]
  /** Classes to answer for; all that the seat holds if left out. */
  readonly classes?: readonly number[]
  readonly word?: string
  /** Replaces honest sums. */
  readonly forge?: (share: Share) => Share
}

function answeringOf(world: World, ready: RepReady, answer: RepAnswer): RepAnswering {
  const {
    query,
    index,
    records,
    classes,
    word = 'answer',
    forge = (share: Share) => share,
  } = answer
  const { committee, epoch } = ready
  const asked = queryTable.get(world.state(), query)
  const held = ready.held[index - 1]
  assert(asked && held, 'an open query and a seat')
  const isReversal = (id: Digest) => recordTable.get(world.state(), id)?.reverses !== null
  const nonces = noncesOf(
    world,
    records.filter((id) => !isReversal(id)),
  )
  const reversed = noncesOf(world, records.filter(isReversal))
  const all = [...sumClasses(group, { committee, epoch, nonces, reversed }, held)]
  const wanted = all.filter(([of]) => classes === undefined || classes.includes(of))
  return {
    chainId: world.chainId,
    account: idOf(ready.servers[index - 1] ?? ''),
    committee,
    epoch,
    index,
    query,
    answerKey: asked.answerKey,
    sums: new Map(wanted.map(([of, share]) => [of, forge(share)])),
    entropy: entropyOf(`${word} of ${index} to ${query}`),
  }
}

export function repRespondOf(world: World, ready: RepReady, answer: RepAnswer) {
  return buildRepRespond(group, answeringOf(world, ready, answer))
}

export function repRespond(world: World, ready: RepReady, answer: RepAnswer): Sent {
  const server = ready.servers[answer.index - 1] ?? ''
  return world.send('rep.respond', repRespondOf(world, ready, answer), server)
}

export function scalarRespondOf(world: World, ready: RepReady, answer: RepAnswer) {
  return buildRespondScalar(group, answeringOf(world, ready, answer))
}

/** What a holder of the class says against its share of a record, true or false. */
export function recordComplaint(
  world: World,
  ready: RepReady,
  at: { readonly id: Digest; readonly index: number; readonly class: number; word?: string },
) {
  const { committee, epoch } = ready
  const [nonce] = noncesOf(world, [at.id])
  const secret = ready.held[at.index - 1]?.get(at.class) ?? ready.secrets.get(at.class)
  assert(nonce && secret, 'the seat holds the class')
  return buildComplainRecord(
    group,
    { committee, epoch, nonce, id: at.id },
    {
      chainId: world.chainId,
      account: idOf(ready.servers[at.index - 1] ?? ''),
      entropy: entropyOf(at.word ?? 'record complaint'),
      index: at.index,
      class: at.class,
      secret,
    },
  )
}

/** ΣV_c as the ledger sums it for a query. */
export function askedSum(world: World, query: Digest, held: number): Uint8Array {
  const sum = askedSharesTable.get(world.state(), query)?.shares[held - 1]
  assert(sum, 'the query asks a replicated committee')
  return sum
}
