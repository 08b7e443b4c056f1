// Members that know nothing but the ledger, their secrets and the time make a key, hand it over, and find out who cheats.
import t from 'tap'
import type { Deal } from '../../../apps/committee/payloads.ts'
import { buildDeal, buildOffer, type DealPlan } from '../../../client/committee/deal.ts'
import { type Duty, dutyOf, type Member } from '../../../client/committee/duties.ts'
import { buildAck, buildComplain, takeShares } from '../../../client/committee/seat.ts'
import { assertNever } from '../../../vm/assert.ts'
import type { Hex } from '../../../vm/types.ts'
import { createWorld, entropyOf, idOf, must, suite, type World } from '../vault/world.ts'
import { epochOf, inForce, keysetOf, memberNames, type Place, startOf, windows } from './cast.ts'
import { garbageTo } from './spoiled.ts'

const { group } = suite

/** What a member keeps between two looks. */
type Memory = { boxSecret?: Hex; shares?: readonly Hex[]; readonly did: string[] }

type Company = {
  readonly world: World
  readonly place: Place
  readonly memories: Map<string, Memory>
  /** Dealings by dealer, as the payloads of transactions show them. */
  readonly deals: Map<number, Deal>
  readonly spoil?: Readonly<Record<string, (plan: DealPlan) => Deal>>
  readonly oldShares?: ReadonlyMap<string, readonly Hex[]>
}

function memberOf(company: Company, name: string): Member {
  const { world, place, memories, deals } = company
  return {
    ...place,
    chainId: world.chainId,
    account: idOf(name),
    boxSecret: memories.get(name)?.boxSecret,
    boxOf: (dealer) => {
      const seat = epochOf(world, place).run.seats.indexOf(idOf(name))
      return deals.get(dealer)?.boxes[seat]
    },
  }
}

/** Does one duty; answers whether there was one. */
function attend(company: Company, name: string): boolean {
  const { world, place, memories, deals, spoil, oldShares } = company
  const memory = memories.get(name) ?? { did: [] }
  memories.set(name, memory)
  const member = memberOf(company, name)
  const duty: Duty = dutyOf(group, member, { state: world.state(), timeMs: world.now() })
  const entropy = entropyOf(`${name} ${duty.kind} ${place.keyset} ${place.epoch}`)
  if (duty.kind !== 'none') memory.did.push(duty.kind)
  switch (duty.kind) {
    case 'offer': {
      const { payload, boxSecret } = buildOffer(group, { ...member, entropy })
      memory.boxSecret = boxSecret
      must(world, 'dkg.offer', payload, name)
      return true
    }
    case 'deal': {
      const own = oldShares?.get(name)
      const plan = { ...duty.plan, entropy, ...(own === undefined ? {} : { oldShares: own }) }
      const payload = (spoil?.[name] ?? ((honest) => buildDeal(group, honest)))(plan)
      must(world, 'dkg.deal', payload, name)
      deals.set(payload.index, payload)
      return true
    }
    case 'complain':
      must(world, 'dkg.complain', buildComplain(group, duty.seat, { ...duty.about, entropy }), name)
      return true
    case 'acknowledge':
      memory.shares = takeShares(group, duty.seat, duty.making)
      must(world, 'dkg.ack', buildAck(group, duty.seat, duty.making), name)
      return true
    case 'none':
      return false
    default:
      return assertNever(duty)
  }
}

/** Everybody acts until nobody has anything to do; then time passes, until the epoch is decided. */
function liveThrough(company: Company, names: readonly string[]): string {
  const { world, place } = company
  for (;;) {
    while (names.filter((name) => attend(company, name)).length > 0);
    const { phase } = epochOf(world, place)
    if (phase === 'active' || phase === 'aborted') return phase
    world.wait(windows.offerMs)
  }
}

function companyOf(world: World, place: Place, more: Partial<Company> = {}): Company {
  return { world, place, memories: new Map(), deals: new Map(), ...more }
}

t.test('members make a key, complain of a cheat, and hand the key over', async (t) => {
  const world = await createWorld()
  const names = memberNames(5)
  must(world, 'dkg.start', startOf({ members: names, threshold: 3 }), 'hospital desk')
  const place = { keyset: keysetOf(), epoch: 1 }
  const company = companyOf(world, place, { spoil: { 'server 4': garbageTo(2) } })
  t.equal(liveThrough(company, names), 'active')
  t.strictSame(company.memories.get('server 1')?.did, ['offer', 'deal', 'acknowledge'])
  t.strictSame(company.memories.get('server 2')?.did, ['offer', 'deal', 'complain', 'acknowledge'])
  t.strictSame(company.memories.get('server 4')?.did, ['offer', 'deal'], 'no part any more')
  const { run } = epochOf(world, place)
  t.strictSame(run.culprits, [idOf('server 4')])

  const shares = [...company.memories].flatMap(([name, { shares: held }]) =>
    held === undefined ? [] : [[name, held] as const],
  )
  const members = ['server 5', 'server 6', 'server 7', 'server 8']
  const terms = { threshold: 2, minimum: 3, members: members.map(idOf), windows }
  const reshare = { account: idOf('hospital desk'), keyset: place.keyset, epoch: 2, ...terms }
  must(world, 'dkg.reshare', reshare, 'hospital desk')
  const next = companyOf(world, { ...place, epoch: 2 }, { oldShares: new Map(shares) })
  t.equal(liveThrough(next, [...names, ...members.slice(1)]), 'active')
  t.equal(inForce(world, place.keyset), 2)
  t.strictSame(next.memories.get('server 1')?.did, ['deal'], 'a member that leaves')
  t.strictSame(next.memories.get('server 4')?.did, [], 'one that never acknowledged')
  t.strictSame(next.memories.get('server 5')?.did, ['offer', 'deal', 'acknowledge'], 'both')
  t.strictSame(next.memories.get('server 8')?.did, ['offer', 'acknowledge'], 'a new one')
})

t.test('there is nothing to do before the start, without a seat, and after the end', async (t) => {
  const world = await createWorld()
  const names = memberNames(3)
  const place = { keyset: keysetOf(), epoch: 1 }
  const company = companyOf(world, place)
  const dutyFor = (name: string) =>
    dutyOf(group, memberOf(company, name), { state: world.state(), timeMs: world.now() })
  t.strictSame(dutyFor('server 1'), { kind: 'none', isOver: false })
  must(world, 'dkg.start', startOf({ members: names, threshold: 2 }), 'hospital desk')
  t.strictSame(dutyFor('server 9'), { kind: 'none', isOver: false })
  t.strictSame(dutyFor('server 1'), { kind: 'offer' })
  world.wait(windows.offerMs)
  t.strictSame(dutyFor('server 1'), { kind: 'none', isOver: true })
})
