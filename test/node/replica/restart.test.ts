// A validator that dies between any two steps of a promise comes back with the same bytes, and never signs anything else.
import t, { type Test } from 'tap'
import { encodeMessage, type Message } from '../../../consensus/message.ts'
import { journalRecordCodec, type Voter } from '../../../node/replica/promise.ts'
import { createMemoryStore } from '../../../node/store/memory.ts'
import { decode } from '../../../vm/codec.ts'
import { sameBody } from '../../../vm/vote.ts'
import { act, elect, genesisTimeMs } from '../../support/toy-chain.ts'
import { copyStore, createPast, diskWith } from '../../support/toy-history.ts'
import { at, blocksAt, decide, fresh, messageIn, startSeat } from '../../support/toy-network.ts'
import {
  createDisk,
  loseJournal,
  startValidator,
  type ToyValidator,
  toyNowMs,
} from '../../support/toy-validator.ts'
import { createWire, type Wire } from '../../support/wire.ts'

const points = ['before the journal', 'after the journal', 'after the lock'] as const
type Point = (typeof points)[number]

type Crash = { readonly promise: number; readonly point: Point }

/** Dies at one point of the given promise, or of the group that shares an fsync with it; keeps what reached the journal. */
function crashing({ promise, point }: Crash, journaled: Message[]) {
  let promises = 0
  const dieAt = (now: Point): void => {
    if (promises >= promise && now === point) throw new Error(`dies ${point}`)
  }
  return (voter: Voter): Voter => ({
    ...voter,
    journal: {
      ...voter.journal,
      append: async (records) => {
        promises += records.length
        dieAt('before the journal')
        await voter.journal.append(records)
        for (const { bytes } of records)
          journaled.push(decode(journalRecordCodec, bytes).entry.message)
        dieAt('after the journal')
      },
    },
    lock: {
      ...voter.lock,
      record: async (vote, prepared) => {
        const outcome = await voter.lock.record(vote, prepared)
        dieAt('after the lock')
        return outcome
      },
    },
  })
}

function placeOf({ kind, height, view }: Message): string {
  return `${kind} ${height}/${view}`
}

/** What each validator says at each place, for as long as the wire exists; two bodies at one place are a fork in the making. */
function listen(wire: Wire) {
  const said = new Map<string, Set<string>>()
  wire.meddle((letter) => {
    const message = messageIn(letter)
    if (message !== undefined) {
      const place = `${message.signer}: ${placeOf(message)}`
      const hex = Buffer.from(encodeMessage(message)).toString('hex')
      said.set(place, (said.get(place) ?? new Set()).add(hex))
    }
    return [letter.bytes]
  })
  return {
    at: (message: Message) => [...(said.get(`${message.signer}: ${placeOf(message)}`) ?? [])],
    twice: () => [...said].filter(([, bodies]) => bodies.size > 1).map(([place]) => place),
  }
}

async function submitTo(nodes: readonly ToyValidator[]): Promise<void> {
  const { bytes } = fresh().transaction
  for (const node of nodes) await node.submit(bytes)
}

type Scene = {
  /** The three that are there; the first one dies. No height is decided without it. */
  readonly seats: readonly number[]
  readonly crash: Crash
  readonly loses: 'nothing' | 'the journal'
}

async function dieAndReturn(t: Test, { seats, crash, loses }: Scene): Promise<void> {
  const wire = createWire()
  const heard = listen(wire)
  const journaled: Message[] = []
  const [index = 0, ...others] = seats
  const disk = createDisk(t, index)
  const victim = await startValidator({ wire, index, disk, wrap: crashing(crash, journaled) })
  const witnesses = await Promise.all(
    others.map((one) => startSeat(t, { wire, index: one, disk: createDisk(t, one) })),
  )
  const died = victim.happens('failure')
  wire.mesh([victim, ...witnesses].map(({ peerKey }) => peerKey))
  await submitTo([victim, ...witnesses])
  t.match(await died, { message: `dies ${crash.point}` })
  await victim.stop()
  if (loses === 'the journal') loseJournal(disk)

  const again = await startSeat(t, { wire, index, disk })
  wire.mesh([again, ...witnesses].map(({ peerKey }) => peerKey))
  const all = [again, ...witnesses]
  const height = await decide(again, all)
  for (let one = 1; one <= height; one++) t.equal(blocksAt(all, one).size, 1)
  t.same(heard.twice(), [], 'nobody said two things at one place')
  const last = journaled.at(-1)
  if (loses === 'nothing' && last !== undefined) {
    t.same(heard.at(last), [Buffer.from(encodeMessage(last)).toString('hex')], placeOf(last))
  }
}

/** First promises of a primary, of a backup, and of the one that leads the next view. */
const roles = [
  { role: 'the primary', seats: [0, 1, 2], promises: 3 },
  { role: 'a backup', seats: [1, 0, 2], promises: 2 },
  { role: 'the next primary', seats: [1, 2, 3], promises: 4 },
] as const

for (const { role, seats, promises } of roles) {
  for (let promise = 1; promise <= promises; promise++) {
    for (const point of points) {
      const crash = { promise, point }
      t.test(`${role} dies ${point} of its promise ${promise} and goes on with it`, (t) =>
        dieAndReturn(t, { seats, crash, loses: 'nothing' }),
      )
      t.test(`${role} dies ${point} of its promise ${promise} and its journal is lost`, (t) =>
        dieAndReturn(t, { seats, crash, loses: 'the journal' }),
      )
    }
  }
}

t.test(
  'who dies after the journal of a proposal and loses its store proposes nothing else',
  async (t) => {
    const wire = createWire()
    const heard = listen(wire)
    const disk = createDisk(t, 0)
    const journaled: Message[] = []
    let isDoomed = false
    const wrap = (voter: Voter): Voter => ({
      ...voter,
      journal: {
        ...voter.journal,
        append: async (records) => {
          await voter.journal.append(records)
          for (const { bytes } of records)
            journaled.push(decode(journalRecordCodec, bytes).entry.message)
          if (isDoomed) throw new Error('dies')
        },
      },
    })
    const primary = await startValidator({ wire, index: 0, disk, wrap })
    const others = await Promise.all(
      [1, 2, 3].map((index) => startSeat(t, { wire, index, disk: createDisk(t, index) })),
    )
    const all = [primary, ...others]
    wire.mesh(all.map(({ peerKey }) => peerKey))
    const height = await decide(at(others, 0), all)
    for (const { peerKey } of others) wire.cut(primary.peerKey, peerKey)
    isDoomed = true
    const died = primary.happens('failure')
    const { id, bytes } = fresh().transaction
    await primary.submit(bytes)
    t.match(await died, { message: 'dies' })
    await primary.stop()
    t.match(journaled.at(-1), { kind: 'prepare', height: height + 1 })

    const again = await startSeat(t, {
      ...{ wire, index: 0 },
      disk: { ...disk, store: createMemoryStore() },
    })
    wire.mesh([again, ...others].map(({ peerKey }) => peerKey))
    await again.reach(height)
    await again.submit(fresh().transaction.bytes)
    await again.reach(height + 1)
    t.ok(again.ledger.contains(id), 'what it had journaled')
    t.same(heard.twice(), [])
  },
)

/** A chain that the fourth validator has left. */
const left = await createPast({
  blocks: 2,
  each: (height) => {
    const validUntil = genesisTimeMs + 500_000
    return height === 1 ? [act({ type: elect, payload: { count: 3 }, validUntil })] : []
  },
})

t.test('who begins again at a height at which it had no seat goes on with its votes', async (t) => {
  const wire = createWire()
  const heard = listen(wire)
  const disks = await Promise.all([0, 1, 2, 3].map((index) => diskWith(t, index, left)))
  const [disk, ...others] = disks.toReversed()
  if (disk === undefined) return
  const nodes = await Promise.all(
    others.map((one, place) => startSeat(t, { wire, index: 2 - place, disk: one })),
  )
  const hasLeftView = Promise.withResolvers<void>()
  const voter = await startValidator({
    ...{ wire, index: 3, disk },
    wrap: (own) => ({
      ...own,
      lock: {
        ...own.lock,
        record: async (vote, prepared) => {
          const outcome = await own.lock.record(vote, prepared)
          if (vote.kind === 'view-change') hasLeftView.resolve()
          return outcome
        },
      },
    }),
  })
  const all = [...nodes, voter]
  wire.mesh(all.map(({ peerKey }) => peerKey))
  const seat = act({ type: elect, payload: { count: 4 }, validUntil: toyNowMs() + 60_000 })
  await at(nodes, 0).submit(seat.transaction.bytes)
  while (!voter.ledger.contains(seat.transaction.id)) await voter.happens('block')
  const height = await decide(at(nodes, 0), all)

  // Alone it waits for nobody for long: its newest vote is of a view above 0.
  for (const { peerKey } of nodes) wire.cut(voter.peerKey, peerKey)
  await voter.submit(fresh().transaction.bytes)
  await hasLeftView.promise
  await voter.stop()
  const again = await startSeat(t, {
    ...{ wire, index: 3 },
    disk: { ...disk, store: await copyStore(left) },
  })
  wire.mesh([again, ...nodes].map(({ peerKey }) => peerKey))
  await again.reach(height)
  // Nothing is decided without it any more.
  await at(nodes, 0).stop()
  const three = [again, ...nodes.slice(1)]
  await Promise.race([
    decide(again, three),
    again.happens('failure').then((error) => t.fail(`${error}`)),
  ])
  t.same(heard.twice(), [])
})

/** A chain whose only validator is the first one. */
const alone = await createPast({
  blocks: 3,
  each: (height) => {
    const validUntil = genesisTimeMs + 500_000
    return height === 1 ? [act({ type: elect, payload: { count: 1 }, validUntil })] : []
  },
})

for (let promise = 1; promise <= 3; promise++) {
  for (const point of points) {
    t.test(
      `a single validator dies ${point} of vote ${promise} and decides it by itself`,
      async (t) => {
        const wire = createWire()
        const journaled: Message[] = []
        const disk = await diskWith(t, 0, alone)
        const wrap = crashing({ promise, point }, journaled)
        const victim = await startValidator({ wire, index: 0, disk, wrap })
        const died = victim.happens('failure')
        const { bytes, id } = fresh().transaction
        await victim.submit(bytes)
        await died
        await victim.stop()

        // Its votes are pending, and there is nobody to vote with or to fetch from (hyperledger/besu #6457).
        const again = await startSeat(t, {
          ...{ wire, index: 0, disk },
          wrap: crashing({ promise: Number.POSITIVE_INFINITY, point }, journaled),
        })
        if (!again.ledger.contains(id)) await again.submit(bytes)
        await again.reach(4)
        const height = await decide(again, [again])
        t.ok(again.ledger.contains(id))
        t.ok(height >= 4)
        const bodies = Map.groupBy(journaled, placeOf).values()
        const differ = (said: Message[]) => said.some((one) => !sameBody(one, said[0] ?? one))
        t.notOk([...bodies].some(differ), 'no two bodies at one place')
      },
    )
  }
}
