// Whole conversations: who does what, how it ends, and what it costs whom; and money is conserved over random ones.
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { progressTable } from '../../../../apps/vault/state.ts'
import { buildComplainResponse } from '../../../../client/vault/replicated/answer.ts'
import {
  buildRepComplainKey,
  proveRepDeal,
  sealRepDeal,
} from '../../../../client/vault/replicated/deal.ts'
import { assert } from '../../../../vm/assert.ts'
import type { Digest } from '../../../../vm/types.ts'
import { ask, letAskBucket, letWrite, type Question, readSum, segmentOf } from '../cast.ts'
import { createWorld, entropyOf, idOf, must, suite, type World } from '../world.ts'
import {
  badRecordOf,
  dealRep,
  OWNER,
  prepareRep,
  type RepReady,
  recordComplaint,
  recordRep,
  repRespond,
  repSeatOf,
  scalarRespondOf,
  sendRecord,
} from './scene.ts'

const { group } = suite
const PARTIES = [OWNER, 'server 1', 'server 2', 'server 3', 'payer a'] as const
const wealth = (world: World) =>
  PARTIES.map((name) => world.balance(name) + world.bond(name).amount).reduce((a, b) => a + b)

type Scene = {
  readonly world: World
  readonly ready: RepReady
  readonly records: readonly Digest[]
  readonly question: Question
}

async function start(answers: 'masked' | 'scalar' = 'masked'): Promise<Scene> {
  const world = await createWorld()
  const ready = dealRep(world, { answers, bond: 500n })
  letWrite(world, 'pat')
  const records = recordRep(world, ready, { name: 'pat', amounts: [10n, 20n, 30n] })
  const consent = letAskBucket(world, ready.committee, 'pat', { maxUses: 9 })
  const question = ask(world, ready, { target: segmentOf('pat', 0), consent, fee: 100n })
  return { world, ready, records, question }
}

function end(world: World, { query }: Question): void {
  world.wait(60_000)
  must(world, 'query.timeout', { account: idOf('sam'), query }, 'sam')
}

/** What happens, how the query ends, and by how much each bond shrinks; nobody else's does. */
const conversations: readonly {
  readonly why: string
  readonly play: (t: Test) => Promise<{ readonly world: World; readonly question?: Question }>
  readonly ends: string | undefined
  readonly pays: Readonly<Record<string, bigint>>
  readonly burned: bigint
}[] = [
  {
    why: 'all are honest: the sum is answered and no bond moves',
    play: async (t) => {
      const { world, ready, records, question } = await start()
      for (const index of [1, 3]) repRespond(world, ready, { ...question, index, records })
      t.equal(readSum(world, question), 60n)
      return { world, question }
    },
    ends: 'ready',
    pays: {},
    burned: 0n,
  },
  {
    why: 'the owner deals a wrong key: a holder shows it, the deal is over',
    play: async (_t) => {
      const world = await createWorld()
      const honest = prepareRep(world, { bond: 500n })
      const bare = sealRepDeal(group, honest.plan)
      const [first, ...rest] = bare.boxes
      assert(first, 'a box')
      const boxes = [first.map((byte) => byte ^ 1), ...rest]
      const dealing = { ...honest, init: proveRepDeal(group, honest.plan, { ...bare, boxes }) }
      must(world, 'rep.init', dealing.init, OWNER)
      const sender = { chainId: world.chainId, account: idOf('server 1'), entropy: entropyOf('c') }
      const complaint = buildRepComplainKey(group, repSeatOf(world, dealing, 1), {
        ...sender,
        class: 1,
      })
      must(world, 'rep.complainKey', complaint, 'server 1')
      return { world }
    },
    ends: undefined,
    pays: { [OWNER]: 500n },
    burned: 250n,
  },
  {
    why: 'the owner publishes a wrong V_c: a holder shows it, the query ends without a penalty for silence',
    play: async (_t) => {
      const world = await createWorld()
      const ready = dealRep(world, { bond: 500n })
      letWrite(world, 'pat')
      recordRep(world, ready, { name: 'pat', amounts: [1n, 2n] })
      const id = sendRecord(world, badRecordOf(world, ready, { name: 'pat', amount: 9n, class: 3 }))
      const consent = letAskBucket(world, ready.committee, 'pat')
      const question = ask(world, ready, { target: segmentOf('pat', 0), consent })
      const complaint = recordComplaint(world, ready, { id, index: 2, class: 3 })
      must(world, 'rep.complainRecord', complaint, 'server 2')
      end(world, question)
      return { world, question }
    },
    ends: 'timed-out',
    pays: { [OWNER]: 500n },
    burned: 250n,
  },
  {
    why: 'a helper sends a wrong scalar: the insurer shows it, the other holders make the sum',
    play: async (_t) => {
      const { world, ready, records, question } = await start('scalar')
      const send = (index: number, forged: boolean) => {
        const forge = forged
          ? { forge: ({ f, g }: { f: bigint; g: bigint }) => ({ f, g: g + 1n }) }
          : {}
        const payload = scalarRespondOf(world, ready, { ...question, index, records, ...forge })
        must(world, 'rep.respondScalar', payload, `server ${index}`)
        return payload
      }
      const [wrong] = send(1, true).answers
      send(2, false)
      assert(wrong, 'an answer')
      const { committee, epoch } = ready
      const complaint = buildComplainResponse(
        group,
        { ...wrong, committee, epoch, query: question.query, index: 1 },
        {
          chainId: world.chainId,
          account: idOf('payer a'),
          entropy: entropyOf('c'),
          answerSecret: question.answerSecret,
          deposit: 1_000n,
        },
      )
      must(world, 'rep.complainResponse', complaint, 'payer a')
      send(3, false)
      return { world, question }
    },
    ends: 'ready',
    pays: { 'server 1': 1_000n, 'payer a': -1_000n },
    burned: 500n,
  },
  {
    why: 'a helper accuses an honest owner: it pays, the record stays and the sum is answered',
    play: async (t) => {
      const { world, ready, records, question } = await start()
      const [id] = records
      assert(id, 'a record')
      must(
        world,
        'rep.complainRecord',
        recordComplaint(world, ready, { id, index: 3, class: 3 }),
        'server 3',
      )
      for (const index of [1, 2]) repRespond(world, ready, { ...question, index, records })
      t.equal(readSum(world, question), 60n)
      return { world, question }
    },
    ends: 'ready',
    pays: { 'server 3': 1_000n },
    burned: 1_000n,
  },
  {
    why: 'both holders of one class stay silent: each pays a little, the fee goes back',
    play: async (_t) => {
      const { world, ready, records, question } = await start()
      repRespond(world, ready, { ...question, index: 2, records })
      end(world, question)
      return { world, question }
    },
    ends: 'timed-out',
    pays: { 'server 1': 10n, 'server 3': 10n },
    burned: 20n,
  },
  {
    why: 'one helper is silent: the other two answer, nobody pays',
    play: async (_t) => {
      const { world, ready, records, question } = await start()
      for (const index of [2, 3]) repRespond(world, ready, { ...question, index, records })
      return { world, question }
    },
    ends: 'ready',
    pays: {},
    burned: 0n,
  },
]

for (const { why, play, ends, pays, burned } of conversations) {
  t.test(why, async (t) => {
    const { world, question } = await play(t)
    const status = question && progressTable.get(world.state(), question.query)?.status
    t.equal(status, ends)
    const before: Readonly<Record<string, bigint>> = { [OWNER]: 500n, 'payer a': 0n }
    for (const name of PARTIES)
      t.equal((before[name] ?? 1_000n) - world.bond(name).amount, pays[name] ?? 0n, name)
    t.equal(world.burned(), burned)
    const fee = question && status === 'open' ? 100n : 0n
    t.equal(wealth(world), 1_000_000n * BigInt(PARTIES.length) - burned - fee)
  })
}

type Step = {
  readonly kind: 'record' | 'bad' | 'accuse' | 'complain' | 'ask' | 'answer' | 'end'
  readonly at: number
}
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('record', 'bad', 'accuse', 'complain', 'ask', 'answer', 'end'),
  at: fc.nat(2),
})

t.test('over random histories no money is made or lost, and no escrow stays behind', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 16 }), async (steps) => {
      const world = await createWorld({ minimumSetSize: 1 })
      const ready = dealRep(world, { bond: 500n })
      letWrite(world, 'pat')
      const consent = letAskBucket(world, ready.committee, 'pat', { maxUses: 99 })
      const good: Digest[] = []
      const bad: Digest[] = []
      const asked: { readonly question: Question; readonly records: readonly Digest[] }[] = []
      let open: Digest[] = []
      let segment = 0
      const run = ({ kind, at }: Step): void => {
        const index = at + 1
        const held = [1, 2, 3][at] ?? 1
        if (kind === 'record') {
          const [id] = recordRep(world, ready, { name: 'pat', amounts: [BigInt(at)] })
          assert(id, 'a record')
          good.push(id)
          open.push(id)
        } else if (kind === 'bad') {
          const spoiled = { name: 'pat', amount: 5n, class: held }
          const id = sendRecord(world, badRecordOf(world, ready, spoiled))
          bad.push(id)
          open.push(id)
        } else if (kind === 'accuse' || kind === 'complain') {
          const [id] = kind === 'accuse' ? good : bad
          if (id === undefined) return
          const complaint = recordComplaint(world, ready, { id, index, class: held })
          world.send('rep.complainRecord', complaint, `server ${index}`)
        } else if (kind === 'ask') {
          const target = segmentOf('pat', segment)
          const question = ask(world, ready, { target, consent, fee: 7n })
          if (question.code !== '') return
          segment += 1
          asked.push({ question, records: open })
          open = []
        } else if (kind === 'answer') {
          const [last] = asked.slice(-1)
          if (last === undefined) return
          const { question, records } = last
          repRespond(world, ready, { ...question, index, records })
        } else world.wait(61_000)
      }
      for (const each of steps) run(each)
      world.wait(200_000)
      for (const { question } of asked) {
        const { query } = question
        world.send('query.timeout', { account: idOf('sam'), query }, 'sam')
      }
      t.equal(wealth(world), 1_000_000n * BigInt(PARTIES.length) - world.burned())
      for (const { question } of asked)
        t.not(progressTable.get(world.state(), question.query)?.status, 'open')
    }),
    { numRuns: 8, seed: 3 },
  )
})
