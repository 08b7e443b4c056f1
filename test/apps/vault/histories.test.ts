// Random histories of everything that the vault knows: all money is free in the end, and no two answers tell one invoice.
import fc from 'fast-check'
import t from 'tap'
import { getEscrow } from '../../../apps/bank/state.ts'
import { recordId, setHash } from '../../../apps/vault/ids.ts'
import { accumulatorTable, progressTable, queryTable } from '../../../apps/vault/state.ts'
import { buildComplain } from '../../../client/vault/deal.ts'
import type { PolicyAccount } from '../../../client/vault/settle.ts'
import { assert } from '../../../vm/assert.ts'
import type { Digest } from '../../../vm/types.ts'
import {
  ask,
  letAsk,
  letAskBucket,
  letWrite,
  type Question,
  readSum,
  recordAmounts,
  respond,
  segmentOf,
  tagOf,
} from './cast.ts'
import { deal, prepareDeal, type Ready, seatOf } from './dealing.ts'
import { agree, settle } from './policies.ts'
import { disputeOf, toldRecordOf } from './receipts.ts'
import { createWorld, entropyOf, idOf, must, suite, type World } from './world.ts'

const OWNER = 'hospital desk'
const SERVERS = [1, 2, 3, 4, 5].map((seat) => `server ${seat}`)
const PARTIES = [OWNER, ...SERVERS, 'payer a', 'pat', 'sam']
const FEE = 7n

type Kind =
  | 'record'
  | 'lie'
  | 'void'
  | 'reverse'
  | 'dispute'
  | 'ask segment'
  | 'ask records'
  | 'answer'
  | 'settle'
  | 'accuse'
  | 'wait'
type Step = { readonly kind: Kind; readonly at: number }

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(
    ...(['record', 'record', 'record', 'ask segment', 'ask segment'] as const),
    ...(['ask records', 'ask records', 'answer', 'answer'] as const),
    ...(['lie', 'void', 'reverse', 'dispute', 'settle', 'accuse', 'wait'] as const),
  ),
  at: fc.nat(4),
})

type Asked = { readonly question: Question; readonly records: readonly Digest[] | null }

/** A chain that is played on, with what its players know. */
type Play = {
  readonly world: World
  readonly ready: Ready
  readonly consent: Digest
  readonly records: { readonly id: Digest; readonly amount: bigint }[]
  readonly lies: { readonly id: Digest; readonly box: Uint8Array }[]
  readonly asked: Asked[]
  account: PolicyAccount
  deals: number
}

async function start(): Promise<Play> {
  const world = await createWorld({ dealerBondMin: 0n })
  const ready = deal(world)
  letWrite(world, 'pat')
  const consent = letAskBucket(world, ready.committee, 'pat', { maxUses: 1_000 })
  const account = agree(world, { settleByMs: world.now() + 10_000_000 })
  const on = { world, ready, consent, records: [], lies: [], asked: [], account, deals: 0 }
  record(on)
  return on
}

/** Amounts of which no few add up to another: the n-th is a power of five. */
const amountOf = (place: number) => 5n ** BigInt(place % 13)

function record(play: Play): void {
  const { world, ready, records } = play
  const amounts = [0, 1, 2].map((more) => amountOf(records.length + more))
  const ids = recordAmounts(world, ready, { name: 'pat', amounts })
  ids.forEach((id, at) => {
    records.push({ id, amount: amounts[at] ?? 0n })
  })
}

/** A record whose receipt tells a cent more. */
function lie({ world, ready, records, lies }: Play): void {
  const amount = amountOf(records.length)
  const payload = toldRecordOf(world, ready, { name: 'pat', amount, told: amount + 1n })
  if (world.send('vault.record', payload, OWNER).code !== '') return
  const id = recordId(payload)
  lies.push({ id, box: payload.box })
  records.push({ id, amount })
}

/** Another deal, of which a server accuses the honest dealer. */
function accuse(play: Play, at: number): void {
  const { world } = play
  const dealing = prepareDeal(world, { word: `disputed ${play.deals++}` })
  if (world.send('vault.init', dealing.init, OWNER).code !== '') return
  const account = idOf(SERVERS[at] ?? '')
  const sender = { chainId: world.chainId, account, entropy: entropyOf(`accuse ${play.deals}`) }
  const complaint = buildComplain(suite.group, seatOf(world, dealing, at + 1), sender)
  must(world, 'vault.complain', complaint, SERVERS[at] ?? '')
}

function askRecords(play: Play, at: number): void {
  const { world, ready, records, asked } = play
  const ids = records.slice(at, at + 3 + (at % 2)).map(({ id }) => id)
  const target = { kind: 'records', records: [...ids].sort() } as const
  if (ids.length < 3) return
  const set = setHash(ready.committee, target)
  const scope = { kind: 'set', set, tags: [tagOf('pat').publicKey] } as const
  const consent = letAsk(world, ready.committee, { names: ['pat'], scope })
  const question = ask(world, ready, { target, consent, fee: FEE })
  if (question.code === '') asked.push({ question, records: target.records })
}

function askSegment({ world, ready, consent, asked }: Play): void {
  for (let segment = 0; segment < 9; segment++) {
    const question = ask(world, ready, { target: segmentOf('pat', segment), consent, fee: FEE })
    if (question.code === 'SEGMENT_UNKNOWN') return
    if (question.code === '') asked.push({ question, records: null })
  }
}

function play(on: Play, { kind, at }: Step): void {
  const { world, ready, records, lies, asked } = on
  const [last] = asked.slice(-1)
  const chosen = records[at]?.id ?? idOf('none')
  const owner = { account: idOf(OWNER), record: chosen }
  if (kind === 'record') record(on)
  else if (kind === 'lie') lie(on)
  else if (kind === 'void') world.send('vault.void', { ...owner, reason: 'error' }, OWNER)
  else if (kind === 'reverse') world.send('vault.reverse', owner, OWNER)
  else if (kind === 'dispute') {
    const [lied] = lies.slice(-1)
    if (lied) world.send('receipt.dispute', disputeOf(world, { ...lied, name: 'pat' }), 'pat')
  } else if (kind === 'ask segment') askSegment(on)
  else if (kind === 'ask records') askRecords(on, at)
  else if (kind === 'accuse') accuse(on, at)
  else if (kind === 'wait') world.wait(61_000)
  else if (last === undefined) return
  else if (kind === 'answer')
    for (let seat = 0; seat <= at; seat++)
      respond(world, ready, { query: last.question.query, index: seat + 1 })
  else {
    const sum = readSum(world, last.question)
    if (sum === undefined) return
    const settled = settle(world, { ...last.question, sum }, on.account)
    if (settled.code === '') on.account = settled.next
  }
}

/** Whatever can be ended is ended, by whoever may. */
function end({ world, asked, account }: Play): void {
  world.wait(70_000)
  for (const { question } of asked)
    world.send('query.timeout', { account: idOf('sam'), query: question.query }, 'sam')
  for (const name of SERVERS) world.send('server.leave', { account: idOf(name) }, name)
  world.wait(40_000_000)
  const { policy } = account
  assert(accumulatorTable.get(world.state(), policy), 'the policy is on the ledger')
  // An escrow that was paid out to the last cent is closed already.
  world.send('policy.close', { account: idOf('sam'), policy }, 'sam')
  for (const name of PARTIES) {
    const { amount } = world.bond(name)
    if (amount > 0n) must(world, 'bank.release-bond', { currency: 'USD', amount }, name)
  }
}

const history = fc.array(step, { minLength: 12, maxLength: 20 })

t.test(
  'in the end nothing is in an escrow or a bond: what is not burned is with its owners',
  async (t) => {
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        const on = await start()
        const { world, asked, account } = on
        for (const each of steps) play(on, each)
        end(on)
        const left = PARTIES.reduce((sum, name) => sum + world.balance(name), 0n)
        const funded = BigInt(PARTIES.length - 2) * 1_000_000n
        t.equal(left + world.burned(), funded)
        for (const { question } of asked) {
          t.equal(getEscrow(world.state(), question.query), undefined)
          t.not(progressTable.get(world.state(), question.query)?.status, 'open')
        }
        t.equal(getEscrow(world.state(), account.policy), undefined)
      }),
      { numRuns: 5, seed: 21, endOnFailure: true },
    )
  },
)

/** The records that a query summed, each with its sign: reversals count against what they reverse. */
async function membersOf(on: Play, { question, records }: Asked): Promise<readonly Digest[]> {
  if (records !== null) return records
  const { target } = queryTable.get(on.world.state(), question.query) ?? {}
  assert(target?.kind === 'segment', 'it asked for a segment')
  const { bucket, segment } = target
  const { committee } = on.ready
  const page = { committee, bucket, segment, from: null, limit: 100 }
  const answer = await on.world.query('vault.segment', page)
  assert(answer.ok, 'the segment')
  return (answer.result as { readonly records: readonly Digest[] }).records
}

t.test(
  'any two sets that were asked for are the same or disjoint, and no two sums differ by an invoice',
  async (t) => {
    let pairs = 0
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        const on = await start()
        for (const each of steps) if (each.kind !== 'accuse') play(on, each)
        const sets = await Promise.all(on.asked.map((one) => membersOf(on, one)))
        const sums = on.asked.map(({ question }) => {
          for (const index of [1, 2, 3]) respond(on.world, on.ready, { ...question, index })
          return readSum(on.world, question)
        })
        for (const [i, left] of sets.entries())
          for (const [j, right] of sets.slice(i + 1).entries()) {
            pairs += 1
            const common = left.filter((id) => right.includes(id))
            const isSame = common.length === left.length && common.length === right.length
            t.ok(isSame || common.length === 0, 'identical or disjoint')
            const [one, other] = [sums[i], sums[i + 1 + j]]
            if (one === undefined || other === undefined) continue
            const apart = one > other ? one - other : other - one
            t.notOk(
              on.records.some(({ amount }) => amount === apart),
              `${apart}`,
            )
          }
      }),
      { numRuns: 5, seed: 22, endOnFailure: true },
    )
    t.ok(pairs > 10, `${pairs} pairs`)
  },
)
